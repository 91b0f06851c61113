import { generator } from '@openhanami/datasets';
import { Cluster, type ClusterOptions, type SparseRows } from '@openhanami/engine';
import { cpuSeconds, type Figure, median } from '../figure.ts';
import { TEMPLATE } from './mnist.ts';

const ROWS = 4000;

/** Rows with so many active inputs, drawn from `used` inputs spread over a width. */
function rows(count: number, active: number, used: number, width: number, seed: number): SparseRows {
  const random = generator(seed);
  const indices: number[] = [];
  const offsets = [0];
  for (let row = 0; row < count; row++) {
    const found = new Set<number>();
    while (found.size < active) found.add(Math.floor(random() * used));
    indices.push(...[...found].map((i) => Math.floor((i * width) / used)).sort((a, b) => a - b));
    offsets.push(indices.length);
  }
  return {
    offsets: Uint32Array.from(offsets),
    indices: Uint32Array.from(indices),
    values: new Float32Array(indices.length).fill(1),
    width,
  };
}

/** Microseconds a training cycle of a cluster that has grown as far as it may. */
async function microseconds(active: number, used: number, width: number, options: ClusterOptions): Promise<number> {
  const cluster = await Cluster.create(TEMPLATE, options);
  // What cannot be learnt makes every cycle take its step.
  const random = generator(3);
  const label = { data: Float32Array.from({ length: ROWS }, () => random() * 9), width: 1 };
  const picture = rows(ROWS, active, used, width, 1);
  for (let round = 0; round < 3; round++) cluster.train({ picture }, { label });
  return median(Array.from({ length: 5 }, () => (cpuSeconds(() => cluster.train({ picture }, { label })) * 1e6) / ROWS));
}

/** How time grows with what is active, and not with what is declared. */
export async function scaleFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const width of [100, 1000, 10_000, 100_000, 1_000_000]) {
    const value = await microseconds(100, 100, width, {});
    least = Math.min(least, value);
    figures.push({
      name: `a cycle with ${width.toLocaleString('en')} inputs declared`,
      value,
      unit: 'µs',
      goal: '',
      how: '100 inputs active, 512 neurons, CPU time, median of 5',
    });
  }
  figures.push({
    name: 'a million declared inputs / the fastest of these',
    value: (figures.at(-1)?.value ?? 0) / least,
    unit: '×',
    goal: '<= 1.2',
    how: 'silent inputs cost nothing',
  });
  const costs: number[] = [];
  for (const [active, neurons] of [
    [25, 512],
    [50, 512],
    [100, 512],
    [100, 1024],
    [100, 2048],
  ] as const) {
    const value = await microseconds(active, 100, 100, { neuronsPerHexagon: neurons });
    costs.push(value / (active * (neurons / 128)));
    figures.push({
      name: `a cycle with ${active} of 100 inputs active and ${neurons} neurons`,
      value,
      unit: 'µs',
      goal: '',
      how: 'CPU time, median of 5',
    });
  }
  figures.push({
    name: 'cost of an active input and a block, most / least',
    value: Math.max(...costs) / Math.min(...costs),
    unit: '×',
    goal: '',
    how: '1 where time is exactly linear in active inputs × blocks; a cycle also has a fixed part',
  });
  figures.push(...(await large()));
  return figures;
}

/** A cluster that grows to two gigabytes while it trains. */
async function large(): Promise<Figure[]> {
  const width = 4_000_000;
  const cluster = await Cluster.create(TEMPLATE, { seed: 1 });
  const label = { data: new Uint8Array(ROWS).map((_, i) => i % 2), width: 1 };
  let cycles = 0;
  let error = 1;
  const cpu: number[] = [];
  for (let seed = 1; cluster.stats().bytes < 2e9 && seed < 300; seed++) {
    const picture = rows(ROWS, 100, width, width, seed);
    cpu.push(
      (cpuSeconds(() => {
        error = cluster.train({ picture }, { label }).error;
      }) *
        1e6) /
        ROWS,
    );
    cycles += ROWS;
  }
  const { bytes, sections, full } = cluster.stats();
  return [
    {
      name: 'a large cluster',
      value: bytes / 1e9,
      unit: 'GB',
      goal: '>= 2',
      how: `${sections.toLocaleString('en')} sections of ${width.toLocaleString('en')} inputs after ${cycles.toLocaleString('en')} cycles; ${full ? 'full' : 'still growing'}; last error ${error.toFixed(3)}`,
    },
    {
      name: 'a cycle of the large cluster',
      value: median(cpu.slice(-5)),
      unit: 'µs',
      goal: '',
      how: '100 inputs active, while it grows; CPU time',
    },
  ];
}
