import { allReducer, type WorkerContext } from './all-reduce.ts';
import type { ClusterOptions, ClusterStats, HexagonStats, OutputColumn, Training } from './cluster-types.ts';
import type { Answers } from './coding.ts';
import type { Column } from './column.ts';
import { EngineError } from './errors.ts';
import type { FieldState } from './fields.ts';
import { type Explanation, explanationOf, type Importance, importanceOf } from './importance.ts';
import { MOST_BYTES } from './kernel.ts';
import { arrange } from './layout.ts';
import { countCycles, type Matched, Matching } from './matching.ts';
import { DEFAULT_NEURONS_PER_HEXAGON } from './plan.ts';
import type { Rows } from './rows.ts';
import type { Naive } from './score.ts';
import { Scoring } from './scoring.ts';
import { Shard, slices } from './shard.ts';
import { type Description, readSnapshot, type Terminal, writeSnapshot } from './snapshot.ts';
import { parseTemplate } from './template.ts';
import { countsOf, DATA_BYTES, ThreadGroup } from './thread-group.ts';

/** Bytes of rows that are handed to the kernel at a time. */
const STAGING_BYTES = 256 * 1024;

/**
 * A growing network. It starts empty; neurons and synapses appear while it trains.
 *
 * ```ts
 * const cluster = await Cluster.create(template, { seed: 1 });
 * cluster.train({ picture: { data: pixels, width: 784, shape: [28, 28] } }, { label: { data: oneHot, width: 10 } });
 * const { label } = cluster.request({ picture: { data: pixels, width: 784 } });
 * ```
 */
export class Cluster {
  private readonly matching: Matching;
  /** For each output what answers without knowledge would be; they begin anew with a restored cluster. */
  private readonly naive = new Map<string, Naive>();

  private constructor(
    private readonly shard: Shard,
    private readonly group: ThreadGroup | undefined,
    private readonly description: Description,
  ) {
    this.matching = new Matching(description, (values) => shard.firstInfinite(values));
  }

  /**
   * An empty cluster with the hexagons of `template` (its text).
   * @throws TemplateError if the template is faulty.
   */
  static async create(template: string, options: ClusterOptions = {}): Promise<Cluster> {
    const { inputs, outputs } = parseTemplate(template);
    const plan = {
      template,
      seed: options.seed ?? 1,
      neuronsPerHexagon: options.neuronsPerHexagon ?? DEFAULT_NEURONS_PER_HEXAGON,
      shards: options.threads ?? 1,
      memoryLimit: options.memoryLimit ?? MOST_BYTES * (options.threads ?? 1),
    };
    arrange(parseTemplate(template));
    const empty = (terminals: readonly { name: string }[]): Terminal[] => terminals.map(({ name }) => ({ name, width: 0 }));
    return Cluster.build({ plan, inputs: empty(inputs), outputs: empty(outputs), note: '', fields: {}, classes: {} }, options);
  }

  /**
   * A cluster as it was when `snapshot` was taken, on as many threads.
   * @param options.threads most threads that it may be spread over; left out, as many as it says.
   * @throws EngineError if the bytes are no snapshot, of another version, damaged, or of a cluster that is larger than it may be.
   */
  static async restore(
    snapshot: Uint8Array,
    options: Pick<ClusterOptions, 'memoryLimit' | 'threads' | 'startThread'> = {},
  ): Promise<Cluster> {
    const { description: found, states, checksum, checked } = readSnapshot(snapshot);
    const { threads = found.plan.shards } = options;
    if (found.plan.shards > threads) {
      throw new EngineError(`the snapshot is of a cluster on ${found.plan.shards} threads; ${threads} are the most here`);
    }
    const plan = options.memoryLimit === undefined ? found.plan : { ...found.plan, memoryLimit: options.memoryLimit };
    const cluster = await Cluster.build({ ...found, plan }, options).catch((error: Error) => {
      // A header that was damaged may ask for anything; its checksum is known only when there is a kernel.
      throw error instanceof EngineError ? error : new EngineError(`the snapshot is damaged: ${error.message}`);
    });
    if (cluster.shard.checksum(checked) !== checksum) throw new EngineError('the snapshot is damaged: its checksum does not match');
    cluster.shard.restore(states[0] as Uint8Array);
    cluster.group?.restore(states.slice(1));
    return cluster;
  }

