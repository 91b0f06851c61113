import { type explainRows, MOST_FIELDS, type OutputOf, type Score as ScoreAnswer } from '@openhanami/contract';
import { DatasetError, hardlyRepeat, secondsOf } from '@openhanami/datasets';
import {
  type CategoryValues,
  type Cluster,
  EngineError,
  type FieldKind,
  type FieldValues,
  type Label,
  type Rows,
  type Score,
} from '@openhanami/engine';
import { scoreAnswer } from './judge.ts';

// Rows of names and values, as people have them, for a cluster whose one input is a table of fields: the kinds of fields are taken from the first rows, and
// what comes later is read as these.

export type Cell = number | string | boolean | null;
export type Row = Readonly<Record<string, Cell>>;
export type Kinds = Readonly<Record<string, FieldKind>>;

/** What an engine's call takes, and what the caller should know. */
interface Converted {
  readonly inputs: Record<string, Rows>;
  readonly outputs: Record<string, Rows>;
  readonly notices: string[];
}

/** Values of one call: they are written out at once. */
const MOST_VALUES = 5_000_000;

/** A row's own value: a name such as `constructor` is a name like any other. */
const cellOf = (row: Row, name: string): Cell | undefined => (Object.hasOwn(row, name) ? row[name] : undefined);
const told = (kinds: Kinds | undefined, name: string): FieldKind | undefined =>
  kinds && Object.hasOwn(kinds, name) ? kinds[name] : undefined;

const isMissing = (cell: Cell | undefined): cell is null | undefined | '' => cell === undefined || cell === null || cell === '';

/** Parses rows into fields (and targets, if `kinds` is given). @throws DatasetError naming row and field of a value that cannot be read. */
export function convertRows(cluster: Cluster, rows: readonly Row[], kinds?: Kinds): Converted {
  const input = inputOf(cluster);
  const learning = kinds !== undefined;
  const notices: string[] = [];
  const targets = new Set(cluster.outputs.map(({ name }) => name));
  const names = new Set<string>();
  for (const row of rows) for (const name of Object.keys(row)) names.add(name);
  if (names.size > MOST_FIELDS || names.size * rows.length > MOST_VALUES) {
    throw new DatasetError(
      `${rows.length} rows with ${names.size} different names are too many at once; ${MOST_FIELDS} names and ${MOST_VALUES} values are the most`,
    );
  }
  const known = new Map(cluster.fields(input)?.map(({ name, kind }) => [name, kind]));
  const fields: [name: string, values: FieldValues][] = [];
  for (const name of names) {
    if (targets.has(name)) continue;
    if (known.size > 0 && !known.has(name)) {
      notices.push(`'${name}' is none of the cluster's fields; it is passed over`);
      continue;
    }
    const cells = rows.map((row) => cellOf(row, name));
    const kind = known.get(name) ?? told(kinds, name) ?? kindOf(cells);
    if (kind === 'text') {
      notices.push(
        `the field '${name}' is text that hardly comes twice; it is left out (kinds: {"${name}": "category"} takes it nevertheless)`,
      );
      continue;
    }
    fields.push([name, valuesOf(name, kind, cells)]);
  }
  for (const name of known.keys()) if (!names.has(name)) notices.push(`the field '${name}' is not given; it is taken as missing`);
  if (fields.length === 0) {
    // All that is known is missing.
    const [first] = known;
    if (first === undefined) throw new DatasetError('the rows have no fields to learn from');
    const nothing = rows.map(() => null);
    fields.push([first[0], valuesOf(...first, nothing)]);
  }
  const outputs = learning ? targetsOf(cluster, rows, kinds) : {};
  return { inputs: { [input]: { fields: Object.fromEntries(fields) } }, outputs, notices };
}

/** The name of the only input. @throws EngineError for a cluster with several. */
function inputOf({ inputs }: Cluster): string {
  const [first, second] = inputs;
  if (!first || second) {
    const names = inputs.map(({ name }) => `'${name}'`).join(', ');
    throw new EngineError(`rows are for clusters with one input; this one has ${names === '' ? 'none' : names}. Use tasks, or direct mode`);
  }
  return first.name;
}

