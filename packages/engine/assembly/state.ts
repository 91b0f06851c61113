// The state as bytes: what a snapshot is made of.
import { FIRST, startArena } from './memory';
import { net } from './model';

export { top } from './memory';

/** The blocks that a snapshot leaves out, since they hold rows and nothing learnt: staging (0) and replay (1). */
export function scratchStart(which: u32): usize {
  return which == 0 ? net.staging : net.replay;
}

export function scratchBytes(which: u32): usize {
  return which == 0 ? net.stagingBytes : net.replayRowBytes * net.replayCapacity;
}

/** Makes the memory as large as a snapshot whose arena ended at `end`. */
export function prepareRestore(end: usize): void {
  startArena(end - FIRST);
}

/** After the bytes of a snapshot were put back: forgets the rows that it left out. */
export function finishRestore(): void {
  net.replayCount = 0;
  net.replayNext = 0;
}

/** A 64-bit checksum of memory, eight bytes at a time (the mixing step is that of random.ts). `bytes` is a multiple of 8. */
export function checksum(from: usize, bytes: usize, seed: u64): u64 {
  let sum = seed;
  for (let p = from; p < from + bytes; p += 8) {
    sum = (sum ^ load<u64>(p)) * 0xbf58476d1ce4e5b9;
    sum ^= sum >> 29;
  }
  return sum;
}
