import { LRUCache } from 'lru-cache';

/** Most users and addresses whose calls are counted. */
const COUNTED = 100_000;

/** Counts calls by user or address within a window, by the process's own clock, so that changes of the system time do not matter. */
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
