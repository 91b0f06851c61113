import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ColumnInfo, TaskScores } from '@openhanami/contract';
import { DatasetWriter, kindOf, type StoredColumn } from '@openhanami/datasets';
import { type Cluster, EngineError, type Label, type Rows } from '@openhanami/engine';
import { checksumOf } from '../store/checksum.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import { Curve } from './curve.ts';
import { Judge } from './judge.ts';
import type { CallInput, CallOutput, RunEnd } from './protocol.ts';
import { heldRows, MOST_PASSES, RowOrder, tailRows } from './row-order.ts';
import { Buffers, pick, Sources, slice } from './sources.ts';

/** Interface of a run to its worker. */
export interface RunContext {
  readonly cluster: Cluster;
  /** 'abort' or 'pause' once the run should end. */
  stopped(): 'abort' | 'pause' | undefined;
  /** Reports progress; called after each slice, sent on a few times a second. */
  progress(cycle: number, scores?: () => TaskScores): Promise<void>;
  /** Writes the cluster's state, with its note of task and cycle. */
  snapshot(): Promise<void>;
  info(): RunEnd['info'];
}

/** How far a training is. */
interface Position {
  /** The pass that runs, and its next row; the pass TAIL learns the rows that the passes were judged by. */
  pass: number;
  row: number;
  /** Rows learnt in all. */
  cycle: number;
  /** Of the pass before. */
  loss?: number;
}

/** Note of a snapshot: the running task, and how far it is. */
type Note = Position & { readonly task: string };

const TAIL = -1;

/** The part by which the loss must fall for another pass, where their number is found out. */
const WORTH = 0.005;
/** Target milliseconds of a slice, after which other work of the thread, such as direct requests, gets a turn. */
const SLICE_MS = 10;

/** Some rows of a training. */
interface Chunk {
  readonly rows: number;
  readonly inputs: Record<string, Rows>;
  readonly outputs: Record<string, Rows>;
}

/** Trains the cycles of a task from the cluster's snapshot on, to the end or until it is stopped. */
export async function train(call: CallInput<'train'>, context: RunContext, objects: Objects): Promise<CallOutput<'train'>> {
  const { cluster } = context;
  const sources = await Sources.open(objects, cluster, [...call.inputs, ...call.outputs]);
  const training = new Training(call, sources);
  const curve = new Curve();
  const at = noteOf(cluster, call.task);
  let passes = at.pass === TAIL ? training.passes : at.pass;
  let holdout: TaskScores['holdout'];
  const scores = (): TaskScores => ({ epochs: passes, ...curve.answer(), ...(holdout ? { holdout } : {}) });
  await context.progress(at.cycle);
  let written = performance.now();
  const slices = new Slices();
  let isDone = false;
  try {
    while (!isDone && !context.stopped()) {
      for await (const { rows, inputs, outputs } of training.chunks(at.pass, at.row)) {
        await slices.each(rows, context, async (from, count) => {
          const trained = cluster.train(slice(inputs, from, count), slice(outputs, from, count));
          at.row += count;
          at.cycle += count;
          curve.add(trained.scores, at.cycle);
          cluster.note = JSON.stringify({ task: call.task, ...at } satisfies Note);
          await context.progress(at.cycle, scores);
          if (performance.now() - written > call.snapshotInterval * 1000) {
            await context.snapshot();
            written = performance.now();
          }
        });
        if (context.stopped()) break;
      }
      if (at.row < training.lengthOf(at.pass)) break;
      if (at.pass === TAIL) isDone = true;
      else {
        passes = at.pass + 1;
        const own = curve.endPass();
        const now = training.tail > 0 ? lossOf(await training.judgeTail(cluster, nextTurn)) : own;
        // The first pass answers rows while it knows little; later ones are judged by what never learnt them.
        const isEnough = call.epochs === 0 && at.pass > 0 && now > (at.loss ?? Number.POSITIVE_INFINITY) * (1 - WORTH);
        at.loss = now;
        const isLast = isEnough || passes === training.passes;
        isDone = isLast && training.tail === 0;
        at.pass = isLast ? TAIL : passes;
        at.row = 0;
      }
      cluster.note = JSON.stringify({ task: call.task, ...at } satisfies Note);
    }
    if (isDone) holdout = await training.judge(cluster, nextTurn);
    await context.snapshot();
    return { end: isDone ? 'finished' : ended(context), cycle: at.cycle, info: context.info(), scores: scores() };
  } finally {
    await sources.close();
  }
}

/** Log loss of classes and squared error of numbers, over all outputs. */
const lossOf = (judged: TaskScores['holdout'] = {}): number =>
  Object.values(judged).reduce((sum, { log_loss, rmse = 0 }) => sum + (log_loss ?? rmse ** 2), 0);

function noteOf(cluster: Cluster, task: string): Position {
  if (cluster.note !== '') {
    const { task: noted, ...at }: Note = JSON.parse(cluster.note);
    // A note of an older version tells cycles only.
    if (noted === task && at.pass !== undefined) return at;
  }
  return { pass: 0, row: 0, cycle: 0 };
}

