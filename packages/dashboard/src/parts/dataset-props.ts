import type { ColumnInfo } from '@openhanami/sdk';

/** A data set of which something is shown. */
export interface DatasetProps {
  readonly uuid: string;
  /** Number of its rows. */
  readonly rows: number;
  readonly columns: readonly ColumnInfo[];
}