  private static async build(
    description: Description,
    { startThread, threadsIfFaster = false }: Pick<ClusterOptions, 'startThread' | 'threadsIfFaster'>,
  ): Promise<Cluster> {
    const { plan } = description;
    if (plan.shards === 1) return new Cluster(await Shard.create(plan, 0, () => {}), undefined, description);
    if (!startThread) throw new EngineError(`the cluster is spread over ${plan.shards} threads; startThread has to start the others`);
    const group = await ThreadGroup.assemble(plan, startThread);
    const reduce = allReducer(group.contexts[0] as WorkerContext);
    if (threadsIfFaster && !group.pays(plan, reduce)) {
      group.end();
      return Cluster.build({ ...description, plan: { ...plan, shards: 1 } }, {});
    }
    return new Cluster(await Shard.create(plan, 0, reduce), group, description);
  }

  /** Ends the other threads; the cluster cannot be used any more. */
  close(): void {
    this.group?.end();
  }

  /** Threads that the cluster is spread over. */
  get threads(): number {
    return this.description.plan.shards;
  }

  /** The text that the cluster was made from. */
  get template(): string {
    return this.description.plan.template;
  }

  /** Text that goes into snapshots and comes back with them. */
  get note(): string {
    return this.description.note;
  }

  set note(text: string) {
    this.description.note = text;
  }

  /** Names of the inputs with their width in values (0 before the first rows). */
  get inputs(): readonly Column[] {
    return this.description.inputs.map((input) => this.matching.outer('inputs', input));
  }

  /** Names of the outputs with their width in values (0 before the first rows). */
  get outputs(): readonly OutputColumn[] {
    return this.description.outputs.map((output) => {
      const classes = this.matching.labelsOf(output.name);
      return { ...this.matching.outer('outputs', output), ...(classes ? { classes } : {}) };
    });
  }

  /** Hexagons that grow, with their places in the grid and their neurons; those of several threads are taken to be even. */
  get hexagons(): readonly HexagonStats[] {
    return this.shard.hexagons.map(({ position, neurons }) => ({ ...position, neurons: neurons * this.threads }));
  }

  /** The fields of an input that was trained with a table, with their kinds and categories; undefined for any other. */
  fields(input: string): readonly FieldState[] | undefined {
    return Object.hasOwn(this.description.fields, input) ? this.description.fields[input] : undefined;
  }

  /**
   * Trains one cycle a row, in order. Rows wider than before widen the cluster without changing what it answers.
   * @param options.window rows that one score counts; left out, all of them.
   * @throws EngineError for a name, width or value that cannot be used; nothing is trained then.
   */
  train(
    inputs: Readonly<Record<string, Rows>>,
    outputs: Readonly<Record<string, Rows>>,
    { window = Number.POSITIVE_INFINITY }: { readonly window?: number } = {},
  ): Training {
    const matched = this.matchAll(inputs, outputs);
    for (const { keep } of matched) keep?.();
    for (const { terminal, feed } of matched) terminal.width = Math.max(terminal.width, feed.length);
    const width = this.answerWidth;
    const scoring = new Scoring(matched, this.matching, this.naive, window);
    let error = 0;
    const cycles = this.inChunks(matched, width * 4, (rows, from, feed) => {
      feed({ act: 'train', rows }, (free) => {
        error += rows * this.shard.train(rows, free);
        const all = this.shard.floats(free, rows * width);
        scoring.add(all, rows, from, width);
      });
    });
    return { cycles, error: cycles === 0 ? 0 : error / cycles, scores: scoring.scores };
  }

  /** The rows of a training; categories and classes that are new are forgotten if any of it is refused. */
  private matchAll(inputs: Readonly<Record<string, Rows>>, outputs: Readonly<Record<string, Rows>>): Matched[] {
    const back = this.matching.mark();
    try {
      return [...this.matching.match(inputs, 'inputs', true), ...this.matching.match(outputs, 'outputs', true)];
    } catch (error) {
      back();
      throw error;
    }
  }

  /** Values of all outputs of one row. */
  private get answerWidth(): number {
    return this.description.outputs.reduce((sum, output) => sum + output.width, 0);
  }

