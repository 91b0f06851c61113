import { drawDigits, generator } from '@openhanami/datasets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cluster, EngineError } from '../src/index.ts';

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';
const REDUCED = LINE.replace('hexagons:', 'settings:\nenable_reduction: true\nhexagons:');

const train = drawDigits(8000, 1);
const oneHot = new Uint8Array(80_000);
for (const [i, label] of train.labels.entries()) oneHot[i * 10 + label] = 1;
const y = { data: oneHot, width: 10 };

describe('reduction', () => {
  it('takes away a fifth of the sections or more, and hardly any accuracy', async () => {
    const test = drawDigits(2000, 2);
    const [plain, reduced] = await Promise.all(
      [LINE, REDUCED].map(async (template) => {
        const cluster = await Cluster.create(template);
        cluster.train({ x: { data: train.pixels, width: 784, shape: [28, 28] } }, { y });
        const answers = cluster.request({ x: { data: test.pixels, width: 784 } })['y'] as Float32Array;
        const right = test.labels.filter((label, i) => {
          const row = answers.subarray(i * 10, i * 10 + 10);
          return row.indexOf(Math.max(...row)) === label;
        });
        return { sections: cluster.stats().sections, percent: right.length / 20 };
      }),
    );
    expect(reduced?.sections).toBeLessThan((plain?.sections ?? 0) * 0.8);
    expect(reduced?.percent).toBeGreaterThan((plain?.percent ?? 0) - 1.5);
  });

  it('leaves what the last samples used: a value that matters is never forgotten', async () => {
    // One input of 60 decides everything, the others are noise that is nearly never there.
    const random = generator(1);
    const rows = 9000;
    const data = new Uint8Array(rows * 60);
    const wanted = new Uint8Array(rows);
    for (let i = 0; i < rows; i++) {
      wanted[i] = Number(random() < 0.5);
      data[i * 60] = (wanted[i] as number) * 9;
      if (random() < 0.01) data[i * 60 + 1 + Math.floor(random() * 59)] = 9;
    }
    const cluster = await Cluster.create(REDUCED);
    cluster.train({ x: { data, width: 60 } }, { y: { data: wanted, width: 1 } });
    const answers = cluster.request({ x: { data: data.subarray(0, 6000), width: 60 } })['y'] as Float32Array;
    for (const [i, answer] of answers.entries()) expect(Math.abs(answer - (wanted[i] as number))).toBeLessThan(0.3);
  });
});

describe('sparse rows', () => {
  const sparse = (rows: readonly (readonly [index: number, value: number])[][], width: number) => ({
    offsets: Uint32Array.from([0, ...rows.map((_, i) => rows.slice(0, i + 1).flat().length)]),
    indices: Uint32Array.from(rows.flat().map(([index]) => index)),
    values: Float32Array.from(rows.flat().map(([, value]) => value)),
    width,
  });

  it('teach the same as the rows written out', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uniqueArray(fc.nat(399), { minLength: 1, maxLength: 12 }), { minLength: 5, maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (rows, value) => {
          const written = new Float32Array(rows.length * 400);
          const pairs = rows.map((row) => row.toSorted((a, b) => a - b).map((index) => [index, value + index / 10] as const));
          for (const [i, row] of pairs.entries()) for (const [index, v] of row) written[i * 400 + index] = v;
          // Measured targets: of these no rows are kept to be trained again.
          const targets = { data: Float32Array.from(rows, (row) => ((row[0] ?? 0) > 190 ? 5 : -3)), width: 1 };
          const [a, b] = [await Cluster.create(LINE), await Cluster.create(LINE)];
          // Rows of floats may rest at another value than 0; these do not.
          a.train({ x: sparse(pairs as never, 400) }, { y: targets });
          b.train({ x: { data: written, width: 400 } }, { y: targets });
          expect(a.request({ x: sparse(pairs as never, 400) })).toEqual(b.request({ x: { data: written, width: 400 } }));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('reach a million inputs at the cost of those that are there', async () => {
    const random = generator(2);
    const rows = Array.from({ length: 400 }, () =>
      Array.from(new Set(Array.from({ length: 50 }, () => Math.floor(random() * 1_000_000))), (index) => [index, 1] as const).sort(
        (a, b) => a[0] - b[0],
      ),
    );
    const cluster = await Cluster.create(LINE);
    cluster.train({ x: sparse(rows as never, 1_000_000) }, { y: { data: Uint8Array.from(rows, (_, i) => i % 2), width: 1 } });
    expect(cluster.inputs).toEqual([{ name: 'x', width: 1_000_000 }]);
    expect(cluster.stats().sections).toBeGreaterThan(10_000);
  });

  it.each([
    ['an index beyond the width', { offsets: [0, 1], indices: [7], values: [1], width: 5 }, 'row 0 has the index 7'],
    ['indices that do not ascend', { offsets: [0, 2], indices: [3, 3], values: [1, 1], width: 5 }, 'do not ascend'],
    ['offsets that end elsewhere', { offsets: [0, 3], indices: [3], values: [1], width: 5 }, 'offsets must begin with 0'],
    [
      'what is infinite',
      { offsets: [0, 1, 2], indices: [3, 4], values: [1, Number.NEGATIVE_INFINITY], width: 5 },
      "'x' row 1, column 4 is -Infinity",
    ],
  ])('are refused: %s', async (_, { offsets, indices, values, width }, reason) => {
    const cluster = await Cluster.create(LINE);
    const rows = { offsets: Uint32Array.from(offsets), indices: Uint32Array.from(indices), values: Float32Array.from(values), width };
    expect(() => cluster.train({ x: rows }, { y: { data: new Uint8Array(2), width: 1 } })).toThrowError(reason);
    expect(cluster.stats().neurons).toBe(0);
  });
});

describe('a memory limit', () => {
  it('ends growth, not learning', async () => {
    const cluster = await Cluster.create(LINE, { memoryLimit: 3e6, neuronsPerHexagon: 1_000_000 });
    const random = generator(1);
    // Every row brings values that were never there.
    const rows = 3000;
    const data = new Uint8Array(rows * 2000);
    const wanted = new Uint8Array(rows);
    for (let i = 0; i < rows; i++) {
      wanted[i] = Number(random() < 0.5);
      for (let k = 0; k < 40; k++)
        data[i * 2000 + (wanted[i] as number) * 1000 + Math.floor(random() * 1000)] = 1 + Math.floor(random() * 255);
    }
    cluster.train({ x: { data, width: 2000 } }, { y: { data: wanted, width: 1 } });
    const { bytes, full } = cluster.stats();
    expect(full).toBe(true);
    expect(bytes).toBeLessThanOrEqual(3e6);
    const answers = cluster.request({ x: { data, width: 2000 } })['y'] as Float32Array;
    expect(answers.filter((answer, i) => Math.round(answer) === wanted[i]).length / rows).toBeGreaterThan(0.95);
    const copy = await Cluster.restore(cluster.snapshot());
    expect(copy.request({ x: { data, width: 2000 } })).toEqual({ y: answers });
  });

  it('that is too small for the rows themselves is told', async () => {
    const cluster = await Cluster.create(LINE, { memoryLimit: 100_000 });
    const rows = { data: new Uint8Array(1_000_000), width: 1_000_000 };
    expect(() => cluster.train({ x: rows }, { y: { data: new Uint8Array(1), width: 1 } })).toThrowError(EngineError);
  });
});
