import {
  deleteTask as deleteEndpoint,
  getTask as getEndpoint,
  HanamiError,
  type InputOf,
  listTasks as listEndpoint,
  type OutputOf,
  createRequestTask as requestEndpoint,
  type Task,
  taskAnswer,
  taskEvents,
  createTrainTask as trainEndpoint,
} from '@openhanami/contract';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type CallOptions, ConnectionError, call, stream } from './call.ts';

/** Queues a training. @param epochs how often it goes over its rows. */
export function createTrainTask(
  token: string,
  address: string,
  taskName: string,
  clusterUuid: string,
  inputs: InputOf<typeof trainEndpoint>['inputs'],
  outputs: InputOf<typeof trainEndpoint>['outputs'],
  timeLength = 1,
  epochs = 1,
  options?: CallOptions,
): Promise<OutputOf<typeof trainEndpoint>> {
  return call(
    trainEndpoint,
    token,
    address,
    { name: taskName, cluster_uuid: clusterUuid, inputs, outputs, time_length: timeLength, epochs },
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
 * Follows the tasks of a cluster: each as it is, then whenever it gets further. Ends when the server ends it: with the token, the cluster, or the server itself.
 * @param options.signal ends it from here.
 */
export async function* followTasks(
  token: string,
  address: string,
  clusterUuid: string,
  options?: CallOptions & { signal?: AbortSignal },
): AsyncGenerator<Task> {
  const { bytes } = await stream(taskEvents, token, address, { cluster_uuid: clusterUuid }, options);
  const events = bytes
    .pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of events) if (event === 'task') yield taskAnswer.parse(JSON.parse(data));
}

/**
 * Follows one task to its end; the last one that it yields has ended, in one way or another.
 * @throws ConnectionError if the server cannot be reached any more, Unauthorized when the token has expired.
 */
export async function* followTask(
  token: string,
  address: string,
  taskUuid: string,
  clusterUuid: string,
  options?: CallOptions,
): AsyncGenerator<Task> {
  for (;;) {
    const ending = new AbortController();
    try {
      for await (const task of followTasks(token, address, clusterUuid, { ...options, signal: ending.signal })) {
        if (task.uuid !== taskUuid) continue;
        yield task;
        if (hasEnded(task)) return;
      }
    } catch (error) {
      // A connection that broke in the middle shows here as an error of the stream; the question below tells whether the server is there.
      if (error instanceof HanamiError || error instanceof ConnectionError) throw error;
    } finally {
      ending.abort();
    }
    const task = await getTask(token, address, taskUuid, clusterUuid, options);
    yield task;
    if (hasEnded(task)) return;
  }
}

function hasEnded({ state }: Task): boolean {
  return state !== 'queued' && state !== 'active';
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
  let last: Task | undefined;
  for await (last of followTask(token, address, taskUuid, clusterUuid, options)) onProgress(last);
  if (!last) throw new ConnectionError('the task was not found');
  if (last.state !== 'finished') throw new TaskFailed(last);
  return last;
}
