import {
  type AllReduce,
  allReducer,
  done,
  FAILED,
  failure,
  GIVEN,
  handedIn,
  PATIENCE_MS,
  SUM_FLOATS,
  signal,
  type WorkerContext,
  waitFor,
} from './all-reduce.ts';
import { EngineError } from './errors.ts';
import type { Plan } from './plan.ts';
import { Shard, type Slice } from './shard.ts';

// A cluster on several threads. Each thread has a shard: a kernel with neurons of its own. In every cycle the shards add up what their neurons give to the
// outputs, and each goes on with the same sum, so none ever reads or writes another's weights, and nothing has to be locked (docs/engine.md, Threads).

/** What the other threads are told to do. */
type Command =
  | { readonly act: 'train'; readonly rows: number; readonly slices: readonly Slice[]; readonly bytes: number }
  | { readonly act: 'request'; readonly rows: number; readonly width: number; readonly slices: readonly Slice[]; readonly bytes: number }
  | { readonly act: 'measure' }
  | { readonly act: 'save' }
  | { readonly act: 'read' | 'write'; readonly from: number; readonly bytes: number; readonly shard: number; readonly size: number }
  | { readonly act: 'restore' | 'count' | 'end' };

const COMMAND_BYTES = 64 * 1024;
/** Bytes that belong to a command. */
export const DATA_BYTES = 1024 * 1024;

/** The side of the thread that has the cluster: gives commands that all shards carry out together. */
export class ThreadGroup {
  private readonly signals: Int32Array;
  private readonly commands: Uint8Array;
  private given = 0;

  private constructor(readonly contexts: readonly WorkerContext[]) {
    const context = contexts[0] as WorkerContext;
    this.signals = new Int32Array(context.signals);
    this.commands = new Uint8Array(context.commands);
  }

  /** @param start starts a thread that calls `joinGroup` with the context it is given. */
  static async assemble(plan: Plan, start: (context: WorkerContext) => void): Promise<ThreadGroup> {
    const signals = new SharedArrayBuffer(4 * handedIn(plan.shards));
    const sums = new SharedArrayBuffer(4 * 2 * SUM_FLOATS * plan.shards);
    const commands = new SharedArrayBuffer(COMMAND_BYTES + DATA_BYTES);
    const contexts = Array.from({ length: plan.shards }, (_, shard) => ({ plan, shard, signals, sums, commands }));
    const group = new ThreadGroup(contexts);
    for (const context of contexts.slice(1)) start(context);
    group.given = 1;
    const started = Date.now();
    while (!group.allDone()) {
      if (Atomics.load(group.signals, FAILED) !== 0 || Date.now() - started > PATIENCE_MS) throw failure();
      await new Promise((next) => setTimeout(next, 1));
    }
    return group;
  }

  /**
   * Whether so many threads are likely to be faster here than one: an exchange must take but a small part of a cycle.
   * @param reduce the all-reduce of this thread's shard.
   */
  pays(plan: Plan, reduce: AllReduce): boolean {
    this.together({ act: 'measure' }, () => exchange(reduce, WARM_UP));
    const started = performance.now();
    this.together({ act: 'measure' }, () => exchange(reduce, WARM_UP));
    const microseconds = ((performance.now() - started) * 1000) / WARM_UP;
    return microseconds < MICROSECONDS_A_NEURON * plan.neuronsPerHexagon;
  }

  private allDone(): boolean {
    return this.contexts.slice(1).every(({ shard }) => Atomics.load(this.signals, done(shard)) >= this.given);
  }

  /** The bytes that go with a command, or come back with it. */
  get bytes(): Uint8Array {
    return this.commands.subarray(COMMAND_BYTES);
  }

  /** Lets the other threads carry out a command while `own` does it for this thread's shard. @throws EngineError if a thread failed. */
  together<Result>(command: Command, own: () => Result): Result {
    if (Atomics.load(this.signals, FAILED) !== 0) throw failure();
    const text = new TextEncoder().encode(JSON.stringify(command));
    if (text.length > COMMAND_BYTES - 4) throw new EngineError('the cluster has too many inputs and outputs for several threads');
    new DataView(this.commands.buffer).setUint32(0, text.length);
    this.commands.set(text, 4);
    this.given++;
    Atomics.store(this.signals, GIVEN, this.given);
    Atomics.notify(this.signals, GIVEN);
    try {
      const result = own();
      for (const { shard } of this.contexts.slice(1)) waitFor(this.signals, done(shard), this.given);
      return result;
    } catch (error) {
      Atomics.store(this.signals, FAILED, 1);
      Atomics.notify(this.signals, GIVEN);
      throw error;
    }
  }

