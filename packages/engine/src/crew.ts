import { EngineError } from './errors.ts';
import { type Plan, Shard, type Slice } from './shard.ts';

// A cluster on several threads. Each thread has a shard: a kernel with neurons of its own. In every cycle the shards add up what their neurons give to the
// outputs, and each goes on with the same sum, so none ever reads or writes another's weights, and nothing has to be locked (docs/engine.md, Threads).

/** What a helper thread needs to take part: shared memory, and which shard it is. It can be posted to a worker. */
export interface Seat {
  readonly plan: Plan;
  readonly shard: number;
  /** Counters: commands given; set when a thread failed; threads that sleep; for each shard the commands it has done and the sums it has handed in. */
  readonly signals: SharedArrayBuffer;
  /** For each shard two places for its part of a sum, used in turn. */
  readonly sums: SharedArrayBuffer;
  /** Length of the command, the command as JSON, and the bytes that belong to it. */
  readonly mail: SharedArrayBuffer;
}

/** What helpers are told to do. */
type Command =
  | { readonly act: 'train'; readonly rows: number; readonly slices: readonly Slice[]; readonly bytes: number }
  | { readonly act: 'request'; readonly rows: number; readonly width: number; readonly slices: readonly Slice[]; readonly bytes: number }
  | { readonly act: 'save' }
  | { readonly act: 'read' | 'write'; readonly from: number; readonly bytes: number; readonly shard: number; readonly size: number }
  | { readonly act: 'restore' | 'count' | 'end' };

// Each counter has a cache line of its own: a core that writes one does not take away what another looks at.
const LINE = 16;
const GIVEN = 0;
const FAILED = LINE;
const SLEEPING = 2 * LINE;
const done = (shard: number): number => (3 + 2 * shard) * LINE;
const handedIn = (shard: number): number => (4 + 2 * shard) * LINE;
/** Floats that one shard hands in at a time; wider outputs are added up in parts. */
const SUM_FLOATS = 1024;
const COMMAND_BYTES = 64 * 1024;
/** Bytes that belong to a command. */
export const MAIL_BYTES = 1024 * 1024;
/** How often a thread looks for its peers before it sleeps until it is woken; how long it waits for them. */
const SPINS = 300;
const NAP_MS = 100;
const PATIENCE_MS = 60_000;

const failure = (): EngineError => new EngineError('another thread of the cluster failed; load it from its last snapshot');

