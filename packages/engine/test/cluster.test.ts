import { drawDigits, generator } from '@openhanami/datasets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cluster, EngineError } from '../src/index.ts';

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';

function oneHot(labels: Uint8Array, width = 10): Uint8Array {
  const rows = new Uint8Array(labels.length * width);
  for (const [i, label] of labels.entries()) rows[i * width + label] = 1;
  return rows;
}

/** Rows of two values and whether exactly one of them is large: not linear. */
function exclusiveOr(count: number, scale = 1, seed = 1) {
  const random = generator(seed);
  const x = new Float32Array(count * 2);
  const y = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const [a, b] = [random() < 0.5, random() < 0.5];
    x.set([(Number(a) + 0.1 * random()) * scale, (Number(b) + 0.1 * random()) * scale], i * 2);
    y[i] = Number(a !== b);
  }
  return { x: { data: x, width: 2 }, y: { data: y, width: 1 } };
}

const meanError = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;

async function digitAccuracy(cluster: Cluster, test: ReturnType<typeof drawDigits>): Promise<number> {
  const answers = cluster.request({ x: { data: test.pixels, width: 784 } })['y'] as Float32Array;
  let right = 0;
  for (const [i, label] of test.labels.entries()) {
    const row = answers.subarray(i * 10, i * 10 + 10);
    if (row.indexOf(Math.max(...row)) === label) right++;
  }
  return right / test.labels.length;
}

describe('a cluster', () => {
  it('is empty at birth and grows while it trains', async () => {
    const cluster = await Cluster.create(LINE);
    expect(cluster.stats()).toMatchObject({ neurons: 0, blocks: 0, sections: 0, synapses: 0 });
    const { x, y } = exclusiveOr(500);
    expect(cluster.train({ x }, { y }).cycles).toBe(500);
    const stats = cluster.stats();
    expect(stats.neurons).toBeGreaterThan(16);
    expect(stats.blocks).toBeGreaterThan(1);
    expect(stats.synapses).toBeGreaterThan(stats.sections);
    expect(stats.bytes).toBeLessThan(4e6);
  });

  it.each([0.001, 1, 1000])('learns what is not linear, raw values times %d', async (scale) => {
    const cluster = await Cluster.create(LINE);
    const { x, y } = exclusiveOr(4000, scale);
    cluster.train({ x }, { y });
    const test = exclusiveOr(200, scale, 2);
    const answers = cluster.request({ x: test.x })['y'] as Float32Array;
    expect(meanError(answers, test.y.data)).toBeLessThan(0.1);
  });

  it('learns digits much better than a linear classifier', async () => {
    const train = drawDigits(6000, 1);
    const cluster = await Cluster.create(LINE);
    cluster.train({ x: { data: train.pixels, width: 784, shape: [28, 28] } }, { y: { data: oneHot(train.labels), width: 10 } });
    expect(await digitAccuracy(cluster, drawDigits(1000, 2))).toBeGreaterThan(0.93);
  });

  it('learns digits without knowing that they are pictures', async () => {
    const train = drawDigits(6000, 1);
    const cluster = await Cluster.create(LINE);
    cluster.train({ x: { data: train.pixels, width: 784 } }, { y: { data: oneHot(train.labels), width: 10 } });
    expect(await digitAccuracy(cluster, drawDigits(1000, 2))).toBeGreaterThan(0.87);
  });

  it('is hardly disturbed by a few gigantic values', async () => {
    const train = drawDigits(6000, 1);
    const spoilt = Float32Array.from(train.pixels);
    const random = generator(3);
    for (let row = 0; row < 6000; row += 1000) spoilt[row * 784 + Math.floor(random() * 784)] = 1e9;
    const cluster = await Cluster.create(LINE);
    cluster.train({ x: { data: spoilt, width: 784, shape: [28, 28] } }, { y: { data: oneHot(train.labels), width: 10 } });
    expect(await digitAccuracy(cluster, drawDigits(1000, 2))).toBeGreaterThan(0.93);
  });

  it('takes negative values', async () => {
    const cluster = await Cluster.create(LINE);
    const { x, y } = exclusiveOr(4000);
    const shifted = { data: x.data.map((value) => value - 0.5), width: 2 };
    cluster.train({ x: shifted }, { y });
    expect(meanError(cluster.request({ x: shifted })['y'] as Float32Array, y.data)).toBeLessThan(0.1);
  });

  it.each([
    ['small', 0.001, 0],
    ['large', 1e6, 0],
    ['shifted', 5, 100],
    ['around zero', 10, -5],
  ])('learns targets of any scale without a setting: %s', async (_, scale, shift) => {
    const random = generator(1);
    const values = Float32Array.from({ length: 20_000 }, () => random() * 10);
    const targets = values.map((value) => Math.sin(value / 2) * scale + shift);
    const cluster = await Cluster.create(LINE);
    cluster.train({ x: { data: values, width: 1 } }, { y: { data: targets, width: 1 } });
    const answers = cluster.request({ x: { data: values.subarray(0, 1000), width: 1 } })['y'] as Float32Array;
    expect(meanError(answers, targets) / scale).toBeLessThan(0.15);
  });

  it('answers several labels at once', async () => {
    const random = generator(4);
    const data = Float32Array.from({ length: 8000 }, () => Math.floor(random() * 2));
    const cluster = await Cluster.create(LINE);
    cluster.train({ x: { data, width: 2 } }, { y: { data, width: 2 } });
    expect(meanError(cluster.request({ x: { data, width: 2 } })['y'] as Float32Array, data)).toBeLessThan(0.1);
  });

  it('takes windows of rows as its input', async () => {
    const data = Float32Array.from({ length: 6000 }, (_, i) => Number(i % 7 === 0));
    const cluster = await Cluster.create(LINE);
    // What comes next cannot be told from one row, only from the last seven.
    const next = data.subarray(7);
    cluster.train({ x: { data, width: 1, window: 7 } }, { y: { data: next, width: 1 } });
    const answers = cluster.request({ x: { data: data.subarray(0, 106), width: 1, window: 7 } })['y'] as Float32Array;
    expect(answers.length).toBe(100);
    expect(meanError(answers, next.subarray(0, 100))).toBeLessThan(0.1);
  });

  it('takes several inputs and outputs', async () => {
    const template =
      'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\n1,2,1\n2,2,1\ninputs:\na: 1,1,1\nb: 1,2,1\noutputs:\nboth: 3,1,1\neither: 3,1,1\n';
    const cluster = await Cluster.create(template);
    const random = generator(5);
    const a = Float32Array.from({ length: 6000 }, () => Math.floor(random() * 2));
    const b = Float32Array.from({ length: 6000 }, () => Math.floor(random() * 2));
    const both = a.map((value, i) => value * (b[i] as number));
    const either = a.map((value, i) => Math.max(value, b[i] as number));
    const rows = (data: Float32Array) => ({ data, width: 1 });
    cluster.train({ a: rows(a), b: rows(b) }, { both: rows(both), either: rows(either) });
    const answers = cluster.request({ a: rows(a), b: rows(b) });
    expect(meanError(answers['both'] as Float32Array, both)).toBeLessThan(0.1);
    expect(meanError(answers['either'] as Float32Array, either)).toBeLessThan(0.1);
  });

  it('learns through several hidden hexagons, axons and longer connections', async () => {
    const template =
      'version: 1\nsettings:\nmax_connection_distance: 2\nhexagons:\n1,1,1\n2,1,1\n3,1,1\n4,1,1\n5,1,1\naxons:\n1,1,1 -> 3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 5,1,1\n';
    const cluster = await Cluster.create(template);
    const { x, y } = exclusiveOr(6000);
    cluster.train({ x }, { y });
    expect(meanError(cluster.request({ x })['y'] as Float32Array, y.data)).toBeLessThan(0.1);
  });
});