  /** The states of the other threads' shards, in order. */
  save(): Uint8Array<ArrayBuffer>[] {
    this.together({ act: 'save' }, () => {});
    return this.contexts.slice(1).map(({ shard }) => {
      const count = (from: number, bytes: number): Command => ({ act: 'read', from, bytes, shard, size: 0 });
      this.together(count(0, 0), () => {});
      const state = new Uint8Array(new DataView(this.bytes.buffer, this.bytes.byteOffset).getUint32(0));
      for (let from = 0; from < state.length; from += DATA_BYTES) {
        const bytes = Math.min(DATA_BYTES, state.length - from);
        this.together(count(from, bytes), () => {});
        state.set(this.bytes.subarray(0, bytes), from);
      }
      return state;
    });
  }

  restore(states: readonly Uint8Array[]): void {
    for (const { shard } of this.contexts.slice(1)) {
      const state = states[shard - 1] as Uint8Array;
      for (let from = 0; from < state.length; from += DATA_BYTES) {
        const bytes = Math.min(DATA_BYTES, state.length - from);
        this.bytes.set(state.subarray(from, from + bytes));
        this.together({ act: 'write', from, bytes, shard, size: state.length }, () => {});
      }
    }
    this.together({ act: 'restore' }, () => {});
  }

  /** Sums of the other threads' counts: neurons, blocks, sections, synapses, bytes, full. */
  counts(): number[] {
    this.together({ act: 'count' }, () => {});
    const found = new Float64Array(this.bytes.slice(0, 8 * COUNTS * this.contexts.length).buffer);
    return Array.from({ length: COUNTS }, (_, i) =>
      this.contexts.slice(1).reduce((sum, { shard }) => sum + (found[shard * COUNTS + i] as number), 0),
    );
  }

  /** Ends the other threads. */
  end(): void {
    if (Atomics.load(this.signals, FAILED) === 0) this.together({ act: 'end' }, () => {});
  }
}

/** Exchanges that are timed, as many as go before; what one may take for each neuron of a hexagon: a cycle takes about 0.02 µs for it, and real exchanges wait several times as long as these, since threads are never quite in step. */
const WARM_UP = 1000;
const MICROSECONDS_A_NEURON = 0.001;

/** Exchanges the sums of one block of outputs so many times. */
function exchange(reduce: AllReduce, times: number): void {
  const sums = new Float32Array(16);
  for (let i = 0; i < times; i++) reduce(sums, 0, sums.length);
}

const COUNTS = 6;

export function countsOf({ kernel }: Shard): number[] {
  return [kernel.neurons(), kernel.blocks(), kernel.sections(), kernel.synapses(), kernel.top() >>> 0, kernel.full()];
}

/** The work of another thread of a group, until the group ends. Blocks the thread. @throws EngineError if another thread failed. */
export async function joinGroup(context: WorkerContext): Promise<void> {
  const signals = new Int32Array(context.signals);
  const commands = new Uint8Array(context.commands);
  const bytes = commands.subarray(COMMAND_BYTES);
  try {
    const reduce = allReducer(context);
    const shard = await Shard.create(context.plan, context.shard, reduce);
    let state = new Uint8Array();
    const act = (command: Command): void => {
      if (command.act === 'train' || command.act === 'request') {
        const extra = command.act === 'request' ? command.rows * command.width * 4 : 0;
        const free = shard.feed(command.slices, command.bytes, extra, (target) => target.set(bytes.subarray(0, command.bytes)));
        if (command.act === 'train') shard.train(command.rows, 0);
        else shard.kernel.request(command.rows, free);
      } else if (command.act === 'measure') exchange(reduce, WARM_UP);
      else if (command.act === 'save') state = shard.save();
      else if (command.act === 'restore') shard.restore(state);
      else if (command.act === 'count')
        new Float64Array(bytes.buffer, bytes.byteOffset + 8 * COUNTS * context.shard, COUNTS).set(countsOf(shard));
      else if ('shard' in command && command.shard === context.shard) {
        if (command.act === 'write') {
          if (command.from === 0) state = new Uint8Array(command.size);
          state.set(bytes.subarray(0, command.bytes), command.from);
        } else if (command.bytes === 0) new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, state.length);
        else bytes.set(state.subarray(command.from, command.from + command.bytes));
      }
    };
    for (let number = 1; ; number++) {
      signal(signals, done(context.shard), number);
      while (Atomics.load(signals, GIVEN) <= number) {
        if (Atomics.load(signals, FAILED) !== 0) return;
        Atomics.wait(signals, GIVEN, number === 1 ? 0 : number, 1000);
      }
      const length = new DataView(commands.buffer).getUint32(0);
      const command: Command = JSON.parse(new TextDecoder().decode(commands.slice(4, 4 + length)));
      act(command);
      if (command.act === 'end') return signal(signals, done(context.shard), number + 1);
    }
  } catch (error) {
    Atomics.store(signals, FAILED, 1);
    throw error;
  }
}
