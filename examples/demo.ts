// The main job, end to end: a server, a user, a data set, a cluster, a training with live progress, a request, and how right it was.
// MNIST_DIR=<folder> takes the real MNIST files (plain or .gz) instead of drawn digits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { cluster, dataset, task, token } from '@openhanami/sdk';
import { SingleBar } from 'cli-progress';
import { ADMIN, ServerProcess } from '../tests/server-process.ts';

const TEMPLATE = `version: 1
hexagons:
    1,1,1
    2,1,1
    3,1,1
inputs:
    picture: 1,1,1
outputs:
    label: 3,1,1
`;

interface Files {
  readonly images: string;
  readonly labels: string;
}

function mnistFiles(folder: string, part: 'train' | 't10k'): Files {
  const find = (kind: string): string => {
    const names = [`${part}-${kind}-ubyte`, `${part}-${kind}-ubyte`.replace('-idx', '.idx')].flatMap((name) => [name, `${name}.gz`]);
    const found = names.map((name) => join(folder, name)).find((path) => existsSync(path));
    if (!found) throw new Error(`MNIST_DIR: there is none of ${names.join(', ')} in ${folder}`);
    return found;
  };
  return { images: find('images-idx3'), labels: find('labels-idx1') };
}

async function drawFiles(folder: string, part: string, count: number, seed: number): Promise<Files> {
  const files = { images: join(folder, `${part}-images`), labels: join(folder, `${part}-labels`) };
  await writeMnist(drawDigits(count, seed), files.images, files.labels);
  return files;
}

/** A bar for a step; on its end the step is one line with its time. */
async function step<T>(name: string, work: (progress: (done: number, total: number) => void) => Promise<T>): Promise<T> {
  const started = performance.now();
  const bar = new SingleBar({ format: `${name.padEnd(34)} {bar} {percentage} %`, barsize: 30, clearOnComplete: true, hideCursor: true });
  let begun = false;
  const result = await work((done, total) => {
    if (!begun) bar.start(total, 0);
    begun = true;
    bar.update(done);
  });
  bar.stop();
  console.log(`${name.padEnd(34)} ${((performance.now() - started) / 1000).toFixed(2).padStart(6)} s`);
  return result;
}

const server = await step('start a server', () => ServerProcess.start());
try {
  const { address } = server;
  const mnist = process.env['MNIST_DIR'];
  const [trainFiles, testFiles] = mnist
    ? [mnistFiles(mnist, 'train'), mnistFiles(mnist, 't10k')]
    : await step('draw 20,000 + 4,000 digits', async () => [
        await drawFiles(server.folder, 'train', 20_000, 1),
        await drawFiles(server.folder, 'test', 4_000, 2),
      ]);

  const key = await step('log in', () => token.requestToken(address, ADMIN.id, ADMIN.passphrase));
  const upload = (name: string, { images, labels }: Files) =>
    step(`upload ${name}`, (progress) => dataset.uploadMnistFiles(key, address, name, images, labels, progress));
  const trainSet = await upload('train digits', trainFiles as Files);
  const testSet = await upload('test digits', testFiles as Files);
  const { uuid } = await step('create a cluster', () => cluster.createCluster(key, address, 'demo cluster', TEMPLATE));

  const { number_of_rows } = await dataset.getDataset(key, address, trainSet);
  await step(`train on ${number_of_rows} images, once`, async (progress) => {
    const picture = { dataset_uuid: trainSet, dataset_column: 'picture', hexagon_name: 'picture' };
    const label = { dataset_uuid: trainSet, dataset_column: 'label', hexagon_name: 'label' };
    const created = await task.createTrainTask(key, address, 'train', uuid, [picture], [label]);
    await task.waitForTask(key, address, created.uuid, uuid, (now) => progress(now.current_cycle, now.total_number_of_cycles));
  });
  const result = await step('request the test images', async (progress) => {
    const picture = { dataset_uuid: testSet, dataset_column: 'picture', hexagon_name: 'picture' };
    const created = await task.createRequestTask(
      key,
      address,
      'request',
      uuid,
      [picture],
      [{ dataset_column: 'digit', hexagon_name: 'label' }],
    );
    await task.waitForTask(key, address, created.uuid, uuid, (now) => progress(now.current_cycle, now.total_number_of_cycles));
    return created.uuid;
  });

  const { accuracy } = await dataset.checkMnistDataset(key, address, result, testSet);
  const grown = await cluster.getCluster(key, address, uuid);
  console.log(`\nAccuracy on the test images: ${accuracy.toFixed(2)} %`);
  console.log(`Grown: ${grown.neurons} neurons in ${grown.number_of_blocks} blocks, ${grown.synapses} synapses\n`);
  console.log('The first ten answers (row: label <- the ten outputs):');
  const answers = (await dataset.downloadDatasetContent(key, address, result, 'digit', 10)).data;
  const labels = (await dataset.downloadDatasetContent(key, address, testSet, 'label', 10)).data;
  for (const [row, outputs] of answers.entries()) {
    const values = outputs.map((value) => value.toFixed(3)).join(' ');
    const found = outputs.indexOf(Math.max(...outputs));
    const right = labels[row]?.indexOf(1);
    console.log(`${String(row).padStart(3)}: ${found} <- ${values}${found === right ? '' : `   (it is a ${right})`}`);
  }
} finally {
  await server.remove();
}
