import type { CategoryValues } from '@openhanami/engine';

// What importers read from files of all formats: columns of cells, part by part.

/** A value as a file has it. Lists are vectors; all else that has no place in a table is text. */
export type Cell = string | number | bigint | boolean | Date | readonly unknown[] | null | undefined;

/** Numbers of equal width, row after row, that need no look at each. NaN is missing. */
export interface VectorPart {
  readonly values: Uint8Array | Float32Array;
  readonly width: number;
  readonly shape?: readonly [rows: number, columns: number];
}

/** The values of one column in a part: cells, or what a typed file has in one piece. */
export type PartColumn = ArrayLike<Cell> | VectorPart | CategoryValues;

export interface TablePart {
  readonly rows: number;
  readonly columns: readonly PartColumn[];
  /** Where row i of the part stands, such as `line 12`; left out, rows are counted. */
  where?(row: number): string;
}

/** A table in a file. */
export interface TableFile {
  /** As they stand in the file. */
  readonly names: readonly string[];
  /** Where the name of a column stands, if the file has lines. */
  readonly whereName?: (column: number) => string;
  /** Columns whose numbers have single precision. */
  readonly singles?: ReadonlySet<number>;
  /** Whether all cells are text, so that it must be found out which are numbers, flags and times. */
  readonly isText: boolean;
  /** Whether numbers such as `1,234` are more likely to have a decimal comma than a thousands mark. */
  readonly commaIsDecimal?: boolean;
  /** What a reader should know, such as that there was no header; complete when the parts were read. */
  readonly notices: readonly string[];
  /** The rows, from the first on; may be called again. @throws DatasetError naming place and fault of what cannot be read. */
  parts(): AsyncIterable<TablePart>;
}

export const isVector = (column: PartColumn): column is VectorPart => 'values' in column && 'width' in column;
export const isCoded = (column: PartColumn): column is CategoryValues => 'codes' in column;
