import { setImmediate as nextTurn } from 'node:timers/promises';
import { DatasetReader, DatasetWriter } from '@openhanami/datasets';
import { type Cluster, EngineError, type Rows } from '@openhanami/engine';
import { checksumOf, mustBeWhole } from '../store/checksum.ts';
import type { CallInput, CallOutput, ColumnSource, RunEnd } from './protocol.ts';

/** What a run needs from the worker around it. */
export interface RunContext {
  readonly cluster: Cluster;
  /** 'abort' or 'pause' once the run shall end. */
  stopped(): 'abort' | 'pause' | undefined;
  /** Tells how far the run is; called after each chunk, sent on a few times a second. */
  progress(cycle: number): Promise<void>;
  /** Writes the cluster's state, with a note that says which cycle of which task it stands for. */
  snapshot(): Promise<void>;
  info(): RunEnd['info'];
}

/** What a snapshot's note says about the task that was running. */
interface Note {
  readonly task: string;
  readonly cycle: number;
}

/** Rows of wide data sets are read in smaller chunks, so that a run can be stopped at any time. */
const CHUNK_CYCLES = 4096;

/** Trains cycles of a task from where the cluster's snapshot stands, to the end or until it is told to stop. */
export async function train(call: CallInput<'train'>, context: RunContext): Promise<CallOutput<'train'>> {
  const { cluster } = context;
  const sources = await Sources.open([...call.inputs, ...call.outputs]);
  const perEpoch = call.cycles / call.epochs;
  const readChunk = async (cycle: number) => {
    const from = cycle % perEpoch;
    const rows = sources.chunk(from, perEpoch, call.timeLength);
    const inputs = await sources.rows(call.inputs, from, rows, call.timeLength);
    // What is expected of a window is its last row.
    const outputs = await sources.rows(call.outputs, from + call.timeLength - 1, rows, 1);
    return { rows, inputs, outputs };
  };
  const read = (from: number): ReturnType<typeof readChunk> => {
    const chunk = readChunk(from);
    // A failure is met when the chunk is awaited, not before.
    chunk.catch(() => {});
    return chunk;
  };
  let cycle = cyclesDone(cluster, call.task);
  await context.progress(cycle);
  let written = performance.now();
  // The next chunk is read while this one is trained.
  let next = cycle < call.cycles ? read(cycle) : undefined;
  try {
    while (next && !context.stopped()) {
      const { rows, inputs, outputs } = await next;
      next = cycle + rows < call.cycles ? read(cycle + rows) : undefined;
      cluster.train(inputs, outputs);
      cycle += rows;
      cluster.note = JSON.stringify({ task: call.task, cycle } satisfies Note);
      await context.progress(cycle);
      if (performance.now() - written > call.snapshotInterval * 1000) {
        await context.snapshot();
        written = performance.now();
      }
      await nextTurn();
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

/** Answers all cycles of a task into a new data set, which appears when it is complete. */
export async function request(call: CallInput<'request'>, context: RunContext): Promise<CallOutput<'request'>> {
  const { cluster } = context;
  const sources = await Sources.open(call.inputs);
  const columns = call.results.map(({ column, hexagon }) => {
    const output = cluster.outputs.find(({ name }) => name === hexagon);
    if (!output || output.width === 0) throw new EngineError(`the output '${hexagon}' has not been trained yet`);
    return { name: column, width: output.width, type: 'f32' as const };
  });
  const writer = await DatasetWriter.create(call.resultFile, columns);
  let cycle = 0;
  await context.progress(cycle);
  try {
    while (cycle < call.cycles && !context.stopped()) {
      const rows = sources.chunk(cycle, call.cycles, call.timeLength);
      const answers = cluster.request(await sources.rows(call.inputs, cycle, rows, call.timeLength));
      await writer.write(
        call.results.map(({ hexagon }) => answers[hexagon] ?? new Float32Array()),
        rows,
      );
      cycle += rows;
      await context.progress(cycle);
      await nextTurn();
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
  const checksum = end === 'finished' ? { checksum: await checksumOf(call.resultFile) } : {};
  return { end, cycle, info: context.info(), columns: columns.map(({ name, width }) => ({ name, width })), ...checksum };
}

function ended(context: RunContext): 'aborted' | 'paused' {
  return context.stopped() === 'pause' ? 'paused' : 'aborted';
}

/** The data-set files of a run, each opened once. */
class Sources {
  private constructor(private readonly readers: ReadonlyMap<string, DatasetReader>) {}

  static async open(sources: readonly ColumnSource[]): Promise<Sources> {
    const readers = new Map<string, DatasetReader>();
    try {
      for (const { path, checksum } of sources) {
        if (readers.has(path)) continue;
        if (checksum) await mustBeWhole(path, checksum);
        readers.set(path, await DatasetReader.open(path));
      }
    } catch (error) {
      for (const reader of readers.values()) await reader.close();
      throw error;
    }
    return new Sources(readers);
  }

  /** How many cycles to do at once: what the files can give without a copy, where windows do not overlap batches anyway. */
  chunk(cycle: number, cycles: number, timeLength: number): number {
    const left = Math.min(CHUNK_CYCLES, cycles - cycle);
    if (timeLength > 1) return left;
    return Math.min(left, ...[...this.readers.values()].map((reader) => Math.max(1, reader.rowsInBatch(cycle))));
  }

  /** For each source the rows of `cycles` cycles with windows of `window` rows, by hexagon. */
  async rows(sources: readonly ColumnSource[], from: number, cycles: number, window: number): Promise<Record<string, Rows>> {
    const all: Record<string, Rows> = {};
    for (const { path, column, hexagon } of sources) {
      const reader = this.readers.get(path);
      const range = reader?.column(column);
      if (!reader || !range) throw new EngineError(`the data set has no column '${column}'`);
      const data = await reader.read(column, from, cycles + window - 1);
      all[hexagon] = { data, width: range.width, window, ...(range.shape ? { shape: range.shape } : {}) };
    }
    return all;
  }

  async close(): Promise<void> {
    for (const reader of this.readers.values()) await reader.close();
  }
}
