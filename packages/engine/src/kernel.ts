import { kernelWasm } from './gen/kernel-wasm.ts';

/** What assembly/index.ts exports. Addresses and sizes are bytes in the instance's memory. */
export interface Kernel {
  init(
    seed: bigint,
    shard: number,
    shards: number,
    maxBlocks: number,
    cooldown: number,
    refractory: number,
    reduction: number,
    limit: number,
  ): void;
  addHexagon(): number;
  addInput(): number;
  addOutput(): number;
  linkInput(hexagon: number, input: number, distance: number): void;
  linkHexagon(hexagon: number, source: number, distance: number): void;
  linkOutput(output: number, hexagon: number): void;
  /** 0 if there is no memory. */
  stage(bytes: number): number;
  shapeInput(input: number, rows: number, columns: number): void;
  feedInput(input: number, data: number, stride: number, length: number, form: number): void;
  feedOutput(output: number, data: number, stride: number, length: number, form: number): void;
  firstInfinite(data: number, count: number): number;
  train(rows: number, to: number): number;
  declareFields(input: number): void;
  declareCategories(input: number, column: number): void;
  request(rows: number, to: number): void;
  save(): void;
  restore(): void;
  checksum(from: number, bytes: number, seed: bigint): bigint;
  top(): number;
  neurons(): number;
  hexagonNeurons(index: number, own: number): number;
  blocks(): number;
  sections(): number;
  synapses(): number;
  full(): number;
}

/** What the kernel asks of its host. */
export interface Imports {
  /** Adds up floats over all shards, in place. */
  allReduce(address: number, floats: number): void;
  /** Reads, or fills, a piece of the state. */
  transfer(address: number, bytes: number): void;
}

/** Bytes that a 32-bit memory can have, less a page for what lies at its end. */
export const MOST_BYTES = 2 ** 32 - 65_536;

let compiled: Promise<WebAssembly.Module> | undefined;

const PAGE = 65_536;
/** Bytes that an instance takes besides its network: what lies in it from the start, and rows that are handed to it. */
const BESIDES = 128 * 2 ** 20;

/**
 * A fresh instance of the kernel with a memory of its own; the module is compiled once.
 * @param bytes that the network may take; the memory cannot grow much beyond, whatever a state that is restored says.
 */
export async function instantiate(imports: Imports, bytes: number): Promise<{ kernel: Kernel; memory: WebAssembly.Memory }> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(kernelWasm), (c) => c.charCodeAt(0)));
  const memory = new WebAssembly.Memory({ initial: 2, maximum: Math.min(65_536, Math.ceil((bytes + BESIDES) / PAGE)) });
  const instance = await WebAssembly.instantiate(await compiled, { env: { memory, ...imports } });
  return { kernel: instance.exports as unknown as Kernel, memory };
}
