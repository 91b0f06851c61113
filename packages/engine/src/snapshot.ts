import { type ClusterDescription, EngineError } from './cluster.ts';
import { ARENA, type Kernel } from './kernel.ts';

// A snapshot, little endian: magic (8 bytes), checksum of all that follows (u64), length of the header (u32), end of the arena (u32),
// number of ranges (u32) and as many pairs (start, end) of memory that follow, then the header (JSON), then the ranges' bytes. Each part is padded to 8 bytes.
const MAGIC = new TextEncoder().encode('HANAMI1\n');
const FIXED = 28;
const MAX_RANGES = 3;

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** The used memory without the blocks that only hold rows. */
function ranges(kernel: Kernel): [start: number, end: number][] {
  const scratch = [0, 1]
    .map((which) => ({ start: kernel.scratchStart(which), bytes: kernel.scratchBytes(which) }))
    .filter(({ start, bytes }) => start !== 0 && bytes > 0)
    .sort((a, b) => a.start - b.start);
  const found: [number, number][] = [];
  let from = ARENA;
  for (const { start, bytes } of scratch) {
    if (start > from) found.push([from, start]);
    from = start + ((bytes + 63) & ~63);
  }
  if (kernel.top() > from) found.push([from, kernel.top()]);
  return found;
}

export function writeSnapshot(description: ClusterDescription, kernel: Kernel, memory: WebAssembly.Memory): Uint8Array<ArrayBuffer> {
  const header = new TextEncoder().encode(JSON.stringify(description));
  const used = ranges(kernel);
  const headerAt = padded(FIXED + used.length * 8);
  const size = used.reduce((sum, [start, end]) => sum + end - start, headerAt + padded(header.length));
  const snapshot = new Uint8Array(size);
  const view = new DataView(snapshot.buffer);
  snapshot.set(MAGIC);
  view.setUint32(16, header.length, true);
  view.setUint32(20, kernel.top(), true);
  view.setUint32(24, used.length, true);
  snapshot.set(header, headerAt);
  let at = headerAt + padded(header.length);
  for (const [i, [start, end]] of used.entries()) {
    view.setUint32(FIXED + i * 8, start, true);
    view.setUint32(FIXED + i * 8 + 4, end, true);
    snapshot.set(new Uint8Array(memory.buffer, start, end - start), at);
    at += end - start;
  }
  view.setBigUint64(8, checksum(snapshot, kernel, memory), true);
  return snapshot;
}

export function readSnapshot(snapshot: Uint8Array, kernel: Kernel, memory: WebAssembly.Memory): ClusterDescription {
  const damaged = (why: string): EngineError => new EngineError(`the snapshot is damaged: ${why}`);
  if (snapshot.length < FIXED || MAGIC.some((byte, i) => snapshot[i] !== byte)) throw new EngineError('this is no snapshot of a cluster');
  if (snapshot.length % 8 !== 0) throw damaged('its length is not a multiple of 8 bytes');
  kernel.init(0n, 0);
  const view = new DataView(snapshot.buffer, snapshot.byteOffset, snapshot.byteLength);
  if (view.getBigUint64(8, true) !== checksum(snapshot, kernel, memory)) throw damaged('its checksum does not match');
  const headerLength = view.getUint32(16, true);
  const end = view.getUint32(20, true);
  const count = view.getUint32(24, true);
  const headerAt = padded(FIXED + count * 8);
  if (count > MAX_RANGES || headerAt + headerLength > snapshot.length) throw damaged('its header does not fit');
  const description: ClusterDescription = JSON.parse(new TextDecoder().decode(snapshot.subarray(headerAt, headerAt + headerLength)));
  kernel.prepareRestore(end);
  let at = headerAt + padded(headerLength);
  for (let i = 0; i < count; i++) {
    const start = view.getUint32(FIXED + i * 8, true);
    const length = view.getUint32(FIXED + i * 8 + 4, true) - start;
    if (start < ARENA || length < 0 || start + length > end || at + length > snapshot.length) throw damaged('a range does not fit');
    new Uint8Array(memory.buffer).set(snapshot.subarray(at, at + length), start);
    at += length;
  }
  kernel.finishRestore();
  return description;
}

/** Checksum of everything behind the checksum itself, worked out by the kernel in its staging memory. */
function checksum(snapshot: Uint8Array, kernel: Kernel, memory: WebAssembly.Memory): bigint {
  const step = 64 * 1024;
  let sum = 1n;
  for (let from = 16; from < snapshot.length; from += step) {
    const part = snapshot.subarray(from, Math.min(from + step, snapshot.length));
    const address = kernel.stage(part.length);
    new Uint8Array(memory.buffer).set(part, address);
    sum = kernel.checksum(address, part.length, sum);
  }
  return BigInt.asUintN(64, sum);
}
