import { kernelWasm } from './gen/kernel-wasm.ts';

/** What assembly/index.ts exports. Addresses and sizes are bytes in the instance's memory. */
export interface Kernel {
  init(seed: bigint, maxBundles: number): void;
  addHexagon(): number;
  addInput(): number;
  addOutput(): number;
  linkInput(hexagon: number, input: number, distance: number): void;
  linkHexagon(hexagon: number, source: number, distance: number): void;
  linkOutput(output: number, hexagon: number): void;
  stage(bytes: number): number;
  shapeInput(input: number, rows: number, columns: number): void;
  feedInput(input: number, data: number, stride: number, length: number, bytes: number): void;
  feedOutput(output: number, data: number, stride: number, length: number, bytes: number): void;
  firstNotFinite(data: number, count: number): number;
  train(rows: number, from: number, total: number): number;
  request(rows: number, to: number): void;
  top(): number;
  scratchStart(which: number): number;
  scratchBytes(which: number): number;
  prepareRestore(end: number): void;
  finishRestore(): void;
  checksum(from: number, bytes: number, seed: bigint): bigint;
  neurons(): number;
  blocks(): number;
  sections(): number;
  synapses(): number;
}

/** Where the kernel keeps a cluster's state (ARENA in assembly/memory.ts). */
export const ARENA = 65536;

const MAX_PAGES = 65536;

let compiled: Promise<WebAssembly.Module> | undefined;

/** A fresh instance of the kernel with a memory of its own; the module is compiled once. */
export async function instantiate(): Promise<{ kernel: Kernel; memory: WebAssembly.Memory }> {
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(kernelWasm), (c) => c.charCodeAt(0)));
  const memory = new WebAssembly.Memory({ initial: 2, maximum: MAX_PAGES });
  const instance = await WebAssembly.instantiate(await compiled, { env: { memory } });
  return { kernel: instance.exports as unknown as Kernel, memory };
}