describe('widening', () => {
  it('leaves old answers as they are, bit by bit, and learns the new', async () => {
    const cluster = await Cluster.create(LINE);
    const { x, y } = exclusiveOr(2000);
    cluster.train({ x }, { y });
    const before = cluster.request({ x })['y'] as Float32Array;
    // No rows: the cluster only becomes wider.
    cluster.train({ x: { data: new Float32Array(0), width: 5 } }, { y: { data: new Float32Array(0), width: 3 } });
    expect([cluster.inputs[0]?.width, cluster.outputs[0]?.width]).toEqual([5, 3]);
    const wider = cluster.request({ x })['y'] as Float32Array;
    expect(wider.filter((_, i) => i % 3 === 0)).toEqual(before);
    const wide = new Float32Array(2000 * 5);
    const targets = new Float32Array(2000 * 3);
    for (let i = 0; i < 2000; i++) {
      wide.set(x.data.subarray(i * 2, i * 2 + 2), i * 5);
      targets.set([y.data[i] as number, 0, 1], i * 3);
    }
    cluster.train({ x: { data: wide, width: 5 } }, { y: { data: targets, width: 3 } });
    const after = cluster.request({ x: { data: wide, width: 5 } })['y'] as Float32Array;
    expect(meanError(after, targets)).toBeLessThan(0.1);
  });
});

