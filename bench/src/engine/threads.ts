import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Cluster, type WorkerContext } from '@openhanami/engine';
import { type Figure, median } from '../figure.ts';
import { digits, pass, percent, SEEDS, TEMPLATE } from './mnist.ts';

const THREAD = `import('@openhanami/engine').then(({ joinGroup }) => joinGroup(require('node:worker_threads').workerData));`;

const wall = (work: () => void): number => {
  const started = performance.now();
  work();
  return (performance.now() - started) / 1000;
};

/** Passes of one cluster on one thread and on two, in turn. */
async function onTwo(neurons: number): Promise<{ speedUp: number; lost: number }> {
  const { train, test } = digits;
  const speedUps: number[] = [];
  let lost = 0;
  for (const seed of SEEDS) {
    const workers: Worker[] = [];
    const startThread = (context: WorkerContext): void => void workers.push(new Worker(THREAD, { eval: true, workerData: context }));
    const one = await Cluster.create(TEMPLATE, { seed, neuronsPerHexagon: neurons });
    const two = await Cluster.create(TEMPLATE, { seed, neuronsPerHexagon: neurons, threads: 2, startThread });
    const times = [one, two].map((cluster) => wall(() => pass(cluster, train)));
    speedUps.push((times[0] as number) / (times[1] as number));
    lost += (percent(one, test) - percent(two, test)) / SEEDS.length;
    two.close();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return { speedUp: median(speedUps), lost };
}

/** One cluster on two threads, and as many clusters as cores. */
export async function threadFigures(): Promise<Figure[]> {
  if (availableParallelism() < 2) return [];
  const [usual, large] = [await onTwo(512), await onTwo(2048)];
  const cores = availableParallelism();
  const rates: number[] = [];
  for (let run = 0; run < 3; run++) {
    const alone = await together(1);
    rates.push((cores * alone) / (await together(cores)) / cores);
  }
  const how = `wall time of a pass over MNIST, median of seeds ${SEEDS.join(', ')}`;
  return [
    { name: 'one cluster, two threads / one', value: usual.speedUp, unit: '×', goal: '>= 1.6', how: `512 neurons; ${how}` },
    { name: 'one cluster of 2,048 neurons, two threads / one', value: large.speedUp, unit: '×', goal: '>= 1.6', how },
    {
      name: 'accuracy lost by the second thread',
      value: Math.max(usual.lost, large.lost),
      unit: 'points',
      goal: '<= 0.2',
      how: 'the worse of both, mean of the seeds',
    },
    {
      name: `${cores} clusters on ${cores} cores`,
      value: median(rates),
      unit: `of ${cores} ×`,
      goal: '>= 0.9',
      how: 'passes a second over MNIST against one cluster alone, median of 3',
    },
  ];
}

const TRAINER = `
  const { parentPort, workerData } = require('node:worker_threads');
  import('@openhanami/engine').then(async ({ Cluster }) => {
    const { template, pixels, oneHot, seed } = workerData;
    const cluster = await Cluster.create(template, { seed });
    parentPort.postMessage('ready');
    parentPort.once('message', () => {
      cluster.train({ picture: { data: pixels, width: 784, shape: [28, 28] } }, { label: { data: oneHot, width: 10 } });
      parentPort.postMessage('done');
    });
  });`;

/** Seconds until so many clusters, each on a thread of its own, have done a pass. */
async function together(count: number): Promise<number> {
  const { pixels, oneHot } = digits.train;
  const workers = Array.from(
    { length: count },
    (_, i) => new Worker(TRAINER, { eval: true, workerData: { template: TEMPLATE, pixels, oneHot, seed: i + 1 } }),
  );
  const next = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once('message', resolve));
  await Promise.all(workers.map(next));
  const started = performance.now();
  const done = Promise.all(workers.map(next));
  for (const worker of workers) worker.postMessage('go');
  await done;
  const seconds = (performance.now() - started) / 1000;
  await Promise.all(workers.map((worker) => worker.terminate()));
  return seconds;
}