  /**
   * Answers one cycle a row. Nothing is learnt.
   * @returns for each output its answers, cycles × width values, row after row.
   * @throws EngineError before any training, and for a name, width or value that cannot be used.
   */
  request(inputs: Readonly<Record<string, Rows>>): Record<string, Answers> {
    const { outputs } = this.description;
    const untrained = outputs.find((output) => output.width === 0);
    if (untrained) throw new EngineError(`the output '${untrained.name}' has not been trained yet`);
    const matched = this.matching.match(inputs, 'inputs', false);
    for (const { terminal, feed } of matched) {
      if (feed.length <= terminal.width) continue;
      throw new EngineError(
        `the input '${terminal.name}' was trained with ${terminal.width} values a cycle; a request cannot have ${feed.length}`,
      );
    }
    const width = this.answerWidth;
    const found = outputs.map((output) => new Float32Array(countCycles(matched) * output.width));
    this.inChunks(matched, width * 4, (rows, from, feed) => {
      feed({ act: 'request', rows, width }, (free) => {
        const all = this.shard.request(rows, width, free);
        let offset = 0;
        for (const [i, output] of outputs.entries()) {
          for (let row = 0; row < rows; row++) {
            const start = row * width + offset;
            found[i]?.set(all.subarray(start, start + output.width), (from + row) * output.width);
          }
          offset += output.width;
        }
      });
    });
    return Object.fromEntries(
      outputs.map(({ name, width }, i) => [name, this.matching.decode(name, found[i] ?? new Float32Array(), width)]),
    );
  }

  /**
   * How much each field of the inputs matters to the answers, in shares that sum to 1. Nothing is learnt.
   * @param inputs rows such as the cluster is asked about; at most a thousand of them are used.
   * @throws EngineError as for a request, and for sparse rows.
   */
  importance(inputs: Readonly<Record<string, Rows>>): Importance[] {
    return importanceOf((rows) => this.request(rows), inputs, this.description.plan.seed);
  }

  /**
   * Which fields took the answer to one row from the usual answer, and how far. Nothing is learnt.
   * @param row one row for each input.
   * @param background rows that it is compared with, such as those that were trained.
   * @param output whose answer is explained, and the index of its value (0 unless it has several, such as classes).
   * @throws EngineError as for a request, and for sparse rows.
   */
  explain(
    row: Readonly<Record<string, Rows>>,
    background: Readonly<Record<string, Rows>>,
    output: { readonly name: string; readonly value?: number },
  ): Explanation {
    return explanationOf((rows) => this.request(rows), row, background, output.name, output.value ?? 0, this.description.plan.seed);
  }

  /** The whole state as bytes, with version and checksum. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const matches = this.matching.matches();
    const description = matches ? { ...this.description, matches } : this.description;
    return writeSnapshot(description, [this.shard.save(), ...(this.group?.save() ?? [])], this.shard);
  }

  stats(): ClusterStats {
    const others = this.group?.counts();
    const [neurons = 0, blocks = 0, sections = 0, synapses = 0, bytes = 0, full = 0] = countsOf(this.shard).map(
      (n, i) => n + (others?.[i] ?? 0),
    );
    // Every shard counts the neurons of the outputs.
    const twice = (this.description.plan.shards - 1) * this.description.outputs.reduce((sum, { width }) => sum + width, 0);
    return { neurons: neurons - twice, blocks, sections, synapses, bytes, full: full > 0 };
  }

  /** Hands rows to all shards, as many at a time as fit; `work` says what they do with them. `extra` bytes a row are kept free for answers. */
  private inChunks(
    matched: readonly Matched[],
    extra: number,
    work: (
      rows: number,
      from: number,
      feed: (
        command: { act: 'train'; rows: number } | { act: 'request'; rows: number; width: number },
        own: (free: number) => void,
      ) => void,
    ) => void,
  ): number {
    const cycles = countCycles(matched);
    const { shard, group } = this;
    for (let from = 0, rows = 0; from < cycles || (cycles === 0 && from === 0); from += rows || 1) {
      rows = Math.min(cycles - from, 65_536);
      const size = (): number => slices(matched, from, rows)[1] + rows * extra;
      while (rows > 1 && size() > STAGING_BYTES) rows = Math.max(1, Math.floor(Math.min(rows / 2, (rows * STAGING_BYTES) / size())));
      const [found, bytes] = slices(matched, from, rows);
      const pack = (target: Uint8Array): void => {
        for (const [i, { feed }] of matched.entries()) feed.pack(target, found[i]?.offset ?? 0, from, rows);
      };
      work(rows, from, (command, own) => {
        if (!group) return own(shard.feed(found, bytes, rows * extra, pack));
        if (bytes > DATA_BYTES) throw new EngineError(`a row of ${bytes} bytes is too wide for several threads`);
        pack(group.bytes);
        group.together({ ...command, slices: found, bytes }, () =>
          own(shard.feed(found, bytes, rows * extra, (target) => target.set(group.bytes.subarray(0, bytes)))),
        );
      });
    }
    return cycles;
  }
}
