import { generator } from '@openhanami/datasets';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../src/index.ts';
import { forward, learn, logistic, readState, type State } from './reference.ts';

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';
/** Wider than a table. */
const WIDTH = 320;
const CLASSES = 3;

/** Rows of bytes, about twelve of them not 0, and for each its class: the third of the row that is heaviest. */
function rows(count: number, seed: number, width = WIDTH) {
  const random = generator(seed);
  const x = new Uint8Array(count * width).map(() => (random() < 12 / width ? Math.floor(random() * 256) : 0));
  const y = new Uint8Array(count * CLASSES);
  const third = Math.floor(width / 3);
  for (let row = 0; row < count; row++) {
    const sums = [0, 0, 0];
    for (let i = 0; i < third * 3; i++) (sums[Math.floor(i / third)] as number) += x[row * width + i] as number;
    y[row * CLASSES + sums.indexOf(Math.max(...sums))] = 1;
  }
  return { x: { data: x, width }, y: { data: y, width: CLASSES } };
}

async function trained(count: number, seed = 1): Promise<Cluster> {
  const cluster = await Cluster.create(LINE, { seed, neuronsPerHexagon: 64 });
  const { x, y } = rows(count, seed);
  cluster.train({ x }, { y });
  return cluster;
}

/** Asserts that two arrays are equal within 1e-5 of the largest value. */
function expectNear(ours: Iterable<number>, theirs: Iterable<number>): void {
  const [a, b] = [Array.from(ours), Array.from(theirs)];
  expect(a.length).toBe(b.length);
  const limit = 1e-5 * Math.max(1, ...b.map(Math.abs));
  for (const [i, value] of a.entries()) expect(Math.abs(value - (b[i] as number))).toBeLessThan(limit);
}

const knots = (state: State): number[] => state.units.flatMap(({ from, scale }) => [from, scale]);

describe('the kernel equals a reference in plain TypeScript', () => {
  it('in its answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 20, max: 1500 }), async (seed, count) => {
        const cluster = await trained(count, seed);
        const state = readState(cluster.snapshot());
        const { x } = rows(20, seed + 1);
        const answers = cluster.request({ x })['y'] as Float32Array;
        for (let row = 0; row < 20; row++) {
          const { output } = forward(state, x.data.subarray(row * WIDTH, (row + 1) * WIDTH), !state.live);
          expectNear(answers.subarray(row * CLASSES, (row + 1) * CLASSES), output.map(logistic));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('in its steps', async () => {
    let steps = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 250, max: 1500 }), async (seed, count) => {
        const snapshot = (await trained(count, seed)).snapshot();
        const cluster = await Cluster.restore(snapshot);
        const state = readState(snapshot);
        const { x, y } = rows(1, seed + 2);
        const { output } = forward(state, x.data, false);
        const error = Math.max(...output.map((z, i) => Math.abs(logistic(z) - (y.data[i] as number))));
        // What is nearly right takes no step, what is very wrong is trained again, and at each 32nd cycle the controller changes the size of steps.
        if (error <= 0.12 || error > 0.7 || state.time % 32 === 0) return;
        cluster.train({ x }, { y });
        learn(state, x.data, Array.from(y.data));
        const after = readState(cluster.snapshot());
        // A row whose values moved knots.
        if (String(knots(after)) !== String(knots(state))) return;
        steps++;
        expect(after.steps).toBe(state.steps);
        expectNear(after.output.bias, state.output.bias);
        expectNear(after.readout.weights.subarray(0, state.readout.weights.length), state.readout.weights);
        expectNear(after.bias.subarray(0, state.bias.length), state.bias);
        expectNear(after.norms.slice(0, state.norms.length), state.norms);
        for (const [i, unit] of state.units.entries()) {
          expectNear([after.units[i]?.mean ?? Number.NaN], [unit.mean]);
          for (const [k, { weights }] of unit.sections.entries()) expectNear(after.units[i]?.sections[k]?.weights ?? [], weights);
        }
      }),
      { numRuns: 60 },
    );
    expect(steps).toBeGreaterThan(10);
  });
});

