import { BadRequest, type evaluateDataset, NotFound, type OutputOf, type ParsedInputOf } from '@openhanami/contract';
import type { DatasetReader, StoredColumn } from '@openhanami/datasets';

type Comparison = OutputOf<typeof evaluateDataset>['columns'][number];
type Wanted = Pick<ParsedInputOf<typeof evaluateDataset>, 'column_name' | 'reference_column' | 'reference_offset'>;

/** Values compared at a time. */
const VALUES_AT_ONCE = 1 << 20;
/** Most classes of a confusion matrix; wider columns, such as images, are no classes. */
const MOST_CLASSES = 1000;
/** Most values of all confusion matrices of a response. */
const MOST_VALUES = 1_000_000;
/** Most columns compared in one response. */
const MOST_COLUMNS = 1000;

/**
 * Compares columns of a result with columns of a reference, row by row.
 * @throws BadRequest for columns or rows that do not match, NotFound for an unknown column.
 */
export async function evaluate(result: DatasetReader, reference: DatasetReader, wanted: Wanted): Promise<OutputOf<typeof evaluateDataset>> {
  const { reference_offset: offset } = wanted;
  if (reference.rows - offset !== result.rows) {
    const behind = offset > 0 ? ` behind its first ${offset}` : '';
    throw new BadRequest(
      `the data set has ${result.rows} rows, but the reference ${Math.max(0, reference.rows - offset)}${behind}; they must be the same rows`,
    );
  }
  const columns: (Compared | ComparedLabels)[] = [];
  for (const [given, expected] of pairs(result, reference, wanted)) {
    if (!namesClasses(given) && !namesClasses(expected)) columns.push(new Compared(given, expected));
    else columns.push(new ComparedLabels(given, expected, await labelsOf(result, given), await labelsOf(reference, expected)));
  }
  const values = columns.reduce((sum, { classes }) => sum + classes ** 2, 0);
  if (values > MOST_VALUES) {
    throw new BadRequest(
      `the confusion matrices have ${values} values; at most ${MOST_VALUES} are answered: 'column_name' chooses one column`,
    );
  }
  const widest = columns.reduce((most, { given, expected }) => Math.max(most, given.width, expected.width), 1);
  const step = Math.max(1, Math.floor(VALUES_AT_ONCE / widest));
  for (let from = 0, rows = 0; from < result.rows; from += rows) {
    // Within a batch of both: each batch is read once for all columns.
    rows = Math.min(step, result.rowsInBatch(from), reference.rowsInBatch(from + offset));
    for (const column of columns) {
      column.add(await result.read(column.given.name, from, rows), await reference.read(column.expected.name, from + offset, rows), rows);
    }
  }
  return { number_of_rows: result.rows, columns: columns.map((column) => column.comparison()) };
}

