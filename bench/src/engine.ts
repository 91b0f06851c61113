import { generator } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import { accuracy, cpuSeconds, type Digits, type Figure, loadDigits, median } from './figure.ts';
import { ScatterNetwork } from './scatter.ts';

const TEMPLATE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\npicture: 1,1,1\noutputs:\nlabel: 3,1,1\n';
const SEEDS = [1, 2, 3];

/** One pass over the train images by a new cluster. */
async function pass(train: Digits, seed: number): Promise<{ cluster: Cluster; cpu: number }> {
  const cluster = await Cluster.create(TEMPLATE, { seed });
  const rows = train.labels.length;
  const cpu = cpuSeconds(() => {
    cluster.train(
      { picture: { data: train.pixels, width: 784, shape: [28, 28] } },
      { label: { data: train.oneHot, width: 10 } },
      { cycle: 0, total: rows },
    );
  });
  return { cluster, cpu };
}

function scatterPass(train: Digits, test: Digits, seed: number): { cpu: number; percent: number } {
  const network = new ScatterNetwork(784, 10, generator(seed));
  const picture = ({ pixels }: Digits, row: number): Uint8Array => pixels.subarray(row * 784, (row + 1) * 784);
  const cpu = cpuSeconds(() => {
    for (let row = 0; row < train.labels.length; row++) network.train(picture(train, row), train.oneHot.subarray(row * 10, row * 10 + 10));
  });
  const answers = new Float32Array(test.labels.length * 10);
  for (let row = 0; row < test.labels.length; row++) answers.set(network.forward(picture(test, row), false), row * 10);
  return { cpu, percent: accuracy(answers, test.labels) };
}

/** Accuracy and CPU time of one pass, beside the scatter baseline in the same run. */
export async function engineFigures(): Promise<Figure[]> {
  const { source, train, test } = loadDigits();
  const ours: { cpu: number; percent: number }[] = [];
  const scatter: { cpu: number; percent: number }[] = [];
  const requests: number[] = [];
  const snapshots: number[] = [];
  // In turn, so that a slow moment of the machine meets both.
  for (const seed of SEEDS) {
    scatter.push(scatterPass(train, test, seed));
    const { cluster, cpu } = await pass(train, seed);
    let answers = new Float32Array();
    const request = cpuSeconds(() => {
      answers = cluster.request({ picture: { data: test.pixels, width: 784 } })['label'] as typeof answers;
    });
    requests.push(test.labels.length / request);
    ours.push({ cpu, percent: accuracy(answers, test.labels) });
    snapshots.push(cluster.snapshot().length / 1e6);
  }
  const mean = (runs: readonly { percent: number }[]): number => runs.reduce((sum, { percent }) => sum + percent, 0) / runs.length;
  const images = `${source}, one pass over ${train.labels.length} images, seeds ${SEEDS.join(', ')}`;
  return [
    { name: 'accuracy after one pass', value: mean(ours), unit: '%', goal: '>= 97.3', how: `mean; ${images}` },
    { name: 'accuracy of the scatter baseline', value: mean(scatter), unit: '%', goal: '', how: `mean; ${images}` },
    { name: 'CPU time of a pass', value: median(ours.map(({ cpu }) => cpu)), unit: 's', goal: '', how: images },
    { name: 'CPU time of the scatter baseline', value: median(scatter.map(({ cpu }) => cpu)), unit: 's', goal: '', how: images },
    {
      name: 'scatter baseline / ours, CPU time',
      value: median(ours.map(({ cpu }, i) => (scatter[i]?.cpu ?? 0) / cpu)),
      unit: '×',
      goal: '>= 8',
      how: 'median of the ratios of runs that followed each other',
    },
    { name: 'requests', value: median(requests), unit: '/s', goal: '', how: `bare engine, one core, ${test.labels.length} images` },
    { name: 'snapshot', value: median(snapshots), unit: 'MB', goal: '', how: 'after the pass' },
  ];
}

/** Wall and CPU seconds of one pass on the bare engine, for comparison with the server. */
export async function barePass(seed: number): Promise<{ wall: number; cpu: number }> {
  const { train } = loadDigits();
  const started = performance.now();
  const { cpu } = await pass(train, seed);
  return { wall: (performance.now() - started) / 1000, cpu };
}
