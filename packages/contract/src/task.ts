import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { list, name, nothing, search, shortName, timestamp, uuid, whole } from './fields.ts';

export const taskState = z.enum(['queued', 'active', 'aborted', 'finished', 'failed']);
export type TaskState = z.infer<typeof taskState>;

const source = z.strictObject({ dataset_uuid: uuid, dataset_column: shortName, hexagon_name: shortName });
export type TaskSource = z.output<typeof source>;

const result = z.strictObject({ dataset_column: shortName, hexagon_name: shortName });
export type TaskResult = z.output<typeof result>;

const atLeastOne = 'must have at least one entry';
export const MOST_ENTRIES = 1000;
const atMost = `must have at most ${MOST_ENTRIES} entries`;
const sources = z.array(source, 'must be a list').min(1, atLeastOne).max(MOST_ENTRIES, atMost);
const results = z.array(result, 'must be a list').min(1, atLeastOne).max(MOST_ENTRIES, atMost);
const timeLength = whole(1, 1000).default(1);
/** Number of passes over the training rows. */
const epochs = whole(1, 10_000).default(1);

export const taskAnswer = z.object({
  uuid: z.string(),
  name: z.string(),
  cluster_uuid: z.string().optional(),
  current_cycle: z.number(),
  total_number_of_cycles: z.number(),
  state: taskState,
  queue_timestamp: timestamp,
  start_timestamp: timestamp,
  end_timestamp: timestamp,
  /** Why a task failed. */
  reason: z.string().optional(),
});
export type Task = z.infer<typeof taskAnswer>;

export const TASK_COLUMNS = ['uuid', 'state', 'percentage', 'queued', 'start', 'end', 'name'] as const;

export const createTrainTask = endpoint({
  method: 'POST',
  path: '/task/train',
  summary: 'Queue a training of a cluster with rows of data sets',
  input: z.strictObject({ name, cluster_uuid: uuid, inputs: sources, outputs: sources, time_length: timeLength, epochs }),
  output: taskAnswer,
  errors: [404, 409],
});

export const createRequestTask = endpoint({
  method: 'POST',
  path: '/task/request',
  summary: "Queue a request: the cluster's answers become a data set with the task's uuid",
  input: z.strictObject({ name, cluster_uuid: uuid, inputs: sources, results, time_length: timeLength }),
  output: taskAnswer,
  errors: [404, 409],
});

/** The cluster may be left out: uuids of tasks are unique. */
const which = z.strictObject({ uuid, cluster_uuid: uuid.optional() });

export const getTask = endpoint({
  method: 'GET',
  path: '/task',
  summary: 'Get a task and its progress',
  input: which,
  output: taskAnswer,
  errors: [404],
});

export const listTasks = endpoint({
  method: 'GET',
  path: '/task/all',
  summary: 'List the tasks of a cluster',
  input: z.strictObject({ cluster_uuid: uuid, state: taskState.optional(), ...search }),
  output: list(TASK_COLUMNS),
  errors: [404],
});

export const deleteTask = endpoint({
  method: 'DELETE',
  path: '/task',
  summary: 'Delete a task; an active one is aborted. A result that it wrote stays',
  input: which,
  output: nothing,
  errors: [404],
});

export const taskEvents = endpoint({
  method: 'GET',
  path: '/task/events',
  summary: 'Follow the tasks of a cluster: server-sent events `task`, each with a task as GET /task tells it',
  input: z.strictObject({ cluster_uuid: uuid }),
  output: z.unknown(),
  errors: [404],
  produces: ['text/event-stream'],
});
