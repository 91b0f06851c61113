import { BadRequest, type evaluateDataset, NotFound, type OutputOf, type ParsedInputOf } from '@openhanami/contract';
import type { ColumnRange, DatasetReader } from '@openhanami/datasets';

type Comparison = OutputOf<typeof evaluateDataset>['columns'][number];
type Wanted = Pick<ParsedInputOf<typeof evaluateDataset>, 'column_name' | 'reference_column' | 'reference_offset'>;

/** Values that are compared at a time. */
const VALUES_AT_ONCE = 1 << 20;
/** Classes that a confusion matrix may have; wider columns, such as pictures, are no classes. */
const MOST_CLASSES = 1000;
/** Columns that are compared in one answer. */
const MOST_COLUMNS = 1000;

/** Compares columns of a result with columns of a reference, row by row. @throws BadRequest for columns or rows that do not fit. */
export async function evaluate(result: DatasetReader, reference: DatasetReader, wanted: Wanted): Promise<OutputOf<typeof evaluateDataset>> {
  const { reference_offset: offset } = wanted;
  if (reference.rows - offset !== result.rows) {
    const behind = offset > 0 ? ` behind its first ${offset}` : '';
    throw new BadRequest(
      `the data set has ${result.rows} rows, but the reference ${Math.max(0, reference.rows - offset)}${behind}; they must be the same rows`,
    );
  }
  const columns: Comparison[] = [];
  for (const [given, expected] of pairs(result, reference, wanted)) columns.push(await compare(result, reference, given, expected, offset));
  return { number_of_rows: result.rows, columns };
}

/** Which column of the result belongs to which of the reference. */
function pairs(result: DatasetReader, reference: DatasetReader, { column_name, reference_column }: Wanted): [ColumnRange, ColumnRange][] {
  const find = (reader: DatasetReader, name: string, what: string): ColumnRange => {
    const column = reader.column(name);
    if (!column)
      throw new NotFound(`the ${what} has no column '${name}'; it has ${reader.columns.map((known) => `'${known.name}'`).join(', ')}`);
    return column;
  };
  const same = result.columns.filter(({ name }) => reference.column(name));
  if (column_name === undefined && reference_column === undefined && same.length > 0) {
    if (same.length > MOST_COLUMNS) {
      throw new BadRequest(
        `the data sets have ${same.length} columns in common; at most ${MOST_COLUMNS} are compared at once: 'column_name' chooses one`,
      );
    }
    return same.map((column) => [column, find(reference, column.name, 'reference')]);
  }
  const only = result.columns.length === 1 ? result.columns[0] : undefined;
  const given = column_name === undefined ? only : find(result, column_name, 'data set');
  if (!given)
    throw new BadRequest(
      `'column_name' must say which column is meant; the data set has ${result.columns.map(({ name }) => `'${name}'`).join(', ')}`,
    );
  const known = reference_column ?? (reference.column(given.name) ? given.name : 'label');
  if (reference_column === undefined && !reference.column(known)) {
    throw new BadRequest(
      `'reference_column' must say what '${given.name}' is compared with; the reference has ${reference.columns.map(({ name }) => `'${name}'`).join(', ')}`,
    );
  }
  return [[given, find(reference, known, 'reference')]];
}

async function compare(
  result: DatasetReader,
  reference: DatasetReader,
  given: ColumnRange,
  expected: ColumnRange,
  offset: number,
): Promise<Comparison> {
  const distances = given.width === expected.width ? new Distances() : undefined;
  const widest = Math.max(given.width, expected.width);
  const isClasses = given.width > 1 && expected.width > 1 && widest <= MOST_CLASSES;
  const confusion = isClasses ? new Confusion(widest) : undefined;
  if (!distances && !confusion) {
    throw new BadRequest(
      `'${given.name}' has ${given.width} values a row, but '${expected.name}' ${expected.width}; they cannot be compared`,
    );
  }
  const step = Math.max(1, Math.floor(VALUES_AT_ONCE / widest));
  for (let from = 0; from < result.rows; from += step) {
    const rows = Math.min(step, result.rows - from);
    const found = await result.read(given.name, from, rows);
    const right = await reference.read(expected.name, from + offset, rows);
    distances?.add(found, right);
    for (let row = 0; confusion && row < rows; row++) {
      confusion.add(largest(found, row * given.width, given.width), largest(right, row * expected.width, expected.width));
    }
  }
  const { mse, mae, r2 } = distances?.scores() ?? { mse: null, mae: null, r2: null };
  return {
    column_name: given.name,
    reference_column: expected.name,
    mse,
    mae,
    r2,
    ...(confusion ? { classification: confusion.scores() } : {}),
  };
}

/** Errors of numbers. Mean and variance of what is right are kept by Welford's method, so that large values lose nothing. */
class Distances {
  private count = 0;
  private squares = 0;
  private absolutes = 0;
  private mean = 0;
  private spread = 0;

  add(found: ArrayLike<number>, right: ArrayLike<number>): void {
    for (let i = 0; i < found.length; i++) {
      const expected = right[i] as number;
      const error = (found[i] as number) - expected;
      this.squares += error * error;
      this.absolutes += Math.abs(error);
      const distance = expected - this.mean;
      this.mean += distance / ++this.count;
      this.spread += distance * (expected - this.mean);
    }
  }

  scores(): { mse: number; mae: number; r2: number | null } {
    const { count, squares, absolutes, spread } = this;
    return { mse: squares / count, mae: absolutes / count, r2: spread > 0 ? 1 - squares / spread : null };
  }
}

class Confusion {
  /** Counts by class of the reference, then of the result. */
  private readonly counts: number[][];

  constructor(classes: number) {
    this.counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  }

  add(found: number, right: number): void {
    const row = this.counts[right] as number[];
    row[found] = (row[found] as number) + 1;
  }

  scores(): NonNullable<Comparison['classification']> {
    const { counts } = this;
    const columns = counts.map((_, i) => counts.reduce((total, row) => total + (row[i] as number), 0));
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
    const hits = counts.map((row, i) => row[i] as number);
    return {
      accuracy: (100 * sum(hits)) / sum(counts.map(sum)),
      confusion_matrix: counts,
      classes: counts.map((row, i) => ({
        class: i,
        precision: share(hits[i] as number, columns[i] as number),
        recall: share(hits[i] as number, sum(row)),
        rows: sum(row),
      })),
    };
  }
}

/** Place of the largest of `count` values. */
export function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((values[from + i] as number) > (values[from + best] as number)) best = i;
  return best;
}