describe('a snapshot', () => {
  it('gives a cluster that answers the same and learns on the same', async () => {
    const cluster = await Cluster.create(LINE, { seed: 7 });
    const { x, y } = exclusiveOr(1000);
    cluster.train({ x }, { y });
    cluster.note = 'half way';
    const copy = await Cluster.restore(cluster.snapshot());
    expect(copy.note).toBe('half way');
    expect(copy.template).toBe(LINE);
    // The memory that rows are handed over and kept in is not part of it.
    expect({ ...copy.stats(), bytes: 0 }).toEqual({ ...cluster.stats(), bytes: 0 });
    expect(copy.request({ x })).toEqual(cluster.request({ x }));
    copy.train({ x }, { y });
    expect(meanError(copy.request({ x })['y'] as Float32Array, y.data)).toBeLessThan(0.1);
  });

  it('is refused when it is damaged, wherever a bit was turned', async () => {
    const cluster = await Cluster.create(LINE);
    const { x, y } = exclusiveOr(100);
    cluster.train({ x }, { y });
    const good = cluster.snapshot();
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 0, max: 7 }), async (at, bit) => {
        const bad = good.slice();
        bad[at] = (bad[at] as number) ^ (1 << bit);
        await expect(Cluster.restore(bad)).rejects.toThrowError(EngineError);
      }),
      { numRuns: 60 },
    );
    // Each byte of its header once, the template among them.
    for (let at = 0; at < 400; at++) {
      const bad = good.slice();
      bad[at] = (bad[at] as number) ^ 1;
      await expect(Cluster.restore(bad)).rejects.toThrowError(EngineError);
    }
    await expect(Cluster.restore(good.subarray(0, good.length - 8))).rejects.toThrowError('damaged');
    await expect(Cluster.restore(new Uint8Array(100))).rejects.toThrowError('no snapshot');
  });
});

describe('reproducibility', () => {
  it('gives the same network for the same seed, and another for another', async () => {
    const { x, y } = exclusiveOr(1500);
    const answers = async (seed: number): Promise<unknown> => {
      const cluster = await Cluster.create(LINE, { seed });
      cluster.train({ x }, { y });
      return cluster.request({ x });
    };
    expect(await answers(1)).toEqual(await answers(1));
    expect(await answers(1)).not.toEqual(await answers(2));
  });

  it('does not depend on how rows are cut into calls', async () => {
    const { x, y } = exclusiveOr(1000);
    const whole = await Cluster.create(LINE);
    whole.train({ x }, { y });
    const cut = await Cluster.create(LINE);
    for (let from = 0; from < 1000; from += 100) {
      const part = (rows: { data: Float32Array; width: number }) => ({
        ...rows,
        data: rows.data.subarray(from * rows.width, (from + 100) * rows.width),
      });
      cut.train({ x: part(x) }, { y: part(y) });
    }
    expect(cut.request({ x })).toEqual(whole.request({ x }));
  });
});

describe('bad rows', () => {
  it.each([
    ['an unknown input', { z: { data: new Float32Array(2), width: 2 } }, "has no input 'z'"],
    ['a missing input', {}, "no rows for the input 'x'"],
    ['a width of nothing', { x: { data: new Float32Array(2), width: 0 } }, 'at least one value'],
  ])('are refused: %s', async (_, inputs, reason) => {
    const cluster = await Cluster.create(LINE);
    expect(() => cluster.train(inputs as never, { y: { data: new Float32Array(1), width: 1 } })).toThrowError(reason);
  });

  it('are refused with row and column where a value is infinite, and nothing is learnt', async () => {
    const cluster = await Cluster.create(LINE);
    for (const bad of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const data = new Float32Array([1, 2, 3, bad, 5, 6]);
      expect(() => cluster.train({ x: { data, width: 2 } }, { y: { data: new Float32Array(3), width: 1 } })).toThrowError(
        "'x' row 1, column 1",
      );
    }
    expect(cluster.stats().neurons).toBe(0);
  });

  it('are refused in a request that is wider than what was trained, or before any training', async () => {
    const cluster = await Cluster.create(LINE);
    expect(() => cluster.request({ x: { data: new Float32Array(2), width: 2 } })).toThrowError('not been trained');
    const { x, y } = exclusiveOr(10);
    cluster.train({ x }, { y });
    expect(() => cluster.request({ x: { data: new Float32Array(3), width: 3 } })).toThrowError('trained with 2 values');
  });

  it('never make a weight or an answer that is no number', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 20, maxLength: 200 }),
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), {
          minLength: 10,
          maxLength: 100,
        }),
        async (values, targets) => {
          const cluster = await Cluster.create(LINE);
          const rows = Math.min(values.length >> 1, targets.length);
          const x = { data: Float32Array.from(values.slice(0, rows * 2)), width: 2 };
          const y = { data: Float32Array.from(targets.slice(0, rows)), width: 1 };
          for (let pass = 0; pass < 3; pass++) cluster.train({ x }, { y });
          for (const answer of cluster.request({ x })['y'] as Float32Array) expect(answer).not.toBeNaN();
        },
      ),
      { numRuns: 60 },
    );
  });
});