/** The rows of a training, in their order. */
class Training {
  /** Passes at most. */
  readonly passes: number;
  /** The last rows, by which passes are judged, and which are learnt at the end. */
  readonly tail: number;
  /** Rows of a pass. */
  private readonly perPass: number;
  private readonly held: number;
  private readonly order: RowOrder | undefined;
  private readonly groupRows: number;

  constructor(
    private readonly call: CallInput<'train'>,
    private readonly sources: Sources,
  ) {
    const { rows, order, epochs } = call;
    this.passes = epochs === 0 ? MOST_PASSES : epochs;
    this.held = heldRows(rows, order.holdout);
    this.tail = epochs === 0 ? tailRows(rows - this.held, order) : 0;
    this.perPass = rows - this.held - this.tail;
    this.groupRows = sources.groupRows;
    this.order = order.shuffle ? new RowOrder(rows, this.groupRows, order) : undefined;
  }

  lengthOf(pass: number): number {
    return pass === TAIL ? this.tail : this.perPass;
  }

  /** The rows of a pass behind its first `skip` ones. The next chunk is read while one is trained. */
  async *chunks(pass: number, skip: number): AsyncGenerator<Chunk> {
    const first = pass === TAIL ? this.perPass : 0;
    const jobs = this.order ? this.shuffledJobs(this.order, pass, skip) : this.jobs(first + skip, first + this.lengthOf(pass));
    let coming: Promise<Chunk> | undefined;
    try {
      for (const read of jobs) {
        const now = coming;
        coming = now ? now.then(() => read()) : read();
        // A failure is handled where the chunk is awaited.
        coming.catch(() => {});
        if (now) yield await now;
      }
      if (coming) yield await coming;
    } finally {
      await coming?.catch(() => {});
    }
  }

  /** How well the rows that were kept apart are answered. */
  async judge(cluster: Cluster, turn: () => Promise<unknown>): Promise<TaskScores['holdout']> {
    if (this.held === 0) return undefined;
    const first = this.perPass + this.tail;
    return this.judged(cluster, turn, this.order ? this.heldJobs(this.order) : this.plainJobs(first, first + this.held));
  }

  /** How well the tail is answered. */
  judgeTail(cluster: Cluster, turn: () => Promise<unknown>): Promise<TaskScores['holdout']> {
    return this.judged(cluster, turn, this.plainJobs(this.perPass, this.perPass + this.tail));
  }

  private async judged(
    cluster: Cluster,
    turn: () => Promise<unknown>,
    jobs: Iterable<() => Promise<Chunk>>,
  ): Promise<TaskScores['holdout']> {
    const judges = new Map(this.call.outputs.map(({ hexagon }) => [hexagon, new Judge()]));
    for (const read of jobs) {
      const { rows, inputs, outputs } = await read();
      const answers = cluster.request(inputs);
      for (const [hexagon, judge] of judges) {
        const classes = cluster.outputs.find(({ name }) => name === hexagon)?.classes;
        judge.add(outputs[hexagon] as Rows, answers[hexagon] as Float32Array, classes, rows);
      }
      await turn();
    }
    return Object.fromEntries(Array.from(judges, ([hexagon, judge]) => [hexagon, judge.result]));
  }

  /** Reads of rows in the order of the file; each has memory of its own while the next one is read. */
  private *jobs(first: number, end: number): Generator<() => Promise<Chunk>> {
    const buffers = [new Buffers(), new Buffers()];
    for (let from = first, chunks = 0; from < end; chunks++) {
      const rows = this.sources.chunk(from, end, this.call.timeLength);
      const start = from;
      yield () => this.read(start, rows, buffers[chunks % 2]);
      from += rows;
    }
  }

  private *shuffledJobs(order: RowOrder, pass: number, skip: number): Generator<() => Promise<Chunk>> {
    let before = 0;
    for (const { from, count, rows } of order.groups(pass)) {
      const first = Math.max(0, skip - before);
      before += rows.length;
      if (first < rows.length) yield () => this.pick(from, count, rows.subarray(first));
    }
  }

  private *heldJobs(order: RowOrder): Generator<() => Promise<Chunk>> {
    for (const { from, count, rows } of order.heldGroups()) yield () => this.pick(from, count, rows);
  }

  private *plainJobs(first: number, end: number): Generator<() => Promise<Chunk>> {
    const step = Math.max(1, Math.min(this.groupRows, HELD_ROWS));
    for (let from = first; from < end; from += step) {
      const start = from;
      yield () => this.read(start, Math.min(step, end - start));
    }
  }

  private async pick(from: number, count: number, rows: Int32Array): Promise<Chunk> {
    const { inputs, outputs } = await this.read(from, count);
    return { rows: rows.length, inputs: pick(inputs, rows), outputs: pick(outputs, rows) };
  }

