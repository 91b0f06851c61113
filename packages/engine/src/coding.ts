import { EngineError } from './errors.ts';
import type { DenseRows } from './rows.ts';
import type { Template, TemplateInput, TemplateOutput } from './template.ts';

// What a template says behind the place of an input or output changes what the network sees of its values, and what its answers mean.

export type Answers = Float32Array | Float64Array;

/** How the values of one input or output are coded. A plain one has no coding. */
export interface Coding {
  /**
   * What the network sees of rows.
   * @param learn false for a request: nothing new is remembered.
   * @throws EngineError naming row and column of a value that cannot be coded.
   */
  encode(rows: DenseRows, learn: boolean): DenseRows;
  /** What the network's answers mean. */
  decode(answers: Float32Array): Answers;
  /** How many values are seen from outside for so many of the network's. */
  outerWidth(inner: number): number;
  /** What has to be kept with the cluster; undefined if nothing. */
  state?(): MatchState;
}

/** Pairs of (place in the cycle, value), in the order of their connections. */
export type MatchState = readonly (readonly [place: number, value: number])[];

/** Most connections of one `(match)` input. */
const MAX_MATCHES = 16_384;
const BITS_FLOAT = 32;
const BITS_INT = 64;
/** Up to here every whole number is a double. */
const LARGEST_INT = 2 ** 53;
const LARGEST_FLOAT = 3.4028234663852886e38;

/** The codings of a cluster's inputs and outputs by name: an input and an output may have the same. */
export interface Codings {
  readonly inputs: ReadonlyMap<string, Coding>;
  readonly outputs: ReadonlyMap<string, Coding>;
}

/** @param states what `state` of inputs gave before. */
export function codingsOf({ inputs, outputs }: Template, states: Readonly<Record<string, MatchState>> = {}): Codings {
  const coded = (terminals: readonly (TemplateInput | TemplateOutput)[]): Map<string, Coding> =>
    new Map(
      terminals.flatMap(({ name, kind }) => {
        const coding = codingOf(name, kind, Object.hasOwn(states, name) ? states[name] : undefined);
        return coding ? [[name, coding] as const] : [];
      }),
    );
  return { inputs: coded(inputs), outputs: coded(outputs) };
}

function codingOf(name: string, kind: (TemplateInput | TemplateOutput)['kind'], state: MatchState = []): Coding | undefined {
  switch (kind) {
    case 'plain':
      return undefined;
    case 'binary':
      return each(name, (value) => Number(value > 0));
    case 'bool':
      return { ...each(name, (value) => Number(value >= 0.5)), decode: (answers) => answers.map(round) };
    case 'float':
      return bits(name, BITS_FLOAT, floatBits, floatOf, (values) => Float32Array.from(values));
    case 'int':
      return bits(name, BITS_INT, intBits, intOf, (values) => Float64Array.from(values));
    case 'match':
      return match(name, state);
  }
}

const round = (value: number): number => Number(value >= 0.5);

/** A value becomes 0 or 1. */
function each(name: string, code: (value: number) => number): Coding {
  return {
    encode(rows) {
      mustBeFinite(name, rows);
      const data = new Uint8Array(rows.data.length);
      for (let i = 0; i < data.length; i++) data[i] = code(rows.data[i] as number);
      return { ...rows, data };
    },
    decode: (answers) => answers,
    outerWidth: (inner) => inner,
  };
}

