// The cluster's memory: one arena that only grows, with free lists for blocks that were outgrown.

/** Where the arena starts; the page below it is the module's own. */
const ARENA: usize = 65536;

// Blocks are multiples of 64 bytes (a cache line). Free blocks of n·64 bytes, 0 < n < CLASSES, hang in list n, larger ones in list 0.
const CLASSES: u32 = 512;
const TOP: usize = ARENA + CLASSES * sizeof<usize>();
const LIMIT: usize = TOP + sizeof<usize>();
/** The first byte behind the arena's own bookkeeping; the net stands here. */
export const FIRST: usize = (LIMIT + sizeof<usize>() + 63) & ~63;

/** The end of the memory in use. */
export function top(): usize {
  return load<usize>(TOP);
}

/** Starts an empty arena of at most `limit` bytes whose first `reserved` bytes are taken by the net. */
export function startArena(reserved: usize, limit: usize): void {
  ensurePages(FIRST + reserved + 64);
  memory.fill(ARENA, 0, FIRST + reserved - ARENA);
  store<usize>(TOP, (FIRST + reserved + 63) & ~63);
  store<usize>(LIMIT, limit);
}

function ensurePages(end: usize): bool {
  const have = <usize>memory.size() << 16;
  if (end <= have) return true;
  // Growing by an eighth keeps the number of grow calls logarithmic at little waste.
  const missing = end - have;
  return memory.grow(<i32>((missing + (end >> 3) + 0xffff) >> 16)) >= 0 || memory.grow(<i32>((missing + 0xffff) >> 16)) >= 0;
}

/** Whether `bytes` more bytes can be had. What grows asks first, so that memory never runs out half way through a change. */
export function room(bytes: usize): bool {
  const end = <u64>top() + <u64>bytes;
  return end <= <u64>load<usize>(LIMIT) && ensurePages(<usize>end);
}

/** A zeroed block of at least `bytes` bytes, aligned to 64. */
export function allocate(bytes: usize): usize {
  const size = max<usize>(64, (bytes + 63) & ~63);
  let block = size >> 6 < CLASSES ? take(ARENA + (size >> 6) * sizeof<usize>()) : takeLarge(size);
  if (block == 0) {
    block = top();
    if (!ensurePages(block + size)) unreachable();
    store<usize>(TOP, block + size);
  }
  memory.fill(block, 0, size);
  return block;
}

/** The first block of the list whose head is at `slot`; 0 if there is none. */
@inline
function take(slot: usize): usize {
  const block = load<usize>(slot);
  if (block != 0) store<usize>(slot, load<usize>(block));
  return block;
}

/** The first large free block that fits without wasting half; behind its link stands its size. */
function takeLarge(size: usize): usize {
  for (let slot = ARENA; load<usize>(slot) != 0; slot = load<usize>(slot)) {
    const has = load<usize>(load<usize>(slot), sizeof<usize>());
    if (has >= size && has < size * 2) return take(slot);
  }
  return 0;
}

/** Gives a block of `bytes` bytes back. */
export function release(block: usize, bytes: usize): void {
  if (block == 0) return;
  const size = max<usize>(64, (bytes + 63) & ~63);
  const slot = size >> 6 < CLASSES ? ARENA + (size >> 6) * sizeof<usize>() : ARENA;
  store<usize>(block, load<usize>(slot));
  if (slot == ARENA) store<usize>(block, size, sizeof<usize>());
  store<usize>(slot, block);
}

/** Moves a block's first `used` bytes into a new one of `bytes` bytes. */
export function resize(block: usize, oldBytes: usize, used: usize, bytes: usize): usize {
  const moved = allocate(bytes);
  memory.copy(moved, block, used);
  release(block, oldBytes);
  return moved;
}

/** A growable array of addresses. */
@unmanaged
export class List {
  data: usize;
  length: u32;
  capacity: u32;
}

@inline
export function at<T>(list: List, i: u32): T {
  return changetype<T>(load<usize>(list.data + i * sizeof<usize>()));
}

export function push<T>(list: List, item: T): void {
  if (list.length == list.capacity) {
    const capacity = max<u32>(16, list.capacity * 2);
    const used = list.capacity * sizeof<usize>();
    list.data = resize(list.data, used, used, capacity * sizeof<usize>());
    list.capacity = capacity;
  }
  store<usize>(list.data + list.length * sizeof<usize>(), changetype<usize>(item));
  list.length++;
}

export function newList(): List {
  return changetype<List>(allocate(offsetof<List>()));
}

/** Puts a value into `count` sorted ones. */
export function insert(sorted: usize, count: u32, value: f32): void {
  let at = count;
  while (at > 0 && load<f32>(sorted + (at - 1) * 4) > value) {
    store<f32>(sorted + at * 4, load<f32>(sorted + (at - 1) * 4));
    at--;
  }
  store<f32>(sorted + at * 4, value);
}
