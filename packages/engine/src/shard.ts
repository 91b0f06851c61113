import type { AllReduce } from './all-reduce.ts';
import { EngineError } from './errors.ts';
import type { Feed } from './feed.ts';
import { type Imports, instantiate, type Kernel, MOST_BYTES } from './kernel.ts';
import { arrange, type Layout } from './layout.ts';
import type { Plan } from './plan.ts';
import { type Position, parseTemplate, type Template } from './template.ts';

/** Where rows for one input or output stand in a block of bytes. */
export interface Slice {
  readonly side: 'inputs' | 'outputs';
  /** Place in the template. */
  readonly index: number;
  readonly offset: number;
  readonly stride: number;
  readonly length: number;
  readonly form: number;
  readonly shape: readonly [rows: number, columns: number] | undefined;
  /** Of fields: the places of values that are numbers of categories. */
  readonly categories?: readonly number[];
}

const align = (bytes: number): number => (bytes + 63) & ~63;

/** Lays out some cycles of feeds one behind the other. */
export function slices(
  feeds: readonly { side: Slice['side']; index: number; feed: Feed }[],
  from: number,
  count: number,
): [Slice[], bytes: number] {
  let offset = 0;
  const found = feeds.map(({ side, index, feed }) => {
    const { stride, length, form, shape, categories } = feed;
    const slice = { side, index, offset, stride, length, form, shape, ...(categories ? { categories } : {}) };
    offset = align(offset + feed.bytes(from, count));
    return slice;
  });
  return [found, offset];
}

/** A kernel with the net of a plan, or of one part of it. */
export class Shard {
  private constructor(
    readonly kernel: Kernel,
    private readonly memory: WebAssembly.Memory,
    private readonly terminals: Readonly<Record<Slice['side'], readonly number[]>>,
    private readonly mover: { transfer: Imports['transfer'] },
    private readonly layout: Layout,
  ) {}

  static async create(plan: Plan, index: number, allReduce: AllReduce): Promise<Shard> {
    const mover: { transfer: Imports['transfer'] } = { transfer: () => {} };
    let floats = new Float32Array();
    const limit = Math.min(MOST_BYTES, Math.floor(plan.memoryLimit / plan.shards));
    const imports: Imports = {
      allReduce: (address, count) => {
        // The buffer is another one after the memory has grown.
        if (floats.buffer !== memory.buffer) floats = new Float32Array(memory.buffer);
        allReduce(floats, address >>> 2, count);
      },
      transfer: (address, bytes) => mover.transfer(address >>> 0, bytes >>> 0),
    };
    const { kernel: bare, memory } = await instantiate(imports, limit);
    const kernel = caught(bare);
    const template = parseTemplate(plan.template);
    const { neuronCooldown, refractoryTime, enableReduction } = template.settings;
    const blocks = Math.max(1, Math.ceil(plan.neuronsPerHexagon / 16 / plan.shards));
    kernel.init(BigInt(plan.seed), index, plan.shards, blocks, neuronCooldown, refractoryTime, enableReduction ? 1 : 0, limit);
    const layout = arrange(template);
    return new Shard(kernel, memory, buildNet(kernel, template, layout), mover, layout);
  }

  /** Hexagons that can grow, and the neurons that each has in this shard. */
  get hexagons(): { readonly position: Position; readonly neurons: number }[] {
    const { hexagons } = this.layout;
    return hexagons.map(({ position }, i) => ({ position, neurons: this.kernel.hexagonNeurons(i, hexagons.length) }));
  }

  /** Takes rows that lie in a block of bytes as `slices` laid them out. Returns the address of `extra` free bytes. @throws EngineError without memory. */
  feed(found: readonly Slice[], bytes: number, extra: number, fill: (target: Uint8Array) => void): number {
    const base = this.kernel.stage(bytes + extra + 128) >>> 0;
    if (base === 0) throw new EngineError('the memory that the cluster may take is full');
    fill(new Uint8Array(this.memory.buffer, base, bytes));
    for (const { side, index, offset, stride, length, form, shape, categories } of found) {
      const address = this.terminals[side][index] as number;
      if (side === 'outputs') this.kernel.feedOutput(address, base + offset, stride, length, form);
      else {
        if (shape) this.kernel.shapeInput(address, ...shape);
        if (categories) this.kernel.declareFields(address);
        this.kernel.feedInput(address, base + offset, stride, length, form);
        for (const column of categories ?? []) this.kernel.declareCategories(address, column);
      }
    }
    return base + bytes;
  }

  /**
   * Trains `rows` fed rows.
   * @param to where the answers that are judged are written (assembly/cycle.ts); 0 for nowhere.
   * @returns the mean of the largest errors.
   * @throws EngineError if memory ran out half way: the shard is of no more use.
   */
  train(rows: number, to: number): number {
    return this.kernel.train(rows, to);
  }

