import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imagesToIdx, labelsToIdx } from '@openhanami/datasets';
import { cluster, dataset, task } from '@openhanami/sdk';
import { newCluster, queueRequest, queueTraining } from '../../tests/digits.ts';
import { ServerProcess } from '../../tests/server-process.ts';
import { barePass } from './engine/mnist.ts';
import { type Digits, type Figure, loadDigits, median } from './figure.ts';

const RUNS = 5;

const seconds = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
};

/** Asks every few milliseconds, so that the clock stops when the task does. */
async function untilFinished(token: string, address: string, uuid: string, clusterUuid: string): Promise<void> {
  while ((await task.getTask(token, address, uuid, clusterUuid)).state !== 'finished') await new Promise((next) => setTimeout(next, 20));
}

function writeFiles(folder: string, name: string, { pixels, labels }: Digits): [images: string, labels: string] {
  const [images, classes] = [join(folder, `${name}-images`), join(folder, `${name}-labels`)];
  writeFileSync(images, imagesToIdx(pixels, 28, 28));
  writeFileSync(classes, labelsToIdx(labels));
  return [images, classes];
}

/** The main job through a real server process over loopback. */
export async function serverFigures(): Promise<Figure[]> {
  const { train, test } = loadDigits();
  const folder = mkdtempSync(join(tmpdir(), 'hanami-bench-'));
  const server = await ServerProcess.start();
  try {
    const { address } = server;
    const trainFiles = writeFiles(folder, 'train', train);
    const testFiles = writeFiles(folder, 'test', test);
    await new Promise((next) => setTimeout(next, 1000));
    const idle = server.memory;
    const token = await server.logIn();

    const rates: number[] = [];
    let trainSet = '';
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      let arrived = 0;
      // The clock stops when the image file's last byte was acknowledged; the conversion that follows is not part of it.
      const size = train.pixels.length + 16;
      trainSet = await dataset.uploadMnistFiles(token, address, `train set ${run}`, ...trainFiles, (bytes) => {
        if (bytes >= size && arrived === 0) arrived = performance.now() - started;
      });
      rates.push(size / 1e6 / (arrived / 1000));
    }
    const testSet = await dataset.uploadMnistFiles(token, address, 'test set', ...testFiles);

    const ratios: number[] = [];
    const cpuRatios: number[] = [];
    const requests: number[] = [];
    let uuid = '';
    for (let run = 0; run < RUNS; run++) {
      if (uuid !== '') await cluster.deleteCluster(token, address, uuid);
      uuid = await newCluster(token, address, `bench cluster ${run}`);
      const bare = await barePass(run + 1);
      const cpuBefore = server.cpuSeconds;
      const served = await seconds(async () => {
        const training = await queueTraining(token, address, uuid, trainSet);
        await untilFinished(token, address, training, uuid);
      });
      ratios.push(served / bare.wall);
      cpuRatios.push((server.cpuSeconds - cpuBefore) / bare.cpu);
      requests.push(
        await seconds(async () => {
          const request = await queueRequest(token, address, uuid, testSet);
          await untilFinished(token, address, request, uuid);
        }),
      );
    }
    const loaded = server.memory;
    return [
      {
        name: 'train task / bare engine, CPU time',
        value: median(cpuRatios),
        unit: '×',
        goal: '<= 1.3',
        how: `all threads of the server, median of ${RUNS}`,
      },
      {
        name: 'train task / bare engine, wall time',
        value: median(ratios),
        unit: '×',
        goal: '<= 1.3',
        how: `incl. queue, snapshot and asking every 20 ms, median of ${RUNS}`,
      },
      {
        name: 'request task',
        value: median(requests),
        unit: 's',
        goal: '< 1',
        how: `${test.labels.length} rows, wall time, median of ${RUNS}`,
      },
      {
        name: 'upload of the image file',
        value: median(rates),
        unit: 'MB/s',
        goal: '>= 100',
        how: `${(train.pixels.length / 1e6).toFixed(0)} MB on loopback, median of ${RUNS}`,
      },
      { name: 'memory of the idle server', value: idle, unit: 'MB', goal: '< 150', how: 'resident, one second after the start' },
      {
        name: 'memory with a trained cluster',
        value: loaded,
        unit: 'MB',
        goal: '< 300',
        how: `resident, the same process after ${RUNS} uploads, trainings and requests`,
      },
    ];
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