/** Pairs of a column of the result and one of the reference. */
function pairs(result: DatasetReader, reference: DatasetReader, { column_name, reference_column }: Wanted): [StoredColumn, StoredColumn][] {
  const find = (reader: DatasetReader, name: string, what: string): StoredColumn => {
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

const namesClasses = ({ type }: StoredColumn): boolean => type === 'codes';

/** What the numbers of a column stand for; undefined if for themselves. */
const labelsOf = async (reader: DatasetReader, { name, type }: StoredColumn): Promise<readonly string[] | undefined> =>
  type === 'codes' ? reader.dictionary(name) : undefined;

/** Comparison of columns of which one at least names classes: by these names, whatever their order. Rows without a class on one side are not compared. */
class ComparedLabels {
  readonly classes: number;
  private readonly names: string[] = [];
  private readonly places = new Map<string, number>();
  private readonly confusion: Confusion;

  /** @throws BadRequest for more classes than are compared, and for a column of several values. */
  constructor(
    readonly given: StoredColumn,
    readonly expected: StoredColumn,
    private readonly givenLabels: readonly string[] | undefined,
    private readonly expectedLabels: readonly string[] | undefined,
  ) {
    for (const { name, width, type } of [given, expected])
      if (width > 1 || type === 'text')
        throw new BadRequest(`'${name}' names no classes; it cannot be compared with those of the other column`);
    for (const label of [...(expectedLabels ?? []), ...(givenLabels ?? [])]) this.place(label);
    this.classes = this.names.length;
    if (this.classes > MOST_CLASSES)
      throw new BadRequest(`'${given.name}' and '${expected.name}' have ${this.classes} classes; up to ${MOST_CLASSES} are compared`);
    this.confusion = new Confusion(this.classes);
  }

  add(found: ArrayLike<number>, right: ArrayLike<number>, rows: number): void {
    for (let row = 0; row < rows; row++) {
      const as = this.placeOf(this.givenLabels, found[row] as number);
      const of = this.placeOf(this.expectedLabels, right[row] as number);
      if (as !== undefined && of !== undefined) this.confusion.add(as, of);
    }
  }

  comparison(): Comparison {
    const classification = this.confusion.scores();
    return {
      column_name: this.given.name,
      reference_column: this.expected.name,
      mse: null,
      mae: null,
      r2: null,
      classification: { ...classification, classes: classification.classes.map((one, i) => ({ ...one, label: this.names[i] ?? '' })) },
    };
  }

  private placeOf(labels: readonly string[] | undefined, value: number): number | undefined {
    if (Number.isNaN(value)) return undefined;
    const label = labels ? labels[value] : String(value);
    return label === undefined ? undefined : this.places.get(label);
  }

  private place(label: string): void {
    if (this.places.has(label)) return;
    this.places.set(label, this.names.length);
    this.names.push(label);
  }
}

/** Comparison of a column of the result with one of the reference. */
class Compared {
  /** Classes of its confusion matrix; 0 without one. */
  readonly classes: number;
  private readonly distances: Distances | undefined;
  private confusion: Confusion | undefined;

  /** @throws BadRequest for columns that cannot be compared. */
  constructor(
    readonly given: StoredColumn,
    readonly expected: StoredColumn,
  ) {
    this.distances = given.width === expected.width ? new Distances() : undefined;
    const widest = Math.max(given.width, expected.width);
    const isClasses = given.width > 1 && expected.width > 1 && widest <= MOST_CLASSES;
    this.classes = isClasses ? widest : 0;
    if (!this.distances && !isClasses) {
      throw new BadRequest(
        `'${given.name}' has ${given.width} values a row, but '${expected.name}' ${expected.width}; they cannot be compared`,
      );
    }
  }

  add(found: ArrayLike<number>, right: ArrayLike<number>, rows: number): void {
    const { given, expected } = this;
    this.distances?.add(found, right);
    if (this.classes > 0) this.confusion ??= new Confusion(this.classes);
    for (let row = 0; this.confusion && row < rows; row++) {
      this.confusion.add(largest(found, row * given.width, given.width), largest(right, row * expected.width, expected.width));
    }
  }

  comparison(): Comparison {
    const { mse, mae, r2 } = this.distances?.scores() ?? { mse: null, mae: null, r2: null };
    return {
      column_name: this.given.name,
      reference_column: this.expected.name,
      mse,
      mae,
      r2,
      ...(this.confusion ? { classification: this.confusion.scores() } : {}),
    };
  }
}

/** Errors of numbers. Mean and variance of the reference are updated by Welford's method (1962), accurate for large values too. */
class Distances {
  private count = 0;
  private squares = 0;
  private absolutes = 0;
  private mean = 0;
  private spread = 0;

  add(found: ArrayLike<number>, right: ArrayLike<number>): void {
    for (let i = 0; i < found.length; i++) {
      const expected = right[i] as number;
      // What is missing on one side is not compared.
      if (Number.isNaN(expected) || Number.isNaN(found[i])) continue;
      const error = (found[i] as number) - expected;
      this.squares += error * error;
      this.absolutes += Math.abs(error);
      const distance = expected - this.mean;
      this.mean += distance / ++this.count;
      this.spread += distance * (expected - this.mean);
    }
  }

  scores(): { mse: number | null; mae: number | null; r2: number | null } {
    const { count, squares, absolutes, spread } = this;
    if (count === 0) return { mse: null, mae: null, r2: null };
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

/** Index of the largest of `count` values. */
export function largest(values: ArrayLike<number>, from: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) if ((values[from + i] as number) > (values[from + best] as number)) best = i;
  return best;
}
