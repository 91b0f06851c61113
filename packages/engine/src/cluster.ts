import { buildNet, refuseUnsupported, type Terminal } from './build.ts';
import { type Answers, type Coding, codingsOf, type MatchState } from './coding.ts';
import { instantiate, type Kernel } from './kernel.ts';
import { arrange } from './layout.ts';
import { readSnapshot, writeSnapshot } from './snapshot.ts';
import { parseTemplate } from './template.ts';

/** Rows of numbers for one input or output. Cycle i reads `window` · `width` values from value i · `width` on (rows i … i + window − 1). */
export interface Rows {
  readonly data: Uint8Array | Float32Array | Float64Array;
  /** Values a row; > 0. */
  readonly width: number;
  /** Rows a cycle; 1 unless windows are wanted. */
  readonly window?: number;
  /** Rows and columns of the picture that a row is; lets bundles see neighbouring values. */
  readonly shape?: readonly [rows: number, columns: number];
}

export interface ClusterOptions {
  /** Fixes everything that is random: same seed, same rows, same network, bit by bit. */
  readonly seed?: number;
  /** Neurons that one hexagon may grow; rounded up to a multiple of 16. */
  readonly neuronsPerHexagon?: number;
}

export interface ClusterStats {
  readonly neurons: number;
  readonly blocks: number;
  readonly sections: number;
  readonly synapses: number;
  /** Memory of the network in bytes. */
  readonly bytes: number;
}

/** Rows, names or sizes that the cluster cannot take. */
export class EngineError extends Error {
  override name = 'EngineError';
}

export const DEFAULT_NEURONS_PER_HEXAGON = 320;

/** Bytes of rows that are handed to the kernel at a time. */
const STAGING_BYTES = 256 * 1024;

/** What a snapshot tells besides the kernel's memory. */
export interface ClusterDescription {
  readonly template: string;
  readonly inputs: readonly Terminal[];
  readonly outputs: readonly Terminal[];
  /** Text that the cluster's owner keeps with the state, such as how far a task has come. */
  note: string;
  /** What codings of inputs have to remember, by name. */
  matches?: Readonly<Record<string, MatchState>>;
}

/**
 * A growing network. It starts empty; neurons and synapses appear while it trains. All its state lies in one WebAssembly memory.
 *
 * ```ts
 * const cluster = await Cluster.create(template, { seed: 1 });
 * cluster.train({ picture: { data: pixels, width: 784, shape: [28, 28] } }, { label: { data: oneHot, width: 10 } });
 * const { label } = cluster.request({ picture: { data: pixels, width: 784 } });
 * ```
 */
export class Cluster {
  private constructor(
    private readonly kernel: Kernel,
    private readonly memory: WebAssembly.Memory,
    private readonly description: ClusterDescription,
  ) {
    this.codings = codingsOf(parseTemplate(description.template), description.matches);
  }

  private readonly codings: ReadonlyMap<string, Coding>;

  /**
   * An empty cluster with the hexagons of `template` (its text).
   * @throws TemplateError if the template is faulty or asks for what the engine cannot do.
   */
  static async create(template: string, options: ClusterOptions = {}): Promise<Cluster> {
    const parsed = parseTemplate(template);
    refuseUnsupported(parsed);
    const layout = arrange(parsed);
    const { kernel, memory } = await instantiate();
    const bundles = Math.ceil((options.neuronsPerHexagon ?? DEFAULT_NEURONS_PER_HEXAGON) / 16);
    kernel.init(BigInt(options.seed ?? 1), bundles);
    return new Cluster(kernel, memory, { template, ...buildNet(kernel, parsed, layout), note: '' });
  }

  /**
   * A cluster as it was when `snapshot` was taken.
   * @throws EngineError if the bytes are no snapshot, of another version, or damaged.
   */
  static async restore(snapshot: Uint8Array): Promise<Cluster> {
    const { kernel, memory } = await instantiate();
    return new Cluster(kernel, memory, readSnapshot(snapshot, kernel, memory));
  }

  /** The text that the cluster was made from. */
  get template(): string {
    return this.description.template;
  }

  /** Text that goes into snapshots and comes back with them. */
  get note(): string {
    return this.description.note;
  }

