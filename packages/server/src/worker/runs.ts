import { setImmediate as nextTurn } from 'node:timers/promises';
import { DatasetReader, DatasetWriter } from '@openhanami/datasets';
import { type Cluster, type DenseRows, EngineError } from '@openhanami/engine';
import { checksumOf, mustBeWhole } from '../store/checksum.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { CallInput, CallOutput, ColumnSource, RunEnd } from './protocol.ts';

/** Interface of a run to its worker. */
export interface RunContext {
  readonly cluster: Cluster;
  /** 'abort' or 'pause' once the run should end. */
  stopped(): 'abort' | 'pause' | undefined;
  /** Reports progress; called after each slice, sent on a few times a second. */
  progress(cycle: number): Promise<void>;
  /** Writes the cluster's state, with its note of task and cycle. */
  snapshot(): Promise<void>;
  info(): RunEnd['info'];
}

/** Note of a snapshot: the running task and its cycle. */
interface Note {
  readonly task: string;
  readonly cycle: number;
}

/** Most cycles read at once; fewer of wide data sets. */
const CHUNK_CYCLES = 4096;
/** Target milliseconds of a slice, after which other work of the thread, such as direct requests, gets a turn. */
const SLICE_MS = 10;

/** Trains the cycles of a task from the cluster's snapshot on, to the end or until it is stopped. */
export async function train(call: CallInput<'train'>, context: RunContext, objects: Objects): Promise<CallOutput<'train'>> {
  const { cluster } = context;
  const sources = await Sources.open(objects, [...call.inputs, ...call.outputs]);
  const perEpoch = call.cycles / call.epochs;
  // The next chunk is read while this one is trained, so each has memory of its own.
  const [now, later] = [new Buffers(), new Buffers()];
  let chunks = 0;
  const readChunk = async (cycle: number) => {
    const from = cycle % perEpoch;
    const rows = sources.chunk(from, perEpoch, call.timeLength);
    const buffers = chunks++ % 2 === 0 ? now : later;
    const inputs = await sources.rows(call.inputs, from, rows, call.timeLength, buffers);
    // The expected output of a window is that of its last row.
    const outputs = await sources.rows(call.outputs, from + call.timeLength - 1, rows, 1, buffers);
    return { rows, inputs, outputs };
  };
  const read = (from: number): ReturnType<typeof readChunk> => {
    const chunk = readChunk(from);
    // A failure is handled where the chunk is awaited.
    chunk.catch(() => {});
    return chunk;
  };
  let cycle = cyclesDone(cluster, call.task);
  await context.progress(cycle);
  let written = performance.now();
  const slices = new Slices();
  let next = cycle < call.cycles ? read(cycle) : undefined;
  try {
    while (next && !context.stopped()) {
      const { rows, inputs, outputs } = await next;
      next = cycle + rows < call.cycles ? read(cycle + rows) : undefined;
      await slices.each(rows, context, async (from, count) => {
        cluster.train(part(inputs, from, count), part(outputs, from, count));
        cycle += count;
        cluster.note = JSON.stringify({ task: call.task, cycle } satisfies Note);
        await context.progress(cycle);
        if (performance.now() - written > call.snapshotInterval * 1000) {
          await context.snapshot();
          written = performance.now();
        }
      });
    }
  } finally {
    await next?.catch(() => {});
    await sources.close();
  }
  await context.snapshot();
  return { end: cycle >= call.cycles ? 'finished' : ended(context), cycle, info: context.info() };
}

function cyclesDone(cluster: Cluster, task: string): number {
  if (cluster.note === '') return 0;
  const note: Note = JSON.parse(cluster.note);
  return note.task === task ? note.cycle : 0;
}

/**
 * Writes the answers for all cycles of a task to a new data set, which appears when it is complete.
 * @throws EngineError if an output is untrained.
 */
export async function request(call: CallInput<'request'>, context: RunContext, objects: Objects): Promise<CallOutput<'request'>> {
  const { cluster } = context;
  const sources = await Sources.open(objects, call.inputs);
  const columns = call.results.map(({ column, hexagon }) => {
    const output = cluster.outputs.find(({ name }) => name === hexagon);
    if (!output || output.width === 0) throw new EngineError(`the output '${hexagon}' has not been trained yet`);
    return { name: column, width: output.width, type: 'f32' as const };
  });
  const writer = await DatasetWriter.create(await objects.create(keyOf.dataset(call.task)), columns);
  let cycle = 0;
  await context.progress(cycle);
  const slices = new Slices();
  try {
    while (cycle < call.cycles && !context.stopped()) {
      const rows = sources.chunk(cycle, call.cycles, call.timeLength);
      const inputs = await sources.rows(call.inputs, cycle, rows, call.timeLength);
      const found = columns.map(({ width }) => new Float32Array(rows * width));
      await slices.each(rows, context, async (from, count) => {
        const answers = cluster.request(part(inputs, from, count));
        for (const [i, { hexagon }] of call.results.entries()) found[i]?.set(answers[hexagon] ?? [], from * (columns[i]?.width ?? 0));
        await context.progress(cycle + from + count);
      });
      if (context.stopped()) break;
      await writer.write(found, rows);
      cycle += rows;
    }
    if (cycle >= call.cycles) await writer.finish();
    else await writer.abort();
  } catch (error) {
    await writer.abort();
    throw error;
  } finally {
    await sources.close();
  }
  const end = cycle >= call.cycles ? 'finished' : ended(context);
  const checksum = end === 'finished' ? { checksum: await checksumOf(objects, keyOf.dataset(call.task)) } : {};
  return { end, cycle, info: context.info(), columns: columns.map(({ name, width }) => ({ name, width })), ...checksum };
}

