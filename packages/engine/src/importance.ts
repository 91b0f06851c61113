import type { Answers } from './coding.ts';
import { EngineError } from './errors.ts';
import { kindOf, lengthOf } from './fields.ts';
import { generator, shuffled } from './random.ts';
import type { CategoryValues, DenseRows, FieldValues, Rows, TableRows } from './rows.ts';

// What matters to a cluster, found by asking it: no part of the network is looked into, so it holds for any.

/** What is asked: the rows of all inputs. */
type Inputs = Readonly<Record<string, Rows>>;
type Ask = (inputs: Inputs) => Record<string, Answers>;

/** A field of one input: of a table by name, of plain numbers by its place in the row. */
export interface FieldOf {
  readonly input: string;
  readonly field: string | number;
}

export interface Importance extends FieldOf {
  /** Its part of all fields' importance; they sum to 1 (to 0 if no field matters). */
  readonly share: number;
}

/** Why one row was answered as it was. */
export interface Explanation {
  /** What the row's answer is for the value that was asked about, and the mean answer to the rows that it is compared with. */
  readonly answer: number;
  readonly usual: number;
  /** How much each field took the answer from the usual one; they sum to answer − usual. */
  readonly contributions: readonly (FieldOf & { readonly value: number })[];
}

/** Rows that are asked at most for an importance, and orders of fields that are tried for an explanation. */
export const IMPORTANCE_ROWS = 1000;
const ORDERS = 32;
/** Fields that importance is worked out for at most: each is asked about by itself. */
const MOST_FIELDS = 4096;
/** Rows · fields² that importance may take, and fields that an explanation may have. */
const MOST_WORK = 2e7;
const MOST_EXPLAINED = 200;

/**
 * How much of what the answers vary with goes back to each field: ½ E (f(x) − f(x with the field of another row))² (total effect: Jansen 1999), each output
 * in its own variance.
 */
export function importanceOf(ask: Ask, inputs: Inputs, seed: number): Importance[] {
  const rows = rowsOf(inputs);
  if (rows < 2) throw new EngineError('importance needs at least two rows');
  const draw = generator(seed);
  // Each field is asked about by itself, and a row costs by its fields.
  const most = Math.floor(MOST_WORK / fieldsOf(inputs).length ** 2);
  const chosen = shuffled(Array(rows).keys(), draw).slice(0, Math.max(2, Math.min(IMPORTANCE_ROWS, most)));
  const given = pick(inputs, chosen);
  // The rows are in random order, so the next one is any other.
  const others = pick(
    inputs,
    chosen.map((_, i) => chosen[(i + 1) % chosen.length] as number),
  );
  const answers = ask(given);
  const variances = Object.fromEntries(Object.entries(answers).map(([name, values]) => [name, varianceOf(values, chosen.length)]));
  const effects = fieldsOf(given).map((field) => {
    const changed = ask(exchange(given, others, field));
    let effect = 0;
    for (const [name, values] of Object.entries(answers)) {
      const variance = variances[name] ?? 0;
      let sum = 0;
      for (let i = 0; i < values.length; i++) sum += ((changed[name]?.[i] ?? 0) - (values[i] as number)) ** 2;
      if (variance > 0) effect += sum / (2 * chosen.length * variance);
    }
    return { field, effect };
  });
  const sum = effects.reduce((total, { effect }) => total + effect, 0);
  return effects.map(({ field, effect }) => ({ ...field, share: sum > 0 ? effect / sum : 0 }));
}

/**
 * Shapley values of the fields of one row, by sampling: fields of a row of `background` are replaced by the row's one after the other, in random orders
 * (Štrumbelj and Kononenko 2014).
 * @param value index among the values of the output's answers, such as a class.
 */
export function explanationOf(ask: Ask, row: Inputs, background: Inputs, output: string, value: number, seed: number): Explanation {
  const rows = rowsOf(background);
  if (rowsOf(row) !== 1 || rows < 1) throw new EngineError('an explanation needs one row, and at least one to compare it with');
  const draw = generator(seed);
  const fields = fieldsOf(row);
  if (fields.length > MOST_EXPLAINED)
    throw new EngineError(`a row of ${fields.length} fields cannot be explained; ${MOST_EXPLAINED} are the most`);
  const starts = Array.from({ length: ORDERS }, () => Math.floor(draw() * rows));
  const orders = starts.map(() => shuffled(fields.keys(), draw));
  const ranks = orders.map((order) => {
    const rank = new Int32Array(order.length);
    for (const [place, field] of order.entries()) rank[field] = place;
    return rank;
  });
  // All steps of all orders are asked at once: step s of an order has its first s fields from the row.
  const steps = fields.length + 1;
  const repeated = pick(row, Array<number>(ORDERS * steps).fill(0));
  let asked = pick(
    background,
    starts.flatMap((start) => Array<number>(steps).fill(start)),
  );
  for (const [number, field] of fields.entries()) {
    asked = exchange(asked, repeated, field, (i) => (ranks[Math.floor(i / steps)]?.[number] ?? 0) < i % steps);
  }
  const answers = ask(asked)[output];
  if (!answers) throw new EngineError(`the cluster has no output '${output}'`);
  const width = answers.length / (steps * ORDERS);
  if (!(value >= 0 && value < width)) throw new EngineError(`the output '${output}' has ${width} values; there is no value ${value}`);
  const at = (order: number, step: number): number => answers[(order * steps + step) * width + value] as number;
  const contributions = fields.map((field) => ({ ...field, value: 0 }));
  let usual = 0;
  for (const [k, order] of orders.entries()) {
    usual += at(k, 0) / ORDERS;
    for (const [s, field] of order.entries()) (contributions[field] as { value: number }).value += (at(k, s + 1) - at(k, s)) / ORDERS;
  }
  return { answer: at(0, fields.length), usual, contributions };
}

