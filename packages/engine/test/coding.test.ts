import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cluster, EngineError } from '../src/index.ts';

const template = (input: string, output: string): string =>
  `version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1${input}\noutputs:\ny: 3,1,1${output}\n`;

const column = (values: number[], width = 1) => ({ data: Float64Array.from(values), width });

/** `values` again and again. */
const often = (values: number[], times: number): number[] => Array.from({ length: times }, () => values).flat();

describe('a (binary) input', () => {
  it('sees of a value only whether it is above 0', async () => {
    const cluster = await Cluster.create(template(' (binary)', ''));
    cluster.train({ x: column(often([-3, 0.001, 0, 900], 500)) }, { y: column(often([0, 1, 0, 1], 500)) });
    const { y } = cluster.request({ x: column([0.5, 1e6, -0.5, 0]) });
    expect(y?.[0]).toBe(y?.[1]);
    expect(y?.[2]).toBe(y?.[3]);
    expect(y?.[0]).toBeGreaterThan(0.9);
    expect(y?.[2]).toBeLessThan(0.1);
  });

  it('refuses what is no number, by row and column', async () => {
    const cluster = await Cluster.create(template(' (binary)', ''));
    expect(() => cluster.train({ x: column([1, 2, 3, Number.NaN], 2) }, { y: column([1, 1]) })).toThrowError("'x' row 1, column 1 is NaN");
  });
});

describe('a (match) input', () => {
  const values = [7, -2.5, 1e9, 3];
  const wanted = [0, 1, 0, 1];

  it('tells values apart that have no order, and knows them again after a snapshot', async () => {
    const cluster = await Cluster.create(template(' (match)', ''));
    cluster.train({ x: column(often(values, 300)) }, { y: column(often(wanted, 300)) });
    const { y = [] } = cluster.request({ x: column(values) });
    for (const [i, right] of wanted.entries()) expect(Math.abs((y[i] as number) - right)).toBeLessThan(0.1);
    expect(cluster.inputs).toEqual([{ name: 'x', width: 1 }]);
    const again = await Cluster.restore(cluster.snapshot());
    expect(again.request({ x: column(values) })).toEqual({ y });
    // One that never came has no connection, so it is like none at all.
    expect(again.request({ x: column([12_345]) })).toEqual(again.request({ x: column([54_321]) }));
  });

  it('grows with values that come later, and forgets none', async () => {
    const cluster = await Cluster.create(template(' (match)', ''));
    cluster.train({ x: column(often(values, 300)) }, { y: column(often(wanted, 300)) });
    cluster.train({ x: column(often([...values, 50, 60], 300)) }, { y: column(often([...wanted, 1, 0], 300)) });
    const { y = [] } = cluster.request({ x: column([...values, 50, 60]) });
    for (const [i, right] of [...wanted, 1, 0].entries()) expect(Math.abs((y[i] as number) - right)).toBeLessThan(0.15);
  });

  it('takes windows, and refuses more values than it was trained with', async () => {
    const cluster = await Cluster.create(template(' (match)', ''));
    const rows = { ...column(often([1, 2], 300)), window: 2 };
    cluster.train({ x: rows }, { y: column(often([0, 1], 300).slice(1)) });
    expect(cluster.inputs).toEqual([{ name: 'x', width: 2 }]);
    expect(() => cluster.request({ x: column([1, 2, 3], 3) })).toThrowError('was trained with 2 values a cycle');
  });
});

describe('a (bool) output', () => {
  it('answers 0 or 1', async () => {
    const cluster = await Cluster.create(template('', ' (bool)'));
    cluster.train({ x: column(often([0, 10], 500)) }, { y: column(often([0, 1], 500)) });
    expect(cluster.request({ x: column([0, 10]) })['y']).toEqual(Float32Array.of(0, 1));
    for (const value of cluster.request({ x: column([1, 2, 3, 4, 5, 6, 7, 8, 9]) })['y'] ?? []) expect([0, 1]).toContain(value);
  });
});

describe.each<[string, string, fc.Arbitrary<number>]>([
  ['(int)', ' (int)', fc.integer({ min: 0, max: 2 ** 53 - 1 })],
  ['(float)', ' (float)', fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0))],
])('an %s output', (_, kind, numbers) => {
  it('gives the numbers that it was taught, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(numbers, { minLength: 2, maxLength: 3 }), async (targets) => {
        const cluster = await Cluster.create(template(' (match)', kind), { seed: 1 });
        const x = targets.map((_, i) => i + 1);
        for (let round = 0; round < 4; round++) cluster.train({ x: column(often(x, 200)) }, { y: column(often(targets, 200)) });
        expect([...(cluster.request({ x: column(x) })['y'] ?? [])]).toEqual(targets);
        expect(cluster.outputs).toEqual([{ name: 'y', width: 1 }]);
      }),
      { numRuns: 15 },
    );
  });

  it('answers finite numbers also where it knows nothing', async () => {
    const cluster = await Cluster.create(template('', kind));
    cluster.train({ x: column([1, 5, 3]) }, { y: column([4, 2, 2 ** 24]) });
    for (const value of cluster.request({ x: column([-1e6, 0, 2, 1e6]) })['y'] ?? []) expect(Number.isFinite(value)).toBe(true);
  });
});

describe('an (int) output', () => {
  it.each([-1, 0.5, 2 ** 53 + 2])('refuses to learn %d', async (value) => {
    const cluster = await Cluster.create(template('', ' (int)'));
    expect(() => cluster.train({ x: column([1, 1]) }, { y: column([3, value]) })).toThrowError(EngineError);
    expect(cluster.stats().neurons).toBe(0);
  });
});
