import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRange } from '../src/services/open-upload.ts';

describe('the ranges of an upload', () => {
  it('hold exactly the bytes that came, in any order and again', () => {
    const size = 40;
    const piece = fc.tuple(fc.nat(size - 1), fc.integer({ min: 1, max: 10 }));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const ranges: [number, number][] = [];
        const bytes = new Set<number>();
        for (const [start, length] of pieces) {
          addRange(ranges, start, start + length);
          for (let i = start; i < start + length; i++) bytes.add(i);
        }
        const covered = ranges.flatMap(([start, end]) => Array.from({ length: end - start }, (_, i) => start + i));
        expect(covered).toEqual([...bytes].sort((a, b) => a - b));
        for (const [i, [start]] of ranges.entries()) if (i > 0) expect(start).toBeGreaterThan((ranges[i - 1] as [number, number])[1]);
      }),
    );
  });
});
