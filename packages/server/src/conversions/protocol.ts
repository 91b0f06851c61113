import type { ImportedColumn, TableOptions as ReadOptions } from '@openhanami/datasets';
import type { Checksum } from '../store/checksum.ts';
import type { StoragePlaces } from '../store/objects/index.ts';

// What a conversion and its process say to each other.

/** Formats of a table in one file; of `table` and `csv` the file itself says what it is. */
export type TableFormat = 'csv' | 'arrow' | 'parquet' | 'table';

/** What a caller says of a table. */
export interface TableOptions extends ReadOptions {
  /** Column that the rows are put in the order of; `auto`: the first one of times. */
  readonly sortBy?: string | undefined;
}

/** A conversion; `input`, `label` and `target` are keys of objects. */
export type Job =
  | { readonly kind: TableFormat; readonly input: string; readonly target: string; readonly options: TableOptions }
  | { readonly kind: 'checkpoint'; readonly input: string; readonly threads: number }
  | { readonly kind: 'mnist'; readonly input: string; readonly label: string; readonly target: string };

/** What the process is told: where the files are, the project that it writes for, and the most bytes that it may write. */
export interface Order {
  readonly job: Job;
  readonly places: StoragePlaces;
  readonly project: string;
  readonly bytes: number;
}

export interface Imported extends Checksum {
  readonly rows: number;
  readonly columns: readonly ImportedColumn[];
  readonly notices: readonly string[];
}

/** What came of a conversion: a fault is the file's; away is what cannot be used at the moment. */
export type Result<Outcome> =
  | { readonly outcome: Outcome }
  | { readonly fault: string }
  | { readonly away: string }
  | { readonly crash: string };

export const NO_MEMORY = 'the file is damaged, or has parts that are too large: reading it took too much memory';