  /** What was written to free memory, as floats; gone at the next call. */
  floats(at: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, count);
  }

  /** Answers `rows` fed rows with `width` values each. The answers are gone at the next call. @throws EngineError if the state is damaged. */
  request(rows: number, width: number, to: number): Float32Array {
    this.kernel.request(rows, to);
    return this.floats(to, rows * width);
  }

  /** Index of the first number that is infinite; -1 if none is. */
  firstInfinite(values: Float32Array): number {
    const base = this.kernel.stage(values.byteLength) >>> 0;
    if (base === 0) return values.findIndex((value) => Math.abs(value) === Number.POSITIVE_INFINITY);
    new Float32Array(this.memory.buffer, base, values.length).set(values);
    return this.kernel.firstInfinite(base, values.length);
  }

  /** The state as bytes, its length a multiple of 8. */
  save(): Uint8Array<ArrayBuffer> {
    let size = 0;
    this.mover.transfer = (_, bytes) => {
      size += bytes;
    };
    this.kernel.save();
    const state = new Uint8Array((size + 7) & ~7);
    let at = 0;
    this.mover.transfer = (address, bytes) => {
      state.set(new Uint8Array(this.memory.buffer, address, bytes), at);
      at += bytes;
    };
    this.kernel.save();
    return state;
  }

  /** Takes a state that was saved by a shard of the same plan. @throws EngineError if it does not fit. */
  restore(state: Uint8Array): void {
    let at = 0;
    this.mover.transfer = (address, bytes) => {
      if (at + bytes > state.length) throw new EngineError('the snapshot is damaged: it ends too early');
      new Uint8Array(this.memory.buffer, address, bytes).set(state.subarray(at, at + bytes));
      at += bytes;
    };
    try {
      this.kernel.restore();
    } catch (error) {
      throw error instanceof Trap ? new EngineError('the snapshot is damaged, or larger than the memory that there is') : error;
    }
  }

  /** Checksum of bytes, worked out by the kernel piece by piece. */
  checksum(bytes: Uint8Array): bigint {
    const step = 64 * 1024;
    let sum = 1n;
    for (let from = 0; from < bytes.length; from += step) {
      const part = bytes.subarray(from, from + step);
      const address = this.kernel.stage(step) >>> 0;
      if (address === 0) throw new EngineError('the memory that the cluster may take is full');
      const target = new Uint8Array(this.memory.buffer, address, (part.length + 7) & ~7);
      target.fill(0, part.length);
      target.set(part);
      sum = this.kernel.checksum(address, target.length, sum);
    }
    return BigInt.asUintN(64, sum);
  }
}

/** The kernel has come to an end where there is none: without memory, or led astray by a state that somebody has made by hand; never out of its memory. */
class Trap extends EngineError {
  override readonly fatal = true;

  constructor({ message }: WebAssembly.RuntimeError) {
    super(
      message === 'unreachable'
        ? 'memory ran out; load the cluster from its last snapshot'
        : 'the state of the cluster is damaged; load it from a checkpoint',
    );
  }
}

/** A kernel whose traps are errors of the engine. */
function caught(kernel: Kernel): Kernel {
  const calls = Object.entries(kernel).filter(([, call]) => typeof call === 'function') as [string, (...given: unknown[]) => unknown][];
  return Object.fromEntries(
    calls.map(([name, call]) => [
      name,
      (...given: unknown[]): unknown => {
        try {
          return call(...given);
        } catch (error) {
          throw error instanceof WebAssembly.RuntimeError ? new Trap(error) : error;
        }
      },
    ]),
  ) as unknown as Kernel;
}

/** Makes the hexagons, inputs and outputs of a layout in an empty kernel. Returns their addresses. */
function buildNet(kernel: Kernel, template: Template, layout: Layout): Record<Slice['side'], number[]> {
  const inputs = template.inputs.map(() => kernel.addInput());
  const hexagons = layout.hexagons.map(() => kernel.addHexagon());
  const outputs = template.outputs.map(() => kernel.addOutput());
  const address = (list: readonly number[], i: number): number => {
    const found = list[i];
    if (found === undefined) throw new Error(`the layout names element ${i} of ${list.length}`);
    return found;
  };
  for (const [i, { links }] of layout.hexagons.entries()) {
    for (const link of links) {
      if ('input' in link) kernel.linkInput(address(hexagons, i), address(inputs, link.input), link.distance);
      else kernel.linkHexagon(address(hexagons, i), address(hexagons, link.hexagon), link.distance);
    }
  }
  for (const [i, output] of layout.outputs.entries()) {
    for (const hexagon of output.hexagons) kernel.linkOutput(address(outputs, i), address(hexagons, hexagon));
  }
  return { inputs, outputs };
}