  private async read(from: number, rows: number, buffers?: Buffers): Promise<Chunk> {
    const { inputs, outputs, timeLength, forecast } = this.call;
    return {
      rows,
      inputs: await this.sources.rows(inputs, 'input', from, rows, timeLength, buffers ?? new Buffers()),
      // The expected output of a window is that of its last row, or of those behind it.
      outputs: await this.sources.rows(
        outputs,
        'output',
        from + timeLength - 1 + Number(forecast > 0),
        rows,
        Math.max(1, forecast),
        buffers ?? new Buffers(),
      ),
    };
  }
}

/** Rows that are answered at once at the end. */
const HELD_ROWS = 4096;

/** A column of a result, and how it is made of the answers of an output. */
interface ResultColumn {
  readonly stored: StoredColumn;
  readonly hexagon: string;
  /** Of an output that names a class: what the column says. */
  readonly of: 'values' | 'class' | 'probability' | number;
  readonly classes: readonly Label[];
}

/**
 * Writes the answers for all cycles of a task to a new data set, which appears when it is complete.
 * @throws EngineError if an output is untrained.
 */
export async function request(call: CallInput<'request'>, context: RunContext, objects: Objects): Promise<CallOutput<'request'>> {
  const { cluster } = context;
  const columns = resultColumns(call, cluster);
  const sources = await Sources.open(objects, cluster, call.inputs);
  const writer = await DatasetWriter.create(
    await objects.create(keyOf.dataset(call.task)),
    columns.map(({ stored }) => stored),
  );
  for (const [i, { stored, classes }] of columns.entries()) if (stored.type === 'codes') writer.setLabels(i, classes.map(String));
  let cycle = 0;
  await context.progress(cycle);
  const slices = new Slices();
  try {
    while (cycle < call.cycles && !context.stopped()) {
      const rows = sources.chunk(cycle, call.cycles, call.timeLength);
      const inputs = await sources.rows(call.inputs, 'input', cycle, rows, call.timeLength);
      const found = columns.map(({ stored: { type, width } }) =>
        type === 'codes' ? new Int32Array(rows) : new Float32Array(rows * width),
      );
      await slices.each(rows, context, async (from, count) => {
        const answers = cluster.request(slice(inputs, from, count));
        for (const [i, column] of columns.entries())
          put(found[i] as Float32Array, column, answers[column.hexagon] as Float32Array, from, count);
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
  const infos = columns.map(({ stored }): ColumnInfo => ({ name: stored.name, kind: kindOf(stored), width: stored.width, skip: false }));
  return { end, cycle, info: context.info(), columns: infos, ...checksum };
}

/** Most probabilities of classes that a result has. */
const MOST_CLASSES = 1000;

function resultColumns(call: CallInput<'request'>, cluster: Cluster): ResultColumn[] {
  const taken = new Set(call.results.map(({ column }) => column));
  const free = (wanted: string): string => {
    let name = wanted;
    for (let k = 2; taken.has(name); k++) name = `${wanted}_${k}`;
    taken.add(name);
    return name;
  };
  return call.results.flatMap(({ column, hexagon, allClasses }): ResultColumn[] => {
    const output = cluster.outputs.find(({ name }) => name === hexagon);
    if (!output || output.width === 0) throw new EngineError(`the output '${hexagon}' has not been trained yet`);
    const { classes } = output;
    if (!classes) return [{ stored: { name: column, width: output.width, type: 'f32' }, hexagon, of: 'values', classes: [] }];
    if (allClasses && classes.length > MOST_CLASSES)
      throw new EngineError(`the output '${hexagon}' has ${classes.length} classes; probabilities of up to ${MOST_CLASSES} are written`);
    const number = (name: string): StoredColumn => ({ name: free(name), width: 1, type: 'f32' });
    return [
      { stored: { name: column, width: 1, type: 'codes' }, hexagon, of: 'class', classes },
      { stored: number(`${column}_probability`), hexagon, of: 'probability', classes },
      ...(allClasses ? classes.map((label, i): ResultColumn => ({ stored: number(`${column}_${label}`), hexagon, of: i, classes })) : []),
    ];
  });
}

/** Puts answers (count, width) of an output into rows `from` … of a column. */
function put(target: Float32Array, { stored, of, classes }: ResultColumn, answers: Float32Array, from: number, count: number): void {
  if (of === 'values') {
    target.set(answers, from * stored.width);
    return;
  }
  const width = classes.length;
  for (let row = 0; row < count; row++) {
    let best = 0;
    for (let i = 1; i < width; i++) if ((answers[row * width + i] as number) > (answers[row * width + best] as number)) best = i;
    target[from + row] = of === 'class' ? best : (answers[row * width + (of === 'probability' ? best : of)] as number);
  }
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

function ended(context: RunContext): 'aborted' | 'paused' {
  return context.stopped() === 'pause' ? 'paused' : 'aborted';
}
