import { z } from 'zod';
import { flag, shortName } from './fields.ts';
import { isRecord, quickList, quickRecord } from './many.ts';

// Tables: what a caller knows of one, and what is found out of its columns.

/** What a column of a table holds. Texts and columns that are skipped are kept, but not learnt. */
export const columnKind = z.enum(['number', 'flag', 'category', 'time', 'text'], "must be 'number', 'flag', 'category', 'time' or 'text'");
export type ColumnKind = z.infer<typeof columnKind>;

/** Columns, or texts that mean a missing value, of one call. */
const MOST_TOLD = 100_000;
export const texts = quickList(
  z.string('must be a text').max(254, 'must have at most 254 characters'),
  (value) => typeof value === 'string' && value.length <= 254,
  { is: 'must be a list', most: MOST_TOLD, length: `must have at most ${MOST_TOLD} entries` },
);

/** An object of names and kinds. */
export function kindsByName<K extends string>(kind: z.ZodType<K> & { readonly options: readonly K[] }, most: number) {
  const isKind = (held: unknown): boolean => (kind.options as readonly unknown[]).includes(held);
  const schema = z.record(shortName, kind, 'must be an object of names and kinds');
  return quickRecord(schema, (value): value is Record<string, K> => isRecord(value, most, isKind), most);
}

/** Kinds of columns, by name. */
export const columnKinds = kindsByName(columnKind, MOST_TOLD);

/** What a caller knows of a table, where that shall not be found out from its rows. */
export const tableOptions = {
  kinds: columnKinds.optional(),
  /** Columns that are not learnt from. */
  skip: texts.optional(),
  /** Texts that mean a missing value, besides an empty cell, NA, NaN, null and the like. */
  missing: texts.optional(),
  /** Of CSV: one character. */
  delimiter: z.string('must be a text').length(1, 'must be one character').optional(),
  /** Of CSV: whether the first line holds the names. */
  header: flag.optional(),
  /** Gives names to columns without one, and numbers to names that stand twice, instead of refusing them. */
  repair_header: flag.optional(),
  /** Of numbers in CSV: `point` 1,234.5; `comma` 1.234,5. */
  decimal: z.enum(['point', 'comma'], "must be 'point' or 'comma'").optional(),
  /** Of dates with slashes: day or month first. */
  dates: z.enum(['dmy', 'mdy'], "must be 'dmy' or 'mdy'").optional(),
  /** Columns that are the pixels of a picture, such as `28x28=pixel*`; they become one. Of /dataset/upload/table, left out: those that are called so. */
  pictures: z
    .array(z.string('must be a text').regex(/^\d{1,5}x\d{1,5}=.+\*$/, 'must look like 28x28=pixel*'), 'must be a list')
    .max(100, 'must have at most 100 entries')
    .optional(),
  /** Column of times or numbers that the rows are put in the order of; `auto`: the first one of times. */
  sort_by: shortName.optional(),
  /** Of an Excel workbook; the first one if it is left out. */
  sheet: z.string('must be a text').max(254, 'must have at most 254 characters').optional(),
};

/** A column, and what its values are. */
export const columnInfo = z.object({
  name: z.string(),
  /** `vector`: several numbers a row, such as a picture. */
  kind: z.enum([...columnKind.options, 'vector']),
  /** Values a row. */
  width: z.number(),
  /** Whether it is left out of learning where all columns are named. */
  skip: z.boolean(),
  /** Rows without a value. */
  missing: z.number().optional(),
  /** Number of different categories. */
  distinct: z.number().optional(),
  /** Of numbers; of times in seconds since 1970. */
  min: z.number().optional(),
  max: z.number().optional(),
  mean: z.number().optional(),
  /** Of times: whether each is later than the one before; the usual step in seconds, and how often a step is longer. */
  ascending: z.boolean().optional(),
  step: z.number().optional(),
  gaps: z.number().optional(),
  /** The most frequent categories, and how many rows have them. */
  most_frequent: z.array(z.tuple([z.string(), z.number()])).optional(),
});
export type ColumnInfo = z.infer<typeof columnInfo>;
