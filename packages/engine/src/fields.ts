import { EngineError } from './errors.ts';
import { CLASSES, DOUBLES, type Feed } from './feed.ts';
import type { CategoryValues, FieldValues, Label, TableRows, TimeValues } from './rows.ts';
import type { Targets } from './score.ts';

// Tables of named fields of several kinds in one input, and outputs that name a class. What the kernel sees of a category or a class is a number: its
// place in a dictionary that is kept with the cluster, and grows as values come.

export type FieldKind = 'number' | 'category' | 'time';

/** What is kept of a field. */
export interface FieldState {
  readonly name: string;
  readonly kind: FieldKind;
  /** Of a category, by number. */
  readonly labels: Label[];
}

/** Columns of the kernel that a field takes: a time its seconds, hour, day of the week and day of the year. */
const WIDTHS: Readonly<Record<FieldKind, number>> = { number: 1, category: 1, time: 4 };
const DAY = 86_400;
const WEEKDAY = 2;

/** Whether a part of a header that somebody may have written by hand is a dictionary. */
export function areLabels(given: unknown): given is Label[] {
  return Array.isArray(given) && given.every((label) => typeof label === 'string' || typeof label === 'number');
}

/** Whether it is a list of fields. */
export function areFields(given: unknown): given is FieldState[] {
  return (
    Array.isArray(given) &&
    given.every((field) => typeof field?.name === 'string' && Object.hasOwn(WIDTHS, String(field.kind)) && areLabels(field.labels))
  );
}

/** Labels of one dictionary, and characters of all of them: they are kept in memory and in snapshots. What comes later is as good as missing. */
const MOST_LABELS = 1_000_000;
const MOST_CHARACTERS = 2 ** 25;

/** A dictionary that grows: the number of each label. */
export class Labels {
  private readonly numbers = new Map<Label, number>();
  private characters = 0;

  /** @param labels is added to. */
  constructor(readonly labels: Label[]) {
    for (const [number, label] of labels.entries()) {
      this.numbers.set(label, number);
      this.characters += String(label).length;
    }
  }

  /**
   * For each row the number of its label.
   * @param learn whether labels that are new get one; else they are as good as missing.
   * @throws EngineError for codes beyond the dictionary.
   */
  encode(name: string, { codes, dictionary }: CategoryValues, missing: number, learn: boolean, to: { [row: number]: number }): void {
    const known = new Float64Array(dictionary.length).fill(Number.NaN);
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row] as number;
      if (code === -1) {
        to[row] = missing;
        continue;
      }
      let number = known[code];
      if (number === undefined || Number.isNaN(number)) {
        number = this.numberOf(name, dictionary[code], row, missing, learn);
        known[code] = number;
      }
      to[row] = number;
    }
  }

  /** Forgets the labels from number `count` on. */
  truncate(count: number): void {
    for (const label of this.labels.splice(count)) {
      this.numbers.delete(label);
      this.characters -= String(label).length;
    }
  }

  private numberOf(name: string, label: Label | undefined, row: number, missing: number, learn: boolean): number {
    if (label === undefined) throw new EngineError(`'${name}' row ${row} has a code that its dictionary does not have`);
    const found = this.numbers.get(label);
    if (found !== undefined || !learn) return found ?? missing;
    const more = String(label).length;
    if (this.labels.length >= MOST_LABELS || this.characters + more > MOST_CHARACTERS) return missing;
    this.characters += more;
    this.numbers.set(label, this.labels.length);
    return this.labels.push(label) - 1;
  }
}

const isCategory = (values: FieldValues): values is CategoryValues => 'codes' in values;
const isTime = (values: FieldValues): values is TimeValues => 'seconds' in values;

export function kindOf(values: FieldValues): FieldKind {
  return isCategory(values) ? 'category' : isTime(values) ? 'time' : 'number';
}

export function lengthOf(values: FieldValues): number {
  return isCategory(values) ? values.codes.length : isTime(values) ? values.seconds.length : values.length;
}

/** The fields of one input. */
export class Fields {
  private readonly labels = new Map<string, Labels>();

  /** @param states is added to. */
  constructor(
    private readonly input: string,
    readonly states: FieldState[],
  ) {
    for (const { name, kind, labels } of states) if (kind === 'category') this.labels.set(name, new Labels(labels));
  }

  /** How to go back to the categories of now. */
  mark(): () => void {
    const counts = new Map(Array.from(this.labels, ([name, labels]) => [name, labels.labels.length]));
    return () => {
      for (const [name, labels] of this.labels) labels.truncate(counts.get(name) ?? 0);
    };
  }

  /** Columns of the kernel. */
  get width(): number {
    return this.states.reduce((sum, { kind }) => sum + WIDTHS[kind], 0);
  }

  /** The field that each column of the kernel belongs to. */
  owners(): number[] {
    return this.states.flatMap(({ kind }, field) => Array<number>(WIDTHS[kind]).fill(field));
  }

