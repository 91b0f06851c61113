import type { MatchState } from './coding.ts';
import type { Column } from './column.ts';
import { EngineError } from './errors.ts';
import { areFields, areLabels, type FieldState } from './fields.ts';
import type { Plan } from './plan.ts';
import type { Label } from './rows.ts';
import type { Shard } from './shard.ts';
import { parseTemplate, type Template } from './template.ts';

/** An input or output of a cluster; it widens with its rows. */
export interface Terminal extends Column {
  width: number;
}

/** What a snapshot tells besides the kernel's state. */
export interface Description {
  readonly plan: Plan;
  readonly inputs: readonly Terminal[];
  readonly outputs: readonly Terminal[];
  /** Text that the cluster's owner keeps with the state, such as how far a task has come. */
  note: string;
  /** What codings of inputs have to remember, by name. */
  matches?: Readonly<Record<string, MatchState>>;
  /** Fields of inputs that are tables of several kinds, by name; they grow. */
  readonly fields: Record<string, FieldState[]>;
  /** Classes of outputs that name one, by name; they grow. */
  readonly classes: Record<string, Label[]>;
}

/** Values that an input or output may have a cycle, in a snapshot. */
const MOST_VALUES = 2 ** 24;
const MOST_NEURONS = 2 ** 20;

function templateOf(text: string): Template {
  try {
    return parseTemplate(text);
  } catch (error) {
    throw new EngineError(`the snapshot is damaged: its template cannot be read (${(error as Error).message})`);
  }
}

/** Nothing is made of a header before it is known to be one: somebody may have written it by hand. @throws EngineError */
function mustBeDescription(header: unknown, states: number): Description {
  const { plan, inputs, outputs, note } = (header ?? {}) as Partial<Description>;
  const whole = (value: unknown, least: number, most: number): boolean =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
  const check = (holds: boolean, what: string): void => {
    if (!holds) throw new EngineError(`the snapshot is damaged: its header does not tell ${what}`);
  };
  check(plan?.shards === states, 'its parts');
  check(typeof plan?.template === 'string' && typeof note === 'string', 'its template');
  check(whole(plan?.neuronsPerHexagon, 1, MOST_NEURONS) && whole(plan?.seed, 0, Number.MAX_SAFE_INTEGER), 'its size');
  check(Number(plan?.memoryLimit) > 0, 'its memory');
  const template = templateOf(plan?.template ?? '');
  for (const [given, known] of [
    [inputs, template.inputs],
    [outputs, template.outputs],
  ] as const) {
    const fits = Array.isArray(given) && given.length === known.length;
    check(
      fits && given.every((terminal, i) => terminal?.name === known[i]?.name && whole(terminal.width, 0, MOST_VALUES)),
      'its inputs and outputs',
    );
  }
  const { fields = {}, classes = {} } = header as Partial<Description>;
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
  check(isObject(fields) && isObject(classes), 'its fields and classes');
  check(Object.values(fields).every(areFields), 'its fields');
  check(Object.values(classes).every(areLabels), 'its classes');
  for (const { name, width } of outputs ?? []) {
    const labels = Object.hasOwn(classes, name) ? classes[name] : undefined;
    check(
      labels === undefined || (labels.length > 0 && width === Math.max(2, labels.length)),
      'as many classes as its outputs have values',
    );
  }
  return { ...(header as Description), fields, classes };
}

// A snapshot, little endian: magic (8 bytes), checksum of all that follows (u64), length of the header (u32), number of shards (u32), for each shard the
// length of its state (f64), then the header (JSON), then the states. Each part is padded to 8 bytes.
const MAGIC = new TextEncoder().encode('HANAMI4\n');
const FIXED = 24;
const MOST_SHARDS = 64;

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** @param shard any kernel, to work out the checksum. */
export function writeSnapshot(description: Description, states: readonly Uint8Array[], shard: Shard): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(JSON.stringify(description));
  const headerAt = FIXED + states.length * 8;
  let at = headerAt + padded(header.length);
  const snapshot = new Uint8Array(states.reduce((sum, state) => sum + state.length, at));
  const view = new DataView(snapshot.buffer);
  snapshot.set(MAGIC);
  view.setUint32(16, header.length, true);
  view.setUint32(20, states.length, true);
  snapshot.set(header, headerAt);
  for (const [i, state] of states.entries()) {
    view.setFloat64(FIXED + i * 8, state.length, true);
    snapshot.set(state, at);
    at += state.length;
  }
  view.setBigUint64(8, shard.checksum(snapshot.subarray(16)), true);
  return snapshot;
}

/** The header and the states of a snapshot whose form is right. @throws EngineError else. */
export function readSnapshot(snapshot: Uint8Array): {
  description: Description;
  states: Uint8Array[];
  checksum: bigint;
  checked: Uint8Array;
} {
  const damaged = (why: string): EngineError => new EngineError(`the snapshot is damaged: ${why}`);
  const magic = MAGIC.every((byte, i) => snapshot[i] === byte || i === 6);
  if (snapshot.length < FIXED || !magic) throw new EngineError('this is no snapshot of a cluster');
  if (snapshot[6] !== MAGIC[6])
    throw new EngineError(`this snapshot is of form ${String.fromCharCode(snapshot[6] ?? 0)}; this version reads form 4`);
  const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
  const shards = view.getUint32(20, true);
  const headerAt = FIXED + shards * 8;
  let at = headerAt + padded(view.getUint32(16, true));
  if (shards < 1 || shards > MOST_SHARDS || at > snapshot.length) throw damaged('its header does not fit');
  const states = Array.from({ length: shards }, (_, i) => {
    const length = view.getFloat64(FIXED + i * 8, true);
    if (!(length >= 0 && length <= snapshot.length - at)) throw damaged('a part of it does not fit');
    const state = snapshot.subarray(at, at + length);
    at += length;
    return state;
  });
  if (at !== snapshot.length) throw damaged('its length is not what its header says');
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(snapshot.subarray(headerAt, headerAt + view.getUint32(16, true)));
    header = JSON.parse(text);
  } catch {
    throw damaged('its header cannot be read');
  }
  return { description: mustBeDescription(header, shards), states, checksum: view.getBigUint64(8, true), checked: snapshot.subarray(16) };
}
