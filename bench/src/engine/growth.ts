// Whether a network grows as far as its task asks for: neurons over rows.
import { generator } from '@openhanami/datasets';
import { Cluster, DEFAULT_NEURONS_PER_HEXAGON } from '@openhanami/engine';
import type { Figure } from '../figure.ts';

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';
const WIDTH = 8;
const ROWS = [576, 2000, 20_000] as const;

const TASKS: Record<string, (x: Float64Array, random: () => number) => number> = {
  'nothing to learn': (_, random) => random(),
  'a sum': (x) => x.reduce((sum, value, i) => sum + i * value, 0),
  'a curve of each value': (x) => x.reduce((sum, value, i) => sum + Math.sin(i + 3 * value), 0),
  'products of values, with noise': ([a = 0, b = 0, c = 0, d = 0], random) => 10 * a * b - 10 * c * d + 8 * (random() - 0.5),
  'products of values': ([a = 0, b = 0, c = 0, d = 0]) => 10 * Math.sin(4 * a * b) - 10 * c * d,
};

export async function growthFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [task, of] of Object.entries(TASKS)) {
    const random = generator(1);
    const most = ROWS.at(-1) as number;
    const x = Float64Array.from({ length: most * WIDTH }, () => random());
    const y = Float32Array.from({ length: most }, (_, row) => of(x.subarray(row * WIDTH, (row + 1) * WIDTH), random));
    const cluster = await Cluster.create(LINE, { seed: 1 });
    let from = 0;
    for (const rows of ROWS) {
      cluster.train(
        { x: { data: x.subarray(from * WIDTH, rows * WIDTH), width: WIDTH } },
        { y: { data: y.subarray(from, rows), width: 1 } },
      );
      from = rows;
      figures.push({
        name: `${task}: neurons after ${rows.toLocaleString('en')} rows`,
        value: cluster.stats().neurons - 1,
        unit: '',
        goal: rows === ROWS[0] ? '< 512' : '',
        how: `${WIDTH} values a row, one pass; a hexagon may have ${DEFAULT_NEURONS_PER_HEXAGON}`,
      });
    }
  }
  return figures;
}
