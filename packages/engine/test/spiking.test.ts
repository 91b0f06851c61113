import { describe, expect, it } from 'vitest';
import { Cluster } from '../src/index.ts';

const template = (cooldown: number, refractory: number): string =>
  `version: 1
settings:
neuron_cooldown: ${cooldown}
refractory_time: ${refractory}
hexagons:
1,1,1
2,1,1
3,1,1
inputs:
x: 1,1,1
outputs:
y: 3,1,1
`;

/** The potential of a neuron under constant input: it cools down, and takes input again when its refractory time is over. */
function potentials(input: number, cooldown: number, refractory: number, cycles: number): Float32Array {
  let potential = 0;
  return Float32Array.from({ length: cycles }, (_, cycle) => {
    potential = potential / cooldown + (cycle % refractory === 0 ? input : 0);
    return potential;
  });
}

describe('a neuron under constant input', () => {
  it.each([
    [1.5, 3],
    [1.5, 5],
    [4, 1],
    [2, 2],
  ])('fires, cools down and fires again: cooldown %d, refractory time %d', async (cooldown, refractory) => {
    const cycles = 6000;
    const curve = potentials(100, cooldown, refractory, cycles + 60);
    const cluster = await Cluster.create(template(cooldown, refractory));
    // All that the network ever sees is 100, again and again. Only its neurons' own potentials can tell it where in the curve it is.
    const x = (count: number) => ({ data: new Uint8Array(count).fill(100), width: 1 });
    for (let from = 0; from < cycles; from += 600) {
      cluster.train({ x: x(600) }, { y: { data: curve.subarray(from, from + 600), width: 1 } });
    }
    const answers = cluster.request({ x: x(60) })['y'] as Float32Array;
    const wanted = curve.subarray(cycles);
    const range = Math.max(...wanted) - Math.min(...wanted);
    for (const [i, value] of answers.entries()) expect(Math.abs(value - (wanted[i] as number))).toBeLessThan(0.05 * range + 1);
  });

  it('goes on where it was after a snapshot', async () => {
    const cluster = await Cluster.create(template(1.5, 3));
    const x = { data: new Uint8Array(100).fill(100), width: 1 };
    cluster.train({ x }, { y: { data: potentials(100, 1.5, 3, 100), width: 1 } });
    const copy = await Cluster.restore(cluster.snapshot());
    expect(copy.request({ x })).toEqual(cluster.request({ x }));
  });

  it('forgets everything from one cycle to the next unless the template says otherwise', async () => {
    const cluster = await Cluster.create(template(1e11, 1));
    const x = { data: new Uint8Array(100).fill(100), width: 1 };
    cluster.train({ x }, { y: { data: potentials(100, 1.5, 3, 100), width: 1 } });
    expect(new Set(cluster.request({ x })['y']).size).toBe(1);
  });
});

it('a cluster whose neurons remember knows for a while that something was there', async () => {
  // Now and then comes a pulse; for two cycles more it is to be told that one came. A network without memory cannot know.
  const values = new Uint8Array(12_000);
  const wanted = new Uint8Array(12_000);
  for (let i = 0; i < 12_000; i++) {
    values[i] = Math.sin(i * i) > 0.95 ? 200 : 1;
    wanted[i] = Number(Math.max(values[i] as number, values[i - 1] ?? 0, values[i - 2] ?? 0) === 200);
  }
  const errors = await Promise.all(
    [template(2, 1), template(1e11, 1)].map(async (text) => {
      const cluster = await Cluster.create(text);
      cluster.train({ x: { data: values.subarray(0, 10_000), width: 1 } }, { y: { data: wanted.subarray(0, 10_000), width: 1 } });
      const answers = cluster.request({ x: { data: values.subarray(10_000), width: 1 } })['y'] as Float32Array;
      return answers.filter((value, i) => Math.round(value) !== wanted[10_000 + i]).length / answers.length;
    }),
  );
  expect(errors[0]).toBeLessThan(0.05);
  expect(errors[1]).toBeGreaterThan(0.1);
});
