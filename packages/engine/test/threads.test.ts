import { Worker } from 'node:worker_threads';
import { drawDigits, generator } from '@openhanami/datasets';
import { afterEach, describe, expect, it } from 'vitest';
import { Cluster, EngineError, type WorkerContext } from '../src/index.ts';

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';
const THREAD = `import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)})
  .then(({ joinGroup }) => joinGroup(require('node:worker_threads').workerData));`;

const workers: Worker[] = [];
const startThread = (context: WorkerContext): void => void workers.push(new Worker(THREAD, { eval: true, workerData: context }));
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.terminate();
});

const train = drawDigits(4000, 1);
const test = drawDigits(1000, 2);
const oneHot = new Uint8Array(40_000);
for (const [i, label] of train.labels.entries()) oneHot[i * 10 + label] = 1;
const x = { data: train.pixels, width: 784, shape: [28, 28] as const };
const question = { x: { data: test.pixels, width: 784 } };

function accuracy(cluster: Cluster): number {
  const answers = cluster.request(question)['y'] as Float32Array;
  return test.labels.filter(
    (label, i) => answers.subarray(i * 10, i * 10 + 10).indexOf(Math.max(...answers.subarray(i * 10, i * 10 + 10))) === label,
  ).length;
}

describe('a cluster on several threads', () => {
  it.each([2, 3])('learns as well on %d as on one, and the same at each try', async (threads) => {
    const clusters = await Promise.all([1, 2].map(() => Cluster.create(LINE, { threads, startThread })));
    // More threads than cores get in each other's way: fewer rows.
    const rows = threads > 2 ? 1000 : 4000;
    const few = { ...x, data: x.data.subarray(0, rows * 784) };
    const y = { data: oneHot.subarray(0, rows * 10), width: 10 };
    for (const cluster of clusters) cluster.train({ x: few }, { y });
    const [first, second] = clusters as [Cluster, Cluster];
    expect(accuracy(first)).toBeGreaterThan(threads > 2 ? 600 : 880);
    expect(second.request(question)).toEqual(first.request(question));
    const alone = await Cluster.create(LINE);
    alone.train({ x: few }, { y });
    expect(first.stats().neurons).toBeGreaterThan(alone.stats().neurons * 0.6);
    for (const cluster of clusters) cluster.close();
  });

  it('learns tables, the same at each try and after a snapshot', async () => {
    const random = generator(4);
    const rows = { data: Float32Array.from({ length: 6000 }, () => random()), width: 3 };
    const sums = Float32Array.from(
      { length: 2000 },
      (_, row) => Math.sin(4 * (rows.data[row * 3] as number)) * (rows.data[row * 3 + 1] as number),
    );
    const clusters = await Promise.all([1, 2].map(() => Cluster.create(LINE, { threads: 2, startThread })));
    for (const cluster of clusters) cluster.train({ x: rows }, { y: { data: sums, width: 1 } });
    const [first, second] = clusters as [Cluster, Cluster];
    const answers = first.request({ x: rows })['y'] as Float32Array;
    expect(answers.reduce((sum, value, row) => sum + Math.abs(value - (sums[row] as number)), 0) / sums.length).toBeLessThan(0.05);
    expect(second.request({ x: rows })).toEqual({ y: answers });
    const copy = await Cluster.restore(first.snapshot(), { startThread });
    for (const cluster of [first, copy]) cluster.train({ x: rows }, { y: { data: sums, width: 1 } });
    expect(copy.request({ x: rows })).toEqual(first.request({ x: rows }));
    for (const cluster of [first, second, copy]) cluster.close();
  });

  it('learns fields and classes, the same at each try', async () => {
    const codes = Int32Array.from({ length: 2000 }, (_, i) => (i * 7) % 40);
    const fields = { kind: { codes, dictionary: Array.from({ length: 40 }, (_, i) => `k${i}`) } };
    const y = { codes: codes.map((code) => code % 3), dictionary: ['a', 'b', 'c'] };
    const clusters = await Promise.all([1, 2].map(() => Cluster.create(LINE, { threads: 2, startThread })));
    const scores = clusters.map((cluster) => cluster.train({ x: { fields } }, { y }).scores['y']?.[0]?.accuracy);
    expect(scores[0]).toBeGreaterThan(0.85);
    expect(scores[1]).toBe(scores[0]);
    for (const cluster of clusters) cluster.close();
  });

  it('answers the same after a snapshot', async () => {
    const cluster = await Cluster.create(LINE, { threads: 2, startThread });
    cluster.train({ x }, { y: { data: oneHot, width: 10 } });
    const snapshot = cluster.snapshot();
    const copy = await Cluster.restore(snapshot, { startThread });
    expect(copy.stats()).toMatchObject({ neurons: cluster.stats().neurons, sections: cluster.stats().sections });
    expect(copy.request(question)).toEqual(cluster.request(question));
    copy.close();
    cluster.close();
  });

  it('begins on one where the others would not help', async () => {
    // An exchange takes longer than sixteen neurons.
    const small = await Cluster.create(LINE, { threads: 2, neuronsPerHexagon: 16, threadsIfFaster: true, startThread });
    expect(small.threads).toBe(1);
    const y = { data: oneHot.subarray(0, 1000), width: 10 };
    expect(small.train({ x: { ...x, data: x.data.subarray(0, 78_400) } }, { y }).cycles).toBe(100);
    const told = await Cluster.create(LINE, { threads: 2, neuronsPerHexagon: 16, startThread });
    expect(told.threads).toBe(2);
    told.close();
  });

  it('needs someone who starts them', async () => {
    await expect(Cluster.create(LINE, { threads: 2 })).rejects.toThrowError('startThread');
  });

  it('says so when one of them is gone', async () => {
    // The helper's own error may come after the cluster's; it is waited for, so that nobody else meets it.
    let death: Promise<unknown> | undefined;
    const cluster = await Cluster.create(LINE, {
      threads: 2,
      startThread: (context) => {
        startThread({ ...context, plan: { ...context.plan, template: '' } });
        death = new Promise((resolve) => workers.at(-1)?.once('error', resolve));
      },
    }).catch((error: unknown) => error);
    expect(cluster).toBeInstanceOf(EngineError);
    expect(await death).toBeInstanceOf(Error);
  });
});
