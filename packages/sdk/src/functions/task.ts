import {
  deleteTask as deleteEndpoint,
  getTask as getEndpoint,
  HanamiError,
  type InputOf,
  listTasks as listEndpoint,
  type OutputOf,
  createRequestTask as requestEndpoint,
  type Task,
  type TaskState,
  taskAnswer,
  taskEvents,
  createTrainTask as trainEndpoint,
  Unauthorized,
} from '@openhanami/contract';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { type CallOptions, ConnectionError, call, type ListOptions, stream } from '../call.ts';
import type { Token } from '../credentials.ts';
import { passes, patiently } from '../patience.ts';

/** Queues a training. @param epochs number of passes over its rows. */
export function createTrainTask(
  token: Token,
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
  token: Token,
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

/** Gets a task and its progress. @param clusterUuid optional. */
export function getTask(
  token: Token,
  address: string,
  taskUuid: string,
  clusterUuid?: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: taskUuid, cluster_uuid: clusterUuid }, options);
}

/** Lists the tasks of a cluster. */
export function listTasks(
  token: Token,
  address: string,
  clusterUuid: string,
  { limit, offset, order, name, state, ...options }: ListOptions & { readonly state?: TaskState | undefined } = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { cluster_uuid: clusterUuid, limit, offset, order, name, state }, options);
}

/** Deletes a task; an active one is aborted. */
export function deleteTask(
  token: Token,
  address: string,
  taskUuid: string,
  clusterUuid?: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: taskUuid, cluster_uuid: clusterUuid }, options);
}

/** Thrown if a task failed or was aborted. */
export class TaskFailed extends Error {
  override name = 'TaskFailed';

  constructor(readonly task: Task) {
    super(`the task '${task.name}' ${task.state === 'failed' ? `failed: ${task.reason ?? 'no reason is known'}` : 'was aborted'}`);
  }
}

/**
 * Yields the tasks of a cluster, then each whenever it changes. Ends with the token or the cluster, or when the server stops.
 * @param options.signal aborts it.
 */
export async function* followTasks(
  token: Token,
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

/** Milliseconds between two polls if no events come, such as through a proxy that buffers them. */
const LOOK_EVERY_MS = 500;

/**
 * Follows one task to its end; the last one that it yields has ended, in one way or another. While the server cannot be reached or the
 * connection is broken, it retries (`options.patience`); credentials log in again when the token has expired.
 * @throws ConnectionError if the server stays away, Unauthorized if the token has expired and cannot be renewed.
 */
export async function* followTask(
  token: Token,
  address: string,
  taskUuid: string,
  clusterUuid: string,
  options?: CallOptions,
): AsyncGenerator<Task> {
  for (;;) {
    const ending = new AbortController();
    let told = false;
    try {
      for await (const task of followTasks(token, address, clusterUuid, { ...options, signal: ending.signal })) {
        if (task.uuid !== taskUuid) continue;
        told = true;
        yield task;
        if (hasEnded(task)) return;
      }
    } catch (error) {
      // After any other error, the request below tells whether the server is there and the token valid.
      if (error instanceof HanamiError && !passes(error) && !(error instanceof Unauthorized)) throw error;
    } finally {
      ending.abort();
    }
    const task = await patiently(() => getTask(token, address, taskUuid, clusterUuid, options), options);
    yield task;
    if (hasEnded(task)) return;
    if (!told) await new Promise((next) => setTimeout(next, LOOK_EVERY_MS));
  }
}

function hasEnded({ state }: Task): boolean {
  return state !== 'queued' && state !== 'active';
}

/**
 * Waits for the end of a task.
 * @param onProgress called with the task a few times a second.
 * @throws TaskFailed if it failed or was aborted, ConnectionError if it was not found or the server stays away.
 */
export async function waitForTask(
  token: Token,
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
