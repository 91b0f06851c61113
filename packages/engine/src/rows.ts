// What callers hand over: rows of an input or of an output.

/** Rows of numbers for one input or output. Cycle i reads `window` · `width` values from value i · `width` on (rows i … i + window − 1). */
export interface DenseRows {
  readonly data: Uint8Array | Float32Array | Float64Array;
  /** Values a row; > 0. */
  readonly width: number;
  /** Rows a cycle; 1 unless windows are wanted. */
  readonly window?: number;
  /** Rows and columns of the picture that a row is; lets blocks see neighbouring values. */
  readonly shape?: readonly [rows: number, columns: number];
}

/** Rows of which most values are 0: row i has `values` at `indices` from offsets[i] to offsets[i + 1], in ascending order. For inputs. */
export interface SparseRows {
  readonly offsets: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
  /** Values a row would have if it were written out. */
  readonly width: number;
}

/** What stands for a category or class: text, or a number. */
export type Label = string | number;

/** Categories of rows, coded as in Arrow: row i has `dictionary[codes[i]]`; −1 is missing. */
export interface CategoryValues {
  readonly codes: Int32Array;
  readonly dictionary: readonly Label[];
}

/** Times of rows in seconds since 1970, UTC; NaN is missing. They are seen as such, and by hour of the day, day of the week and day of the year. */
export interface TimeValues {
  readonly seconds: Float64Array;
}

/** The values of one field, one a row. Numbers as they are; NaN is missing. */
export type FieldValues = Float64Array | Float32Array | Uint8Array | CategoryValues | TimeValues;

/**
 * Rows of an input that are fields of different kinds, all with as many values. The first training decides which fields there are, and their kinds; later they
 * are found by name, in any order: one that is not given is missing, one that is not known is passed over.
 */
export interface TableRows {
  readonly fields: Readonly<Record<string, FieldValues>>;
}

/** Rows of an input or output: numbers of equal width, sparse ones, fields of several kinds (inputs), or one class each (outputs). */
export type Rows = DenseRows | SparseRows | TableRows | CategoryValues;