/** A value becomes as many outputs as its number has bits, the least first. */
function bits(
  name: string,
  count: number,
  code: (value: number) => bigint | undefined,
  meaning: (code: bigint) => number,
  collect: (values: number[]) => Answers,
): Coding {
  return {
    encode(rows) {
      mustBeFinite(name, rows);
      const data = new Uint8Array(rows.data.length * count);
      for (const [i, value] of rows.data.entries()) {
        const coded = code(value);
        if (coded === undefined) throw fault(name, rows, i, `is ${value}; an (int) output takes whole numbers from 0 to 2^53`);
        for (let bit = 0; bit < count; bit++) data[i * count + bit] = Number((coded >> BigInt(bit)) & 1n);
      }
      return { data, width: rows.width * count, ...(rows.window === undefined ? {} : { window: rows.window }) };
    },
    decode(answers) {
      const values: number[] = [];
      for (let from = 0; from < answers.length; from += count) {
        let coded = 0n;
        for (let bit = 0; bit < count; bit++) if ((answers[from + bit] as number) >= 0.5) coded |= 1n << BigInt(bit);
        values.push(meaning(coded));
      }
      return collect(values);
    },
    outerWidth: (inner) => inner / count,
  };
}

const view = new DataView(new ArrayBuffer(8));

/** IEEE 754, single precision. */
function floatBits(value: number): bigint {
  view.setFloat32(0, Math.max(-LARGEST_FLOAT, Math.min(LARGEST_FLOAT, value)));
  return BigInt(view.getUint32(0));
}

/** Bits that are no number, or infinite, which an uncertain network may answer, mean the largest number of their sign. */
function floatOf(code: bigint): number {
  view.setUint32(0, Number(code));
  const value = view.getFloat32(0);
  if (Number.isFinite(value)) return value;
  return code >> BigInt(BITS_FLOAT - 1) === 0n ? LARGEST_FLOAT : -LARGEST_FLOAT;
}

function intBits(value: number): bigint | undefined {
  return Number.isInteger(value) && value >= 0 && value <= LARGEST_INT ? BigInt(value) : undefined;
}

const intOf = (code: bigint): number => Number(code);

/** Every distinct value, in each place of a cycle, has a connection of its own, which is 1 while the value is there. */
function match(name: string, state: MatchState): Coding {
  const pairs = state.map(([place, value]) => [place, value] as const);
  const known = new Map(pairs.map((pair, i) => [pair.join(':'), i]));
  let places = pairs.reduce((most, [place]) => Math.max(most, place + 1), 0);
  const connectionOf = (place: number, value: number, learn: boolean): number | undefined => {
    const key = `${place}:${value}`;
    const found = known.get(key);
    if (found !== undefined || !learn) return found;
    if (pairs.length === MAX_MATCHES) {
      throw new EngineError(
        `the input '${name}' has more than ${MAX_MATCHES} distinct values; (match) is for few that come again and again`,
      );
    }
    known.set(key, pairs.length);
    pairs.push([place, value]);
    return pairs.length - 1;
  };
  return {
    encode(rows, learn) {
      mustBeFinite(name, rows);
      const { data, width } = rows;
      const length = width * (rows.window ?? 1);
      if (!learn && length > places) {
        throw new EngineError(`the input '${name}' was trained with ${places} values a cycle; a request cannot have ${length}`);
      }
      const cycles = Math.max(0, (data.length - length) / width + 1);
      const seen: (readonly [cycle: number, connection: number])[] = [];
      for (let cycle = 0; cycle < cycles; cycle++) {
        for (let place = 0; place < length; place++) {
          const connection = connectionOf(place, data[cycle * width + place] as number, learn);
          if (connection !== undefined) seen.push([cycle, connection]);
        }
      }
      places = Math.max(places, length);
      const coded = new Uint8Array(cycles * pairs.length);
      for (const [cycle, connection] of seen) coded[cycle * pairs.length + connection] = 1;
      return { data: coded, width: pairs.length };
    },
    decode: (answers) => answers,
    outerWidth: () => places,
    state: () => pairs,
  };
}

function mustBeFinite(name: string, rows: DenseRows): void {
  const { data } = rows;
  if (data instanceof Uint8Array) return;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (value - value !== 0) throw fault(name, rows, i, `is ${value}; only finite numbers can be used`);
  }
}

function fault(name: string, { width }: DenseRows, index: number, what: string): EngineError {
  return new EngineError(`'${name}' row ${Math.floor(index / width)}, column ${index % width} ${what}`);
}