  /**
   * Rows as the kernel sees them.
   * @param learn whether fields (the first time) and categories that are new are taken in.
   * @throws EngineError for fields of different lengths or of another kind than at first, and for values that are infinite.
   */
  feed(rows: TableRows, learn: boolean): Feed {
    const given = Object.entries(rows.fields);
    const cycles = given[0] ? lengthOf(given[0][1]) : 0;
    for (const [name, values] of given) {
      if (lengthOf(values) === cycles) continue;
      throw new EngineError(`the field '${name}' of '${this.input}' has ${lengthOf(values)} rows, '${given[0]?.[0]}' ${cycles}`);
    }
    if (this.states.length === 0) {
      if (!learn) throw new EngineError(`the input '${this.input}' was not trained with fields`);
      if (given.length === 0) throw new EngineError(`the table for '${this.input}' has no fields`);
      for (const [name, values] of given) this.begin(name, kindOf(values));
    }
    const { width } = this;
    const data = new Float64Array(cycles * width);
    let column = 0;
    for (const state of this.states) {
      const values = Object.hasOwn(rows.fields, state.name) ? rows.fields[state.name] : undefined;
      if (values && kindOf(values) !== state.kind) {
        throw new EngineError(
          `the field '${state.name}' of '${this.input}' was trained as a ${state.kind}; these rows have a ${kindOf(values)}`,
        );
      }
      this.write(state, values, data, column, width, learn);
      column += WIDTHS[state.kind];
    }
    return this.feedOf(data, width, cycles);
  }

  private begin(name: string, kind: FieldKind): void {
    const state: FieldState = { name, kind, labels: [] };
    this.states.push(state);
    if (kind === 'category') this.labels.set(name, new Labels(state.labels));
  }

  private write(
    { name, kind }: FieldState,
    values: FieldValues | undefined,
    data: Float64Array,
    column: number,
    width: number,
    learn: boolean,
  ): void {
    if (!values) {
      for (let at = column; at < data.length; at += width) data.fill(Number.NaN, at, at + WIDTHS[kind]);
    } else if (isCategory(values)) {
      const codes = new Float64Array(values.codes.length);
      this.labels.get(name)?.encode(name, values, Number.NaN, learn, codes);
      for (let row = 0, at = column; row < codes.length; row++, at += width) data[at] = codes[row] as number;
    } else if (isTime(values)) {
      for (let row = 0, at = column; row < values.seconds.length; row++, at += width) writeTime(data, at, values.seconds[row] as number);
    } else {
      for (let row = 0, at = column; row < values.length; row++, at += width) data[at] = values[row] as number;
    }
  }

  private feedOf(data: Float64Array, width: number, cycles: number): Feed {
    const owners = this.owners();
    let column = 0;
    const categories = this.states.flatMap(({ kind }) => {
      const at = column;
      column += WIDTHS[kind];
      return kind === 'category' ? [at] : kind === 'time' ? [at + WEEKDAY] : [];
    });
    return {
      form: DOUBLES,
      length: width,
      cycles,
      shape: undefined,
      categories,
      stride: width * 8,
      bytes: (_, count) => count * width * 8,
      pack(target, offset, from, count) {
        const part = data.subarray(from * width, (from + count) * width);
        target.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset);
      },
      checked: data,
      where: (index) => `row ${Math.floor(index / width)}, field '${this.states[owners[index % width] ?? 0]?.name}'`,
    };
  }
}

/** Seconds, hour of the day, day of the week (0 is Thursday, as 1970 began) and day of the year, both with their fractions but for the weekday. */
function writeTime(data: Float64Array, at: number, seconds: number): void {
  const day = Math.floor(seconds / DAY);
  const date = new Date(seconds * 1000);
  data[at] = seconds;
  data[at + 1] = (seconds - day * DAY) / 3600;
  data[at + WEEKDAY] = ((day % 7) + 7) % 7;
  data[at + 3] = (seconds * 1000 - Date.UTC(date.getUTCFullYear(), 0)) / (DAY * 1000);
}

/** Classes that an output may have: each is answered for each row. */
const MOST_CLASSES = 1000;

/** A class that is not known: the row takes no step. */
const NO_CLASS = 0xffffffff;

/** Targets that name one class a row. The output has at least two values from the start, so that it never was anything but classes. */
export function classesOf(name: string, labels: Labels, rows: CategoryValues): { feed: Feed; targets: Targets } {
  const codes = new Uint32Array(rows.codes.length);
  labels.encode(name, rows, NO_CLASS, true, codes);
  if (labels.labels.length > MOST_CLASSES) {
    throw new EngineError(`the output '${name}' would have ${labels.labels.length} classes; ${MOST_CLASSES} are the most`);
  }
  const feed: Feed = {
    form: CLASSES,
    length: Math.max(2, labels.labels.length),
    cycles: codes.length,
    shape: undefined,
    stride: 4,
    bytes: (_, count) => count * 4,
    pack(target, offset, from, count) {
      const part = codes.subarray(from, from + count);
      target.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset);
    },
    checked: new Float32Array(),
    where: (index) => `row ${index}`,
  };
  const classOf = (row: number): number => (codes[row] === NO_CLASS ? Number.NaN : (codes[row] as number));
  return { feed, targets: { width: feed.length, classOf } };
}
