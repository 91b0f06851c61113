import { drawDigits, imagesToIdx, labelsToIdx } from '@openhanami/datasets';
import { cluster, dataset, type Token, task } from '@openhanami/sdk';
import type { ServerProcess } from './server-process.ts';

export const TEMPLATE = 'version: 1\nhexagons:\n    1,1,1\n    2,1,1\n    3,1,1\ninputs:\n    picture: 1,1,1\noutputs:\n    label: 3,1,1\n';

/** Two IDX files of drawn digits, in memory. */
export function digitFiles(count: number, seed: number): { images: Blob; labels: Blob } {
  const { pixels, labels, rows, columns } = drawDigits(count, seed);
  return {
    images: new Blob([new Uint8Array(imagesToIdx(pixels, rows, columns))]),
    labels: new Blob([new Uint8Array(labelsToIdx(labels))]),
  };
}

export function uploadDigits(token: Token, address: string, name: string, count: number, seed = 1): Promise<string> {
  const { images, labels } = digitFiles(count, seed);
  return dataset.uploadMnistFiles(token, address, name, images, labels);
}

export async function newCluster(token: Token, address: string, name: string): Promise<string> {
  return (await cluster.createCluster(token, address, name, TEMPLATE)).uuid;
}

/** Queues a training with a data set of digits; returns the task's uuid. */
export async function queueTraining(
  token: Token,
  address: string,
  clusterUuid: string,
  datasetUuid: string,
  name = 'train',
  epochs = 1,
): Promise<string> {
  const column = (dataset_column: string) => ({ dataset_uuid: datasetUuid, dataset_column, hexagon_name: dataset_column });
  return (await task.createTrainTask(token, address, `${name} task`, clusterUuid, [column('picture')], [column('label')], 1, epochs)).uuid;
}

/** Queues a request; its result has the column `digit`. */
export async function queueRequest(token: Token, address: string, clusterUuid: string, datasetUuid: string): Promise<string> {
  const input = { dataset_uuid: datasetUuid, dataset_column: 'picture', hexagon_name: 'picture' };
  const result = { dataset_column: 'digit', hexagon_name: 'label' };
  return (await task.createRequestTask(token, address, 'request task', clusterUuid, [input], [result])).uuid;
}

/** Digits, a cluster that has learnt them, its answers, and a checkpoint. */
export async function learnDigits(server: ServerProcess, rows = 500) {
  const { address } = server;
  const token = await server.logIn();
  const digits = await uploadDigits(token, address, 'digits', rows);
  const uuid = await newCluster(token, address, 'a cluster');
  await task.waitForTask(token, address, await queueTraining(token, address, uuid, digits), uuid);
  const answered = await queueRequest(token, address, uuid, digits);
  await task.waitForTask(token, address, answered, uuid);
  const saved = await cluster.saveCluster(token, address, 'a checkpoint', uuid);
  return { token, digits, uuid, answered, saved: saved.uuid };
}

/** The first rows of a result of `learnDigits`. */
export async function answersOf(token: Token, address: string, result: string) {
  return (await dataset.downloadDatasetContent(token, address, result, 'digit', 20, 0)).data;
}
