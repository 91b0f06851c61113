import type { ColumnInfo } from '@openhanami/sdk';

/** A data set of which something is shown. */
export interface DatasetProps {
  readonly uuid: string;
  /** Number of its rows. */
  readonly rows: number;
  readonly columns: readonly ColumnInfo[];
}

/** Values that one call may answer with. */
const MOST_VALUES = 500_000;

/** Rows that one call answers with: as many as are wanted, of wide ones fewer. */
export const rowsOfACall = (columns: readonly ColumnInfo[], wanted: number): number =>
  Math.max(1, Math.min(wanted, Math.floor(MOST_VALUES / columns.reduce((sum, { width }) => sum + width, 1))));

/** The column of times that the rows stand in the order of. */
export const timeOf = (columns: readonly ColumnInfo[] = []): ColumnInfo | undefined =>
  columns.find(({ kind, ascending }) => kind === 'time' && ascending);