/** Processes rows in slices of about SLICE_MS, with turns for other work in between. */
class Slices {
  private count = 16;

  /** Calls `work` slice by slice, until all of `rows` are done or the run is stopped. */
  async each(rows: number, { stopped }: RunContext, work: (from: number, count: number) => Promise<void>): Promise<void> {
    for (let from = 0; from < rows && !stopped(); ) {
      const count = Math.min(this.count, rows - from);
      const started = performance.now();
      await work(from, count);
      // Slices that were cut short or delayed say little: the size at most doubles or halves.
      const fitting = (count * SLICE_MS) / Math.max(0.01, performance.now() - started);
      this.count = Math.max(1, Math.round(Math.min(2 * this.count, Math.max(this.count / 2, fitting))));
      from += count;
      await nextTurn();
    }
  }
}

/** Buffers for the values of a chunk, reused by the chunk after the next. */
class Buffers {
  private readonly kept = new Map<ColumnSource, Uint8Array | Float32Array>();

  copy(source: ColumnSource, values: Uint8Array | Float32Array): Uint8Array | Float32Array {
    let kept = this.kept.get(source);
    if (kept?.constructor !== values.constructor || kept.length < values.length) {
      kept = values.slice();
      this.kept.set(source, kept);
    } else kept.set(values);
    return kept.subarray(0, values.length);
  }
}

/** The rows of some cycles. */
function part(all: Readonly<Record<string, DenseRows>>, from: number, count: number): Record<string, DenseRows> {
  return Object.fromEntries(
    Object.entries(all).map(([name, rows]) => {
      const { data, width, window = 1 } = rows;
      return [name, { ...rows, data: data.subarray(from * width, (from + count + window - 1) * width) }];
    }),
  );
}

function ended(context: RunContext): 'aborted' | 'paused' {
  return context.stopped() === 'pause' ? 'paused' : 'aborted';
}

/** The data-set files of a run, each opened once. */
class Sources {
  private constructor(private readonly readers: ReadonlyMap<string, DatasetReader>) {}

  static async open(objects: Objects, sources: readonly ColumnSource[]): Promise<Sources> {
    const readers = new Map<string, DatasetReader>();
    try {
      for (const { dataset, checksum } of sources) {
        if (readers.has(dataset)) continue;
        const key = keyOf.dataset(dataset);
        if (checksum) await mustBeWhole(objects, key, checksum);
        readers.set(dataset, await DatasetReader.open(await objects.open(key)));
      }
    } catch (error) {
      for (const reader of readers.values()) await reader.close();
      throw error;
    }
    return new Sources(readers);
  }

  /** Number of cycles to read at once; without windows, as many as the files provide without a copy. */
  chunk(cycle: number, cycles: number, timeLength: number): number {
    const left = Math.min(CHUNK_CYCLES, cycles - cycle);
    if (timeLength > 1) return left;
    return Math.min(left, ...[...this.readers.values()].map((reader) => Math.max(1, reader.rowsInBatch(cycle))));
  }

  /** The rows of `cycles` cycles with windows of `window` rows, by hexagon: valid until the next read, or as long as `buffers`. */
  async rows(
    sources: readonly ColumnSource[],
    from: number,
    cycles: number,
    window: number,
    buffers?: Buffers,
  ): Promise<Record<string, DenseRows>> {
    const all = new Map<string, DenseRows>();
    for (const source of sources) {
      const { dataset, column, hexagon } = source;
      const reader = this.readers.get(dataset);
      const range = reader?.column(column);
      if (!reader || !range) throw new EngineError(`the data set has no column '${column}'`);
      const values = await reader.read(column, from, cycles + window - 1);
      const data = buffers?.copy(source, values) ?? values;
      all.set(hexagon, { data, width: range.width, window, ...(range.shape ? { shape: range.shape } : {}) });
    }
    // Any name is allowed, '__proto__' too.
    return Object.fromEntries(all);
  }

  async close(): Promise<void> {
    for (const reader of this.readers.values()) await reader.close();
  }
}