function targetsOf(cluster: Cluster, rows: readonly Row[], kinds: Kinds): Record<string, Rows> {
  return Object.fromEntries(
    cluster.outputs.map(({ name, width, classes }) => {
      const cells = rows.map((row) => cellOf(row, name));
      if (cells.every(isMissing)) throw new DatasetError(`no row has a value for '${name}', which the cluster is to learn`);
      const kind = classes
        ? 'category'
        : width > 0
          ? 'number'
          : (told(kinds, name) ?? (kindOf(cells) === 'number' ? 'number' : 'category'));
      if (kind === 'time') throw new DatasetError(`the target '${name}' cannot be a time; it may be a number or a category`);
      if (kind === 'category') return [name, categoriesOf(cells)];
      const values = valuesOf(name, 'number', cells) as Float64Array;
      return [name, { data: Float32Array.from(values), width: 1 }];
    }),
  );
}

/** What kind of field these values are. */
function kindOf(cells: readonly (Cell | undefined)[]): FieldKind | 'text' {
  const given = cells.filter((cell) => !isMissing(cell));
  if (given.every((cell) => typeof cell === 'number')) return 'number';
  if (given.every((cell) => typeof cell === 'string' && timeOf(cell) !== undefined)) return 'time';
  return hardlyRepeat(new Set(given.map(String)).size, given.length) ? 'text' : 'category';
}

function valuesOf(name: string, kind: FieldKind, cells: readonly (Cell | undefined)[]): FieldValues {
  if (kind === 'category') return categoriesOf(cells);
  const read = kind === 'time' ? timeOf : numberOf;
  const values = Float64Array.from(cells, (cell, i) => {
    if (isMissing(cell)) return Number.NaN;
    const value = read(cell);
    if (value !== undefined) return value;
    const wanted = kind === 'time' ? "a time like '2026-03-01' or '2026-03-01 14:30:00'" : 'a number';
    throw new DatasetError(`row ${i}, field '${name}': ${JSON.stringify(cell)} is not ${wanted}; the field was learnt as a ${kind}`);
  });
  return kind === 'time' ? { seconds: values } : values;
}

/** Texts, numbers and flags as labels, which are always text: 1 and '1' are the same. */
function categoriesOf(cells: readonly (Cell | undefined)[]): CategoryValues {
  const numbers = new Map<string, number>();
  const codes = Int32Array.from(cells, (cell) => {
    if (isMissing(cell)) return -1;
    const label = String(cell);
    const found = numbers.get(label) ?? numbers.size;
    numbers.set(label, found);
    return found;
  });
  return { codes, dictionary: [...numbers.keys()] };
}

function numberOf(cell: Cell): number | undefined {
  if (typeof cell === 'boolean') return Number(cell);
  if (typeof cell === 'string' && cell.trim() === '') return undefined;
  const value = Number(cell);
  return Number.isFinite(value) ? value : undefined;
}

/** Seconds since 1970 of an ISO 8601 time; without a zone it is UTC. */
function timeOf(cell: Cell): number | undefined {
  if (typeof cell === 'number') return cell;
  return typeof cell === 'string' ? secondsOf(cell, 'iso') : undefined;
}

/** The answer of one output to one row. */
export interface NamedAnswer {
  value?: string | number;
  probabilities?: Record<string, number>;
  values?: number[];
}

/** Answers with the names of their classes. @param rows that were asked. */
export function namedAnswers(
  cluster: Cluster,
  answers: Readonly<Record<string, ArrayLike<number>>>,
  rows: number,
): Record<string, NamedAnswer>[] {
  const outputs = cluster.outputs.map(({ name, classes }) => ({ name, classes, values: answers[name] ?? [] }));
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      outputs.map(({ name, classes, values }) => {
        const width = values.length / rows;
        const own = Array.from({ length: width }, (_value, i) => values[row * width + i] as number);
        return [name, namedAnswer(own, classes)];
      }),
    ),
  );
}

/** Classes up to which each has its probability in an answer; of more the most probable ones. */
const MOST_SHOWN = 100;
const FEW_SHOWN = 20;

