import {
  deleteTask as deleteEndpoint,
  getTask as getEndpoint,
  type InputOf,
  listTasks as listEndpoint,
  type OutputOf,
  createRequestTask as requestEndpoint,
  type Task,
  createTrainTask as trainEndpoint,
} from '@openhanami/contract';
import { type CallOptions, call } from './call.ts';

/** Queues a training. */
export function createTrainTask(
  token: string,
  address: string,
  taskName: string,
  clusterUuid: string,
  inputs: InputOf<typeof trainEndpoint>['inputs'],
  outputs: InputOf<typeof trainEndpoint>['outputs'],
  timeLength = 1,
  options?: CallOptions,
): Promise<OutputOf<typeof trainEndpoint>> {
  return call(
    trainEndpoint,
    token,
    address,
    { name: taskName, cluster_uuid: clusterUuid, inputs, outputs, time_length: timeLength },
    options,
  );
}

/** Queues a request; its result is a data set with the task's uuid. */
export function createRequestTask(
  token: string,
  address: string,
  taskName: string,
  clusterUuid: string,
  inputs: InputOf<typeof requestEndpoint>['inputs'],
  results: InputOf<typeof requestEndpoint>['results'],
  timeLength = 1,
  options?: CallOptions,
): Promise<OutputOf<typeof requestEndpoint>> {
  return call(
    requestEndpoint,
    token,
    address,
    { name: taskName, cluster_uuid: clusterUuid, inputs, results, time_length: timeLength },
    options,
  );
}

/** Tells about a task and its progress. */
export function getTask(
  token: string,
  address: string,
  taskUuid: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: taskUuid, cluster_uuid: clusterUuid }, options);
}

/** Lists the tasks of a cluster. */
export function listTasks(
  token: string,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { cluster_uuid: clusterUuid }, options);
}

/** Deletes a task; an active one is aborted. */
export function deleteTask(
  token: string,
  address: string,
  taskUuid: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: taskUuid, cluster_uuid: clusterUuid }, options);
}

/** A task did not come to a good end. */
export class TaskFailed extends Error {
  override name = 'TaskFailed';

  constructor(readonly task: Task) {
    super(`the task '${task.name}' ${task.state === 'failed' ? `failed: ${task.reason ?? 'no reason is known'}` : 'was aborted'}`);
  }
}

/**
 * Waits for the end of a task.
 * @param onProgress is told the task a few times a second.
 * @throws TaskFailed if it failed or was aborted.
 */
export async function waitForTask(
  token: string,
  address: string,
  taskUuid: string,
  clusterUuid: string,
  onProgress: (task: Task) => void = () => {},
  options?: CallOptions,
): Promise<Task> {
  for (let pause = 20; ; pause = Math.min(250, pause * 1.5)) {
    const task = await getTask(token, address, taskUuid, clusterUuid, options);
    onProgress(task);
    if (task.state === 'finished') return task;
    if (task.state === 'failed' || task.state === 'aborted') throw new TaskFailed(task);
    await new Promise((next) => setTimeout(next, pause));
  }
}
