import { LRUCache } from 'lru-cache';

/** Users and addresses whose calls are counted at a time. */
const COUNTED = 100_000;

/** Calls by user or address within a window. Time is the process's own, so a clock that is put back locks nobody out. */
export class CallCounts {
  private readonly counts = new LRUCache<string, { current: number }>({ max: COUNTED });

  incr(key: string, tell: (error: Error | null, result: { current: number; ttl: number }) => void, window: number): void {
    let count = this.counts.get(key);
    if (!count) {
      count = { current: 0 };
      this.counts.set(key, count, { ttl: window });
    }
    count.current++;
    tell(null, { current: count.current, ttl: Math.min(window, this.counts.getRemainingTTL(key)) });
  }

  child(): CallCounts {
    return new CallCounts();
  }
}