function namedAnswer(values: number[], classes: readonly Label[] | undefined): NamedAnswer {
  if (!classes) return values.length === 1 ? { value: values[0] as number } : { values };
  const best = values.indexOf(Math.max(...values));
  // Of very many classes only those that count.
  const order = classes.map((_, i) => i).toSorted((i, k) => (values[k] as number) - (values[i] as number));
  const shown = classes.length > MOST_SHOWN ? order.slice(0, FEW_SHOWN) : classes.map((_, i) => i);
  return {
    value: String(classes[best]),
    probabilities: Object.fromEntries(shown.map((i) => [String(classes[i]), values[i] as number])),
  };
}

/** Scores as the contract has them. */
export const namedScores = (scores: Readonly<Record<string, readonly Score[]>>): Record<string, ScoreAnswer> =>
  Object.fromEntries(Object.entries(scores).map(([name, [first]]) => [name, scoreAnswer(first)]));

/** What is to be explained: the rows, and one of them or like them. */
export interface Explained {
  readonly rows: readonly Row[];
  readonly row?: Row | undefined;
  readonly output?: string | undefined;
  readonly class?: string | undefined;
}

/** How much each field matters to the answers to rows; and for one row which fields took its answer from the usual one. */
export function explain(cluster: Cluster, { rows, row, output: wanted, class: label }: Explained): OutputOf<typeof explainRows> {
  const { inputs, notices } = convertRows(cluster, rows);
  const importance = cluster
    .importance(inputs)
    .map(({ field, share }) => ({ field: String(field), share }))
    .toSorted((a, b) => b.share - a.share);
  if (!row) return { importance, notices };
  const output = cluster.outputs.find(({ name }) => name === wanted) ?? (wanted === undefined ? cluster.outputs[0] : undefined);
  if (!output || (wanted === undefined && cluster.outputs.length > 1)) {
    const names = cluster.outputs.map(({ name }) => `'${name}'`).join(', ');
    throw new EngineError(
      wanted === undefined ? `say which output is to be explained: ${names}` : `the cluster has no output '${wanted}'; it has ${names}`,
    );
  }
  const one = convertRows(cluster, [row]).inputs;
  const { classes } = output;
  const value = classes ? classIndex(classes, label ?? namedAnswers(cluster, cluster.request(one), 1)[0]?.[output.name]?.value) : 0;
  const { answer, usual, contributions } = cluster.explain(withSameFields(one, inputs), inputs, { name: output.name, value });
  return {
    importance,
    explanation: {
      output: output.name,
      ...(classes ? { class: String(classes[value]) } : {}),
      answer,
      usual,
      contributions: contributions
        .map((part) => ({ field: String(part.field), value: part.value }))
        .toSorted((a, b) => Math.abs(b.value) - Math.abs(a.value)),
    },
    notices,
  };
}

function classIndex(classes: readonly Label[], wanted: unknown): number {
  const found = classes.findIndex((label) => String(label) === String(wanted));
  if (found < 0) throw new EngineError(`there is no class '${wanted}'; there are ${classes.map((label) => `'${label}'`).join(', ')}`);
  return found;
}

/** A row with all fields that others have: those that it lacks are missing. */
function withSameFields(one: Record<string, Rows>, others: Record<string, Rows>): Record<string, Rows> {
  return Object.fromEntries(
    Object.entries(others).map(([input, rows]) => {
      const own = (one[input] as { fields: Record<string, FieldValues> }).fields;
      const fields = Object.entries((rows as { fields: Record<string, FieldValues> }).fields).map(([name, values]) => [
        name,
        own[name] ?? missingOf(values),
      ]);
      return [input, { fields: Object.fromEntries(fields) }];
    }),
  );
}

/** One missing value of the same kind. */
function missingOf(values: FieldValues): FieldValues {
  if ('codes' in values) return { codes: Int32Array.of(-1), dictionary: [] };
  return 'seconds' in values ? { seconds: Float64Array.of(Number.NaN) } : Float64Array.of(Number.NaN);
}