describe('invariants', () => {
  const shape = fc.record({
    hexagons: fc.integer({ min: 3, max: 5 }),
    width: fc.integer({ min: 1, max: 60 }),
    classes: fc.integer({ min: 1, max: 20 }),
    refractory: fc.integer({ min: 1, max: 3 }),
    reduction: fc.boolean(),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });

  it('a snapshot restores the network bit by bit: the same answers, the same snapshot, the same steps', async () => {
    await fc.assert(
      fc.asyncProperty(shape, async ({ hexagons, width, classes, refractory, reduction, seed }) => {
        const last = `${hexagons},1,1`;
        const template = `version: 1\nsettings:\nrefractory_time: ${refractory}\nneuron_cooldown: ${refractory > 1 ? 1.5 : 1e10}\nenable_reduction: ${reduction}\nhexagons:\n${Array.from({ length: hexagons }, (_, i) => `${i + 1},1,1\n`).join('')}inputs:\nx: 1,1,1\noutputs:\ny: ${last}\n`;
        const random = generator(seed);
        const x = { data: Float32Array.from({ length: 300 * width }, () => random() * 10 - 3), width };
        // Linear outputs: no rows are kept to be trained again, so nothing but the snapshot decides what comes next.
        const y = { data: Float32Array.from({ length: 300 * classes }, () => random() * 3), width: classes };
        const cluster = await Cluster.create(template, { seed });
        cluster.train({ x }, { y });
        const snapshot = cluster.snapshot();
        const copy = await Cluster.restore(snapshot);
        expect(Buffer.compare(copy.snapshot(), snapshot)).toBe(0);
        expect(copy.request({ x })).toEqual(cluster.request({ x }));
        for (const each of [cluster, copy]) each.train({ x }, { y });
        expect(copy.request({ x })).toEqual(cluster.request({ x }));
      }),
      { numRuns: 25 },
    );
  });

  it('inputs that are always silent may stand in any order and number', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 301, max: 700 }), fc.integer({ min: 0, max: 1e6 }), async (width, seed) => {
        const random = generator(seed);
        // The ten values that are ever active keep their order; where they stand among silent ones differs.
        const places = (): number[] => {
          const chosen = new Set<number>();
          while (chosen.size < 10) chosen.add(Math.floor(random() * width));
          return [...chosen].sort((a, b) => a - b);
        };
        const active = Float32Array.from({ length: 2000 }, () => (random() < 0.5 ? 0 : random() * 9));
        const y = {
          data: Uint8Array.from({ length: 200 }, (_, row) => Number((active[row * 10] as number) > (active[row * 10 + 1] as number))),
          width: 1,
        };
        const answers = [places(), places()].map(async (at) => {
          const data = new Float32Array(200 * width);
          for (const [i, value] of active.entries()) data[Math.floor(i / 10) * width + (at[i % 10] as number)] = value;
          const cluster = await Cluster.create(LINE);
          cluster.train({ x: { data, width } }, { y });
          return cluster.request({ x: { data, width } })['y'];
        });
        expect(await answers[0]).toEqual(await answers[1]);
      }),
      { numRuns: 15 },
    );
  });

  it('no weight is ever anything but a finite number, whatever comes', async () => {
    const extreme = fc.constantFrom(0, 1, -1, 3e38, -3e38, 1e-38, 1e9, -5, 255);
    await fc.assert(
      fc.asyncProperty(
        fc.array(extreme, { minLength: WIDTH, maxLength: WIDTH * 3 }),
        fc.integer({ min: 0, max: 999 }),
        async (values, seed) => {
          const cluster = await Cluster.create(LINE, { seed, neuronsPerHexagon: 64 });
          const count = Math.floor(values.length / WIDTH);
          const x = { data: Float32Array.from(values.slice(0, count * WIDTH)), width: WIDTH };
          const y = { data: Uint8Array.from({ length: count }, (_, i) => i & 1), width: 1 };
          for (let pass = 0; pass < 10; pass++) cluster.train({ x }, { y });
          const state = readState(cluster.snapshot());
          const weights = state.units.flatMap(({ sections }) => sections.flatMap((section) => [...section.weights, ...section.averages]));
          for (const w of [...weights, ...state.bias, ...state.readout.weights, ...state.readout.averages])
            expect(w).toSatisfy(Number.isFinite);
        },
      ),
      { numRuns: 40 },
    );
  });
});

it('one wrong label in ten does no harm to what is answered', async () => {
  const cluster = await Cluster.create(LINE, { neuronsPerHexagon: 128 });
  const random = generator(5);
  const { x, y } = rows(12_000, 5, 40);
  for (let row = 0; row < 12_000; row++) if (random() < 0.1) y.data.set([0, 0, 0].fill(1, row % 3, (row % 3) + 1), row * CLASSES);
  cluster.train({ x }, { y });
  const test = rows(1000, 6, 40);
  const answers = cluster.request({ x: test.x })['y'] as Float32Array;
  let right = 0;
  for (let row = 0; row < 1000; row++) {
    const answer = answers.subarray(row * CLASSES, (row + 1) * CLASSES);
    right += test.y.data[row * CLASSES + answer.indexOf(Math.max(...answer))] as number;
  }
  expect(right).toBeGreaterThan(900);
});