const isDense = (rows: Rows): rows is DenseRows => 'width' in rows && !('offsets' in rows);

function rowsOf(inputs: Inputs): number {
  return Math.min(...Object.values(inputs).map((rows) => countOf(rows)));
}

function countOf(rows: Rows): number {
  if ('fields' in rows) return Math.min(...Object.values(rows.fields).map(lengthOf));
  if (isDense(rows)) return Math.floor(rows.data.length / (rows.width * (rows.window ?? 1)));
  throw new EngineError('importance and explanations need rows of fields or of plain numbers');
}

function fieldsOf(inputs: Inputs): FieldOf[] {
  const fields = Object.entries(inputs).flatMap(([input, rows]): FieldOf[] =>
    'fields' in rows
      ? Object.keys(rows.fields).map((field) => ({ input, field }))
      : Array.from({ length: isDense(rows) ? rows.width * (rows.window ?? 1) : 0 }, (_, field) => ({ input, field })),
  );
  if (fields.length > MOST_FIELDS) throw new EngineError(`importance of ${fields.length} fields is too much; ${MOST_FIELDS} are the most`);
  return fields;
}

/** The rows of these numbers. Windows are written out, so that each row has values of its own. */
function pick(inputs: Inputs, numbers: readonly number[]): Inputs {
  return Object.fromEntries(Object.entries(inputs).map(([name, rows]) => [name, pickRows(rows, numbers)]));
}

function pickRows(rows: Rows, numbers: readonly number[]): Rows {
  if ('fields' in rows)
    return { fields: Object.fromEntries(Object.entries(rows.fields).map(([name, values]) => [name, pickValues(values, numbers)])) };
  if (!isDense(rows)) throw new EngineError('importance and explanations need rows of fields or of plain numbers');
  const { data, width, window = 1, shape } = rows;
  const length = width * window;
  const Values = data.constructor as new (length: number) => typeof data;
  const found = new Values(numbers.length * length);
  for (const [i, row] of numbers.entries()) found.set(data.subarray(row * width, row * width + length), i * length);
  return { data: found, width: length, ...(shape ? { shape } : {}) };
}

function pickValues(values: FieldValues, numbers: readonly number[]): FieldValues {
  switch (kindOf(values)) {
    case 'category':
      return { ...(values as CategoryValues), codes: pickNumbers((values as CategoryValues).codes, numbers) };
    case 'time':
      return { seconds: pickNumbers((values as { seconds: Float64Array }).seconds, numbers) };
    default:
      return pickNumbers(values as Float64Array, numbers);
  }
}

function pickNumbers<Values extends Float64Array | Int32Array>(values: Values, numbers: readonly number[]): Values {
  const Made = values.constructor as new (length: number) => Values;
  const found = new Made(numbers.length);
  for (const [i, row] of numbers.entries()) found[i] = values[row] as number;
  return found;
}

/** Rows whose one field comes from other rows where `takes` says so (by default everywhere). */
function exchange(inputs: Inputs, others: Inputs, { input, field }: FieldOf, takes: (row: number) => boolean = () => true): Inputs {
  const rows = inputs[input] as DenseRows | TableRows;
  if ('fields' in rows) {
    const from = (others[input] as TableRows).fields[field] as FieldValues;
    return { ...inputs, [input]: { fields: { ...rows.fields, [field]: blendValues(rows.fields[field] as FieldValues, from, takes) } } };
  }
  const data = rows.data.slice();
  const from = (others[input] as DenseRows).data;
  for (let row = 0, i = Number(field); i < data.length; row++, i += rows.width) if (takes(row)) data[i] = from[i] as number;
  return { ...inputs, [input]: { ...rows, data } };
}

/** Values of a field, those of `others` where `second` says so. */
function blendValues(values: FieldValues, others: FieldValues, second: (row: number) => boolean): FieldValues {
  if (kindOf(values) !== kindOf(others)) throw new EngineError('the row and those that it is compared with have fields of different kinds');
  if ('codes' in values) {
    const { codes, dictionary } = others as CategoryValues;
    // The two have dictionaries of their own: one stands behind the other.
    const shift = values.dictionary.length;
    const merged = values.codes.map((code, row) =>
      second(row) ? ((codes[row] as number) < 0 ? -1 : (codes[row] as number) + shift) : code,
    );
    return { codes: merged, dictionary: [...values.dictionary, ...dictionary] };
  }
  if ('seconds' in values) {
    const { seconds } = others as { seconds: Float64Array };
    return { seconds: values.seconds.map((value, row) => (second(row) ? (seconds[row] as number) : value)) };
  }
  const numbers = others as Float64Array;
  return Float64Array.from(values, (value, row) => (second(row) ? (numbers[row] as number) : value));
}

/** Σ over the values of an output of their variance over rows. */
function varianceOf(answers: Answers, rows: number): number {
  const width = answers.length / rows;
  let sum = 0;
  for (let i = 0; i < width; i++) {
    let mean = 0;
    for (let row = 0; row < rows; row++) mean += (answers[row * width + i] as number) / rows;
    for (let row = 0; row < rows; row++) sum += ((answers[row * width + i] as number) - mean) ** 2 / rows;
  }
  return sum;
}