  set note(text: string) {
    this.description.note = text;
  }

  /** Names of the inputs with their width in values (0 before the first rows). */
  get inputs(): readonly { readonly name: string; readonly width: number }[] {
    return this.description.inputs.map((input) => this.outer(input));
  }

  /** Names of the outputs with their width in values (0 before the first rows). */
  get outputs(): readonly { readonly name: string; readonly width: number }[] {
    return this.description.outputs.map((output) => this.outer(output));
  }

  /** A terminal as it is seen from outside. */
  private outer({ name, width }: Terminal): { name: string; width: number } {
    return { name, width: this.codings.get(name)?.outerWidth(width) ?? width };
  }

  /**
   * Trains one cycle a row, in order. Rows wider than before widen the cluster without changing what it answers.
   * @param task which cycles of how many these are: steps shorten towards the end of a task. Left out, steps stay as they are.
   * @returns the number of cycles and the mean of the largest error of each.
   * @throws EngineError for a name, width or value that cannot be used; nothing is trained then.
   */
  train(
    inputs: Readonly<Record<string, Rows>>,
    outputs: Readonly<Record<string, Rows>>,
    task: { readonly cycle: number; readonly total: number } = { cycle: 0, total: 0 },
  ): { cycles: number; error: number } {
    const feeds = [...this.match(inputs, 'inputs', true), ...this.match(outputs, 'outputs', true)];
    const cycles = countCycles(feeds);
    let error = 0;
    this.inChunks(feeds, cycles, 0, (from, rows) => {
      error += rows * this.kernel.train(rows, task.cycle + from, task.total);
    });
    return { cycles, error: cycles === 0 ? 0 : error / cycles };
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
    const feeds = this.match(inputs, 'inputs', false);
    for (const { terminal, length } of feeds) {
      if (length > terminal.width) {
        throw new EngineError(
          `the input '${terminal.name}' was trained with ${terminal.width} values a cycle; a request cannot have ${length}`,
        );
      }
    }
    const cycles = countCycles(feeds);
    const width = outputs.reduce((sum, output) => sum + output.width, 0);
    const answers = outputs.map((output) => new Float32Array(cycles * output.width));
    this.inChunks(feeds, cycles, width * 4, (from, rows, free) => {
      this.kernel.request(rows, free);
      const all = new Float32Array(this.memory.buffer, free, rows * width);
      let offset = 0;
      for (const [i, output] of outputs.entries()) {
        for (let row = 0; row < rows; row++) {
          const start = row * width + offset;
          answers[i]?.set(all.subarray(start, start + output.width), (from + row) * output.width);
        }
        offset += output.width;
      }
    });
    return Object.fromEntries(
      outputs.map(({ name }, i) => {
        const found = answers[i] ?? new Float32Array();
        return [name, this.codings.get(name)?.decode(found) ?? found];
      }),
    );
  }

  /** The whole state as bytes, with version and checksum. */
  snapshot(): Uint8Array<ArrayBuffer> {
    const states = [...this.codings].flatMap(([name, coding]) => (coding.state ? [[name, coding.state()] as const] : []));
    const description = states.length > 0 ? { ...this.description, matches: Object.fromEntries(states) } : this.description;
    return writeSnapshot(description, this.kernel, this.memory);
  }

  stats(): ClusterStats {
    const { kernel } = this;
    return {
      neurons: kernel.neurons(),
      blocks: kernel.blocks(),
      sections: kernel.sections(),
      synapses: kernel.synapses(),
      bytes: kernel.top(),
    };
  }

  private match(given: Readonly<Record<string, Rows>>, side: 'inputs' | 'outputs', learn: boolean): Feed[] {
    const terminals = this.description[side];
    for (const name of Object.keys(given)) {
      if (!terminals.some((terminal) => terminal.name === name)) {
        const known = terminals.map((terminal) => `'${terminal.name}'`).join(', ');
        throw new EngineError(`the cluster has no ${side.slice(0, -1)} '${name}'; it has ${known}`);
      }
    }
    return terminals.map((terminal) => {
      const raw = given[terminal.name];
      if (!raw) throw new EngineError(`no rows for the ${side.slice(0, -1)} '${terminal.name}'`);
      if (!(raw.width > 0)) throw new EngineError(`rows for '${terminal.name}' must have at least one value`);
      const rows = this.codings.get(terminal.name)?.encode(raw, learn) ?? narrowed(raw);
      const window = rows.window ?? 1;
      const length = rows.width * window;
      const cycles = Math.floor(rows.data.length / rows.width) - (window - 1);
      return { terminal, side, rows, length, cycles };
    });
  }