/** Waits until a counter has reached a number, first without sleeping: peers are a few microseconds apart. */
function reach(signals: Int32Array, at: number, wanted: number): void {
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
function tell(signals: Int32Array, at: number, value: number): void {
  Atomics.store(signals, at, value);
  if (Atomics.load(signals, SLEEPING) > 0) Atomics.notify(signals, at);
}

/** Adds up `count` values from `at` on over all shards, in place. */
export type Exchange = (values: Float32Array, at: number, count: number) => void;

/** All shards get the same sums, bit by bit: they add up in the order of the shards. */
export function exchanger(seat: Seat): Exchange {
  const signals = new Int32Array(seat.signals);
  const sums = new Float32Array(seat.sums);
  const { shards } = seat.plan;
  const mine = handedIn(seat.shard);
  let turn = 0;
  const exchangePart: Exchange = (values, at, count) => {
    turn = (turn + 1) | 0;
    // While one reads a peer's place, the peer may already write its next part: into the other place.
    const side = (turn & 1) * SUM_FLOATS;
    const own = seat.shard * 2 * SUM_FLOATS + side;
    for (let i = 0; i < count; i++) sums[own + i] = values[at + i] as number;
    tell(signals, mine, turn);
    for (let shard = 0; shard < shards; shard++) if (shard !== seat.shard) reach(signals, handedIn(shard), turn);
    for (let i = 0; i < count; i++) {
      let sum = 0;
      for (let place = side + i; place < sums.length; place += 2 * SUM_FLOATS) sum += sums[place] as number;
      values[at + i] = sum;
    }
  };
  return (values, at, count) => {
    for (let from = 0; from < count; from += SUM_FLOATS) exchangePart(values, at + from, Math.min(SUM_FLOATS, count - from));
  };
}

/** The main thread's side: gives commands that all shards carry out together. */
export class Crew {
  private readonly signals: Int32Array;
  private readonly mail: Uint8Array;
  private given = 0;

  private constructor(readonly seats: readonly Seat[]) {
    const seat = seats[0] as Seat;
    this.signals = new Int32Array(seat.signals);
    this.mail = new Uint8Array(seat.mail);
  }

  /** @param start starts a thread that calls `help` with the seat it is given. */
  static async assemble(plan: Plan, start: (seat: Seat) => void): Promise<Crew> {
    const signals = new SharedArrayBuffer(4 * handedIn(plan.shards));
    const sums = new SharedArrayBuffer(4 * 2 * SUM_FLOATS * plan.shards);
    const mail = new SharedArrayBuffer(COMMAND_BYTES + MAIL_BYTES);
    const seats = Array.from({ length: plan.shards }, (_, shard) => ({ plan, shard, signals, sums, mail }));
    const crew = new Crew(seats);
    for (const seat of seats.slice(1)) start(seat);
    crew.given = 1;
    const started = Date.now();
    while (!crew.allDone()) {
      if (Atomics.load(crew.signals, FAILED) !== 0 || Date.now() - started > PATIENCE_MS) throw failure();
      await new Promise((next) => setTimeout(next, 1));
    }
    return crew;
  }

  private allDone(): boolean {
    return this.seats.slice(1).every(({ shard }) => Atomics.load(this.signals, done(shard)) >= this.given);
  }

  /** The bytes that go with a command, or come back with it. */
  get bytes(): Uint8Array {
    return this.mail.subarray(COMMAND_BYTES);
  }

  /** Lets the helpers carry out a command while `own` does it for this thread's shard. @throws EngineError if a thread failed. */
  together<Result>(command: Command, own: () => Result): Result {
    if (Atomics.load(this.signals, FAILED) !== 0) throw failure();
    const text = new TextEncoder().encode(JSON.stringify(command));
    if (text.length > COMMAND_BYTES - 4) throw new EngineError('the cluster has too many inputs and outputs for several threads');
    new DataView(this.mail.buffer).setUint32(0, text.length);
    this.mail.set(text, 4);
    this.given++;
    Atomics.store(this.signals, GIVEN, this.given);
    Atomics.notify(this.signals, GIVEN);
    try {
      const result = own();
      for (const { shard } of this.seats.slice(1)) reach(this.signals, done(shard), this.given);
      return result;
    } catch (error) {
      Atomics.store(this.signals, FAILED, 1);
      Atomics.notify(this.signals, GIVEN);
      throw error;
    }
  }

  /** The states of the helpers' shards, in order. */
  save(): Uint8Array<ArrayBuffer>[] {
    this.together({ act: 'save' }, () => {});
    return this.seats.slice(1).map(({ shard }) => {
      const count = (from: number, bytes: number): Command => ({ act: 'read', from, bytes, shard, size: 0 });
      this.together(count(0, 0), () => {});
      const state = new Uint8Array(new DataView(this.bytes.buffer, this.bytes.byteOffset).getUint32(0));
      for (let from = 0; from < state.length; from += MAIL_BYTES) {
        const bytes = Math.min(MAIL_BYTES, state.length - from);
        this.together(count(from, bytes), () => {});
        state.set(this.bytes.subarray(0, bytes), from);
      }
      return state;
    });
  }

  restore(states: readonly Uint8Array[]): void {
    for (const { shard } of this.seats.slice(1)) {
      const state = states[shard - 1] as Uint8Array;
      for (let from = 0; from < state.length; from += MAIL_BYTES) {
        const bytes = Math.min(MAIL_BYTES, state.length - from);
        this.bytes.set(state.subarray(from, from + bytes));
        this.together({ act: 'write', from, bytes, shard, size: state.length }, () => {});
      }
    }
    this.together({ act: 'restore' }, () => {});
  }

  /** Sums of the helpers' counts: neurons, blocks, sections, synapses, bytes, full. */
  counts(): number[] {
    this.together({ act: 'count' }, () => {});
    const found = new Float64Array(this.bytes.slice(0, 8 * COUNTS * this.seats.length).buffer);
    return Array.from({ length: COUNTS }, (_, i) =>
      this.seats.slice(1).reduce((sum, { shard }) => sum + (found[shard * COUNTS + i] as number), 0),
    );
  }

  /** Lets the helpers go. */
  end(): void {
    if (Atomics.load(this.signals, FAILED) === 0) this.together({ act: 'end' }, () => {});
  }
}

const COUNTS = 6;

export function countsOf({ kernel }: Shard): number[] {
  return [kernel.neurons(), kernel.blocks(), kernel.sections(), kernel.synapses(), kernel.top() >>> 0, kernel.full()];
}

/** A helper thread's work: takes part until it is let go. Blocks the thread. */
export async function help(seat: Seat): Promise<void> {
  const signals = new Int32Array(seat.signals);
  const mail = new Uint8Array(seat.mail);
  const bytes = mail.subarray(COMMAND_BYTES);
  try {
    const shard = await Shard.create(seat.plan, seat.shard, exchanger(seat));
    let state = new Uint8Array();
    const act = (command: Command): void => {
      if (command.act === 'train' || command.act === 'request') {
        const extra = command.act === 'request' ? command.rows * command.width * 4 : 0;
        const free = shard.feed(command.slices, command.bytes, extra, (target) => target.set(bytes.subarray(0, command.bytes)));
        if (command.act === 'train') shard.train(command.rows);
        else shard.kernel.request(command.rows, free);
      } else if (command.act === 'save') state = shard.save();
      else if (command.act === 'restore') shard.restore(state);
      else if (command.act === 'count')
        new Float64Array(bytes.buffer, bytes.byteOffset + 8 * COUNTS * seat.shard, COUNTS).set(countsOf(shard));
      else if ('shard' in command && command.shard === seat.shard) {
        if (command.act === 'write') {
          if (command.from === 0) state = new Uint8Array(command.size);
          state.set(bytes.subarray(0, command.bytes), command.from);
        } else if (command.bytes === 0) new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, state.length);
        else bytes.set(state.subarray(command.from, command.from + command.bytes));
      }
    };
    for (let number = 1; ; number++) {
      tell(signals, done(seat.shard), number);
      while (Atomics.load(signals, GIVEN) <= number) {
        if (Atomics.load(signals, FAILED) !== 0) return;
        Atomics.wait(signals, GIVEN, number === 1 ? 0 : number, 1000);
      }
      const length = new DataView(mail.buffer).getUint32(0);
      const command: Command = JSON.parse(new TextDecoder().decode(mail.slice(4, 4 + length)));
      act(command);
      if (command.act === 'end') return tell(signals, done(seat.shard), number + 1);
    }
  } catch (error) {
    Atomics.store(signals, FAILED, 1);
    throw error;
  }
}
