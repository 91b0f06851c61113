import { EngineError } from './errors.ts';
import type { Plan } from './plan.ts';

// The all-reduce of the threads of a cluster: each hands in its part of a sum, and all go on with the same sum. Counters in shared memory say how far each is.

/** What a thread of a group works with: shared memory, and which shard it has. It can be posted to a worker thread. */
export interface WorkerContext {
  readonly plan: Plan;
  readonly shard: number;
  /** i32 counters, LINE apart: commands given; set when a thread failed; threads that sleep; for each shard the commands it has done and the sums it has handed in. */
  readonly signals: SharedArrayBuffer;
  /** (shards, 2, SUM_FLOATS) f32: for each shard two places for its part of a sum, used in turn. */
  readonly sums: SharedArrayBuffer;
  /** The command buffer: length of the command (u32), the command as JSON, and from COMMAND_BYTES on the bytes that belong to it. */
  readonly commands: SharedArrayBuffer;
}

// Each counter has a cache line of its own: a core that writes one does not take away what another looks at.
const LINE = 16;
export const GIVEN = 0;
export const FAILED = LINE;
const SLEEPING = 2 * LINE;
export const done = (shard: number): number => (3 + 2 * shard) * LINE;
export const handedIn = (shard: number): number => (4 + 2 * shard) * LINE;
/** Floats that one shard hands in at a time; wider outputs are added up in parts. */
export const SUM_FLOATS = 1024;

/** How often a thread looks for its peers before it sleeps until it is woken; how long it waits for them. */
const SPINS = 300;
const NAP_MS = 100;
export const PATIENCE_MS = 60_000;

export const failure = (): EngineError => new EngineError('another thread of the cluster failed; load it from its last snapshot');

/** Waits until a counter has reached a number, first without sleeping: peers are a few microseconds apart. */
export function waitFor(signals: Int32Array, at: number, wanted: number): void {
  for (let looks = 0; looks < SPINS; looks++) if (((Atomics.load(signals, at) - wanted) | 0) >= 0) return;
  const started = Date.now();
  Atomics.add(signals, SLEEPING, 1);
  try {
    for (;;) {
      const seen = Atomics.load(signals, at);
      if (((seen - wanted) | 0) >= 0) return;
      if (Atomics.load(signals, FAILED) !== 0 || Date.now() - started > PATIENCE_MS) throw failure();
      Atomics.wait(signals, at, seen, NAP_MS);
    }
  } finally {
    Atomics.sub(signals, SLEEPING, 1);
  }
}

/** Sets a counter, and wakes who sleeps on it. */
export function signal(signals: Int32Array, at: number, value: number): void {
  Atomics.store(signals, at, value);
  if (Atomics.load(signals, SLEEPING) > 0) Atomics.notify(signals, at);
}

/** Adds up `count` values (f32) from `at` on over all shards, in place. */
export type AllReduce = (values: Float32Array, at: number, count: number) => void;

/** All shards get the same sums, bit by bit: they add up in the order of the shards. */
export function allReducer(context: WorkerContext): AllReduce {
  const signals = new Int32Array(context.signals);
  const sums = new Float32Array(context.sums);
  const { shards } = context.plan;
  const mine = handedIn(context.shard);
  let turn = 0;
  const reducePart: AllReduce = (values, at, count) => {
    turn = (turn + 1) | 0;
    // While one reads a peer's place, the peer may already write its next part: into the other place.
    const side = (turn & 1) * SUM_FLOATS;
    const own = context.shard * 2 * SUM_FLOATS + side;
    for (let i = 0; i < count; i++) sums[own + i] = values[at + i] as number;
    signal(signals, mine, turn);
    for (let shard = 0; shard < shards; shard++) if (shard !== context.shard) waitFor(signals, handedIn(shard), turn);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let place = side + i; place < sums.length; place += 2 * SUM_FLOATS) sum += sums[place] as number;
      values[at + i] = sum;
    }
  };
  return (values, at, count) => {
    for (let from = 0; from < count; from += SUM_FLOATS) reducePart(values, at + from, Math.min(SUM_FLOATS, count - from));
  };
}
