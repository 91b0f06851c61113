import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { CallCounts } from '../src/http/call-counts.ts';

const WINDOW_MS = 50;

function count(counts: CallCounts, key: string): number {
  let found = 0;
  counts.incr(
    key,
    (_error, { current, ttl }) => {
      expect(ttl).toBeGreaterThan(0);
      expect(ttl).toBeLessThanOrEqual(WINDOW_MS);
      found = current;
    },
    WINDOW_MS,
  );
  return found;
}

afterEach(() => vi.restoreAllMocks());

it('counts the calls of each key in a window of their own', async () => {
  const counts = new CallCounts();
  expect([count(counts, 'a'), count(counts, 'a'), count(counts, 'b'), count(counts.child(), 'a')]).toEqual([1, 2, 1, 1]);
  await pause(WINDOW_MS + 20);
  expect(count(counts, 'a')).toBe(1);
});

it('goes on with the next window when the clock was put back by a day', async () => {
  const counts = new CallCounts();
  count(counts, 'a');
  const real = Date.now();
  vi.spyOn(Date, 'now').mockImplementation(() => real - 86_400_000);
  await pause(WINDOW_MS + 20);
  expect(count(counts, 'a')).toBe(1);
});
