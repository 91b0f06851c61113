/** A named range of values of each row: of a data set, of an input or an output of a cluster, of a result. */
export interface Column {
  readonly name: string;
  /** Values a row; of inputs and outputs 0 before the first rows. */
  readonly width: number;
}
