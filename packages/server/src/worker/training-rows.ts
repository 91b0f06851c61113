import { heldRows, type TaskScores } from '@openhanami/contract';
import type { Cluster, Rows } from '@openhanami/engine';
import { Judge } from './judge.ts';
import type { CallInput } from './protocol.ts';
import { MOST_PASSES, RowOrder, tailRows } from './row-order.ts';
import { Buffers, pick, type Sources } from './sources.ts';

/** The pass that learns the rows by which the others were judged. */
export const TAIL = -1;

/** Some rows of a training. */
interface Chunk {
  readonly rows: number;
  readonly inputs: Record<string, Rows>;
  readonly outputs: Record<string, Rows>;
}

/** The rows of a training, in their order. */
export class Training {
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
    const jobs = this.order ? this.shuffledJobs(this.order, skip) : this.jobs(first + skip, first + this.lengthOf(pass));
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

  private *shuffledJobs(order: RowOrder, skip: number): Generator<() => Promise<Chunk>> {
    let before = 0;
    for (const { from, count, rows } of order.groups()) {
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
