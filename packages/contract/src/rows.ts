import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { shortName, uuid, whole } from './fields.ts';
import { isRecord, quickList, quickRecord } from './many.ts';
import { kindsByName } from './table.ts';

// Rows as people have them: names and values. They are learnt and answered at once, without data set and task.

/** Rows of one call. */
export const MOST_ROWS = 10_000;

/** Different names of the rows of one call. */
export const MOST_FIELDS = 2000;

/** Characters of a text in a row. */
const LONGEST_CELL = 1000;

const whatACell = `must be a number, text of at most ${LONGEST_CELL} characters, true, false or null`;
/** A value of a row; null or '' is missing. */
const cell = z.union([z.number(), z.string().max(LONGEST_CELL), z.boolean(), z.null()], whatACell);
export const rowSchema = z.record(shortName, cell, 'must be an object of names and values');
export type Row = z.infer<typeof rowSchema>;

/** Whether the schema of a row takes it. */
export const isRow = (value: unknown): value is Row => isRecord(value, MOST_FIELDS, isCell);

const isCell = (held: unknown): boolean =>
  typeof held === 'string' ? held.length <= LONGEST_CELL : typeof held === 'boolean' || held === null || Number.isFinite(held);

const row = quickRecord(rowSchema, isRow, MOST_FIELDS);
const rows = quickList(row, isRow, {
  is: 'must be a list of rows',
  least: 1,
  most: MOST_ROWS,
  length: `must have 1 to ${MOST_ROWS} rows`,
});

export const fieldKind = z.enum(['number', 'category', 'time'], "must be 'number', 'category' or 'time'");

/** What a test-then-train evaluation says of rows: of classes accuracy and log loss, of numbers errors and R². */
export const score = z.object({
  rows: z.number(),
  /** Rows that were judged: each of a table. */
  judged: z.number(),
  accuracy: z.number().optional(),
  log_loss: z.number().optional(),
  /** Accuracy of always the most frequent class so far, or of always the last one, whichever is better. */
  naive_accuracy: z.number().optional(),
  mae: z.number().optional(),
  rmse: z.number().optional(),
  r2: z.number().optional(),
  /** Errors of the mean so far, or of the last value, whichever is better. */
  naive_mae: z.number().optional(),
  naive_rmse: z.number().optional(),
});
export type Score = z.infer<typeof score>;

/** An answer: a class with the probabilities of all, a number, or the values of an output that has several. */
export const answer = z.object({
  value: z.union([z.string(), z.number()]).optional(),
  probabilities: z.record(z.string(), z.number()).optional(),
  values: z.array(z.number()).optional(),
});

export const learnRows = endpoint({
  method: 'POST',
  path: '/cluster/learn',
  summary: 'Learn rows at once: entries named like an output are targets, all others fields of the input',
  input: z.strictObject({
    cluster_uuid: uuid,
    rows,
    /** Kinds of fields and targets, where they shall not be taken from the first rows; they count when a field comes first. */
    kinds: kindsByName(fieldKind, MOST_FIELDS).optional(),
  }),
  output: z.object({
    rows: z.number(),
    /** For each output. */
    scores: z.record(z.string(), score),
    /** Sentences, such as which fields were passed over. */
    notices: z.array(z.string()),
  }),
  errors: [404, 409],
});

export const predictRows = endpoint({
  method: 'POST',
  path: '/cluster/predict',
  summary: 'Answer rows at once, with names of classes and their probabilities; nothing is learnt',
  input: z.strictObject({ cluster_uuid: uuid, rows }),
  output: z.object({
    /** For each row the answer of each output. */
    answers: z.array(z.record(z.string(), answer)),
    notices: z.array(z.string()),
  }),
  errors: [404, 409],
});

const explained = z.object({
  /** Shares that sum to 1, the largest first. */
  importance: z.array(z.object({ field: z.string(), share: z.number() })),
  explanation: z
    .object({
      output: z.string(),
      class: z.string().optional(),
      answer: z.number(),
      /** Mean answer to the rows. */
      usual: z.number(),
      /** They sum to answer − usual, the largest first. */
      contributions: z.array(z.object({ field: z.string(), value: z.number() })),
    })
    .optional(),
  notices: z.array(z.string()),
});
export const explainDataset = endpoint({
  method: 'GET',
  path: '/cluster/explain',
  summary: 'The same for rows of a data set',
  input: z.strictObject({
    cluster_uuid: uuid,
    dataset_uuid: uuid,
    /** The row to be explained, counted from 0. */
    row: whole(0, Number.MAX_SAFE_INTEGER).optional(),
    output: shortName.optional(),
    class: z.string().optional(),
  }),
  output: explained,
  errors: [404, 409],
});

export const explainRows = endpoint({
  method: 'POST',
  path: '/cluster/explain',
  summary: 'How much each field matters to the answers to rows, and what took the answer to one row from the usual one',
  input: z.strictObject({
    cluster_uuid: uuid,
    /** Rows such as the cluster is asked about; at most a thousand of them are used. */
    rows,
    /** The row to be explained. */
    row: row.optional(),
    /** Whose answer is explained; left out, the only one's. */
    output: shortName.optional(),
    /** The class whose probability is explained; left out, the one that the row is answered with. */
    class: z.string().optional(),
  }),
  output: explained,
  errors: [404, 409],
});