  /** Copies rows to the kernel, as many at a time as fit, and lets `work` do them. `free` is room for `extra` bytes a row. */
  private inChunks(feeds: readonly Feed[], cycles: number, extra: number, work: (from: number, rows: number, free: number) => void): void {
    for (const feed of feeds) this.checkFinite(feed, cycles);
    const rowBytes = feeds.reduce((sum, { rows }) => sum + rows.width * rows.data.BYTES_PER_ELEMENT, extra);
    const windowBytes = feeds.reduce((sum, { length, rows }) => sum + length * rows.data.BYTES_PER_ELEMENT + 64, 64);
    const perChunk = Math.max(1, Math.floor((STAGING_BYTES - windowBytes) / rowBytes));
    for (let from = 0; from < cycles; from += perChunk) {
      const rows = Math.min(perChunk, cycles - from);
      let free = this.kernel.stage(rows * rowBytes + windowBytes);
      for (const feed of feeds) free = this.feed(feed, from, rows, free);
      work(from, rows, free);
    }
  }

  /** Puts the rows of one feed at `address`; returns the next free address. */
  private feed({ terminal, side, rows, length }: Feed, from: number, count: number, address: number): number {
    const { data, width } = rows;
    const bytes = data.BYTES_PER_ELEMENT;
    const values = data.subarray(from * width, (from + count - 1) * width + length);
    const target = data instanceof Uint8Array ? new Uint8Array(this.memory.buffer) : new Float32Array(this.memory.buffer);
    target.set(values, address / bytes);
    if (side === 'inputs') {
      if (rows.shape && length === rows.shape[0] * rows.shape[1]) this.kernel.shapeInput(terminal.address, ...rows.shape);
      this.kernel.feedInput(terminal.address, address, width * bytes, length, bytes === 1 ? 1 : 0);
    } else {
      this.kernel.feedOutput(terminal.address, address, width * bytes, length, bytes === 1 ? 1 : 0);
    }
    terminal.width = Math.max(terminal.width, length);
    return (address + values.byteLength + 63) & ~63;
  }

  private checkFinite({ terminal, rows, length }: Feed, cycles: number): void {
    if (rows.data instanceof Uint8Array || cycles === 0) return;
    const used = (cycles - 1) * rows.width + length;
    const step = STAGING_BYTES / 4;
    for (let from = 0; from < used; from += step) {
      const values = rows.data.subarray(from, Math.min(from + step, used));
      const address = this.kernel.stage(values.byteLength);
      new Float32Array(this.memory.buffer).set(values, address / 4);
      const at = this.kernel.firstNotFinite(address, values.length);
      if (at < 0) continue;
      const index = from + at;
      throw new EngineError(
        `'${terminal.name}' row ${Math.floor(index / rows.width)}, column ${index % rows.width} is ${values[at]}; only finite numbers can be used`,
      );
    }
  }
}

/** Rows as the kernel reads them. */
export interface PlainRows extends Rows {
  readonly data: Uint8Array | Float32Array;
}

/** Rows that were matched to their input or output. */
interface Feed {
  readonly terminal: Terminal;
  readonly side: 'inputs' | 'outputs';
  readonly rows: PlainRows;
  /** Values a cycle. */
  readonly length: number;
  readonly cycles: number;
}

/** The kernel reads bytes and 32-bit floats. */
function narrowed(rows: Rows): PlainRows {
  const { data } = rows;
  return { ...rows, data: data instanceof Float64Array ? Float32Array.from(data) : data };
}

function countCycles(feeds: readonly Feed[]): number {
  return Math.max(0, Math.min(...feeds.map((feed) => feed.cycles)));
}
