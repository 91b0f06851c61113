import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { flag, isShortName, list, name, nothing, search, shortName, timestamp, uuid, whole } from './fields.ts';
import { quickList } from './many.ts';
import { score } from './rows.ts';

export const taskState = z.enum(['queued', 'active', 'aborted', 'finished', 'failed']);
export type TaskState = z.infer<typeof taskState>;

/** Columns of one input or output. */
const MOST_COLUMNS = 100_000;

/** Columns of a data set for an input or output: one, or several, which become fields that the cluster finds again by name. */
const source = z
  .strictObject({
    dataset_uuid: uuid,
    dataset_column: shortName.optional(),
    /** Names; `*` are all that can be learnt from, `-name` all but that one. */
    dataset_columns: quickList(shortName, isShortName, {
      is: 'must be a list of names',
      least: 1,
      most: MOST_COLUMNS,
      length: `must name 1 to ${MOST_COLUMNS} columns`,
    }).optional(),
    hexagon_name: shortName,
  })
  .refine(({ dataset_column: one, dataset_columns: several }) => (one === undefined) !== (several === undefined), {
    message: "must have either 'dataset_column' or 'dataset_columns'",
  });
export type TaskSource = z.output<typeof source>;

const result = z.strictObject({
  dataset_column: shortName,
  hexagon_name: shortName,
  /** Of an output that names a class: whether each class's probability gets a column. */
  all_classes: flag.optional(),
});
export type TaskResult = z.output<typeof result>;

const atLeastOne = 'must have at least one entry';
const MOST_ENTRIES = 1000;
const atMost = `must have at most ${MOST_ENTRIES} entries`;
const sources = z.array(source, 'must be a list').min(1, atLeastOne).max(MOST_ENTRIES, atMost);
const results = z.array(result, 'must be a list').min(1, atLeastOne).max(MOST_ENTRIES, atMost);
const timeLength = whole(1, 1000).default(1);
/** For series: the targets of that many rows behind the present one are learnt; 0: its own. */
const forecastLength = whole(0, 1000).default(0);
/** Number of passes over the training rows. */
const epochs = z.union([z.literal('auto'), whole(1, 10_000)]).default(1);

/** Which rows a training takes, and in which order. */
const order = {
  /** Whether rows come in a random order, the same in each pass. */
  shuffle: flag.default(false),
  /** Fixes the order, and which rows are kept apart. */
  seed: whole(0, 2 ** 31 - 1).default(0),
  /** Share of the rows that is kept apart and answered at the end: random ones where rows are shuffled, else the last. */
  holdout: z.number('must be a number').min(0, 'must be from 0 to 0.9').max(0.9, 'must be from 0 to 0.9').default(0),
};

/** How many of a task's rows are kept apart: that share of them, but at least one, and not all. */
export const heldRows = (rows: number, holdout: number): number =>
  holdout > 0 ? Math.max(1, Math.min(rows - 1, Math.floor(rows * holdout))) : 0;

const scores = z.record(z.string(), score);

/** How well an output answers rows that were never learnt. */
const judgedOutput = score.extend({
  /** How often which class (rows) was answered as which (columns). */
  confusion: z.object({ classes: z.array(z.string()), counts: z.array(z.array(z.number())) }).optional(),
});
export type JudgedOutput = z.infer<typeof judgedOutput>;

const curvePoint = z.object({
  /** Rows learnt so far, over all passes. */
  row: z.number(),
  /** Of the rows since the point before. */
  scores,
  /** What had grown by then; memory in bytes. Not told by trainings of earlier versions. */
  neurons: z.number().optional(),
  sections: z.number().optional(),
  memory: z.number().optional(),
});
export type CurvePoint = z.infer<typeof curvePoint>;

/** What is seen of a training: how well rows were answered before they were learnt. */
export interface TaskScores {
  /** Passes done. */
  readonly epochs: number;
  /** Of the last pass, or of the one that runs. */
  readonly scores: z.infer<typeof scores>;
  readonly curve: readonly CurvePoint[];
  /** Of the rows that were kept apart. */
  readonly holdout?: Readonly<Record<string, JudgedOutput>>;
}

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
  kind: z.enum(['train', 'request']).optional(),
  /** Data sets that it reads, as far as they are there and the caller sees them. */
  dataset_uuids: z.array(z.string()).optional(),
  /** Of a training: passes done, how well rows of the last pass were answered before they were learnt, and those that were kept apart. */
  epochs: z.number().optional(),
  scores: scores.optional(),
  holdout: z.record(z.string(), judgedOutput).optional(),
});
export type Task = z.infer<typeof taskAnswer>;

export const TASK_COLUMNS = ['uuid', 'state', 'percentage', 'queued', 'start', 'end', 'name'] as const;

export const createTrainTask = endpoint({
  method: 'POST',
  path: '/task/train',
  summary: 'Queue a training of a cluster with rows of data sets',
  input: z.strictObject({
    name,
    cluster_uuid: uuid,
    inputs: sources,
    outputs: sources,
    time_length: timeLength,
    forecast_length: forecastLength,
    epochs,
    ...order,
  }),
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

export const getTaskCurve = endpoint({
  method: 'GET',
  path: '/task/curve',
  summary: 'How a training went: at most 500 points, each with the scores of its rows before they were learnt',
  input: which,
  output: z.object({ uuid: z.string(), curve: z.array(curvePoint) }),
  errors: [404],
});

export const listTasks = endpoint({
  method: 'GET',
  path: '/task/all',
  summary: 'List the tasks of a cluster, or of all visible ones',
  input: z.strictObject({
    cluster_uuid: uuid.optional(),
    state: taskState.optional(),
    /** Only those that read this data set. */
    dataset_uuid: uuid.optional(),
    ...search,
  }),
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
