import { createHmac, randomBytes } from 'node:crypto';
import { type ByteSource, readBytes } from '@openhanami/datasets/bytes';
import { encodeHeader, HEADER, type Header, seal, TAG, unseal } from './frames.ts';
import { mustBeSensible, type StagedObject } from './objects.ts';

// An encrypted object that is written in any order: a header, then a log of pieces, each with a label, a random nonce, and its bytes as
// AES-256-GCM. Where pieces overlap, the later one is true. The log ends where no label follows: what a crash has left of a piece is none.

/** Bytes of a label: a position (48 bits), a length (32 bits), and a check of both and of the place in the log (64 bits of HMAC-SHA-256). */
const LABEL = 18;
const CHECKED = 10;
const NONCE = 12;
/** Bytes of a piece besides its content. */
const BESIDES = LABEL + NONCE + TAG;
/** Bytes that are encrypted as one. */
const MOST = 1 << 20;

interface Piece {
  /** Where it is in the object. */
  readonly start: number;
  readonly end: number;
  /** Where it is in the log. */
  readonly at: number;
}

/** The label of a piece at a place of the log. */
function labelOf(key: Uint8Array, at: number, position: number, length: number): Buffer {
  const label = Buffer.alloc(LABEL);
  label.writeUIntBE(position, 0, 6);
  label.writeUInt32BE(length, 6);
  createHmac('sha256', key)
    .update(`piece ${at} `)
    .update(label.subarray(0, CHECKED))
    .digest()
    .copy(label, CHECKED, 0, LABEL - CHECKED);
  return label;
}

/** The pieces of a log as far as it is whole, and where the next one belongs. */
async function readPieces(source: ByteSource, key: Uint8Array): Promise<{ pieces: Piece[]; end: number }> {
  const pieces: Piece[] = [];
  let at = HEADER;
  while (at + BESIDES < source.size) {
    const label = Buffer.from(await readBytes(source, at, at + LABEL));
    const start = label.readUIntBE(0, 6);
    const length = label.readUInt32BE(6);
    const end = at + BESIDES + length;
    if (end > source.size || !label.equals(labelOf(key, at, start, length))) break;
    pieces.push({ start, end: start + length, at });
    at = end;
  }
  return { pieces, end: at };
}

/** Encrypts pieces as they come. */
export class PieceLog implements StagedObject {
  /** Pieces are added one after the other. */
  private last: Promise<void> = Promise.resolve();
  private memory = Buffer.alloc(0);

  private constructor(
    private readonly inner: StagedObject,
    private readonly key: Uint8Array,
    private readonly size: number,
    private end: number,
    private count: number,
  ) {}

  /** A new log. @param size bytes of the object when it is complete. */
  static async create(inner: StagedObject, key: Uint8Array, header: Header, size: number): Promise<PieceLog> {
    await inner.write(0, encodeHeader(header));
    return new PieceLog(inner, key, size, HEADER, 0);
  }

  /** Goes on with a log. @param source of the same. */
  static async resume(inner: StagedObject, key: Uint8Array, source: ByteSource, size: number): Promise<PieceLog> {
    const { pieces, end } = await readPieces(source, key);
    return new PieceLog(inner, key, size, end, pieces.length);
  }

  /** @throws BadRequest if bytes were sent over and over again. */
  write(position: number, bytes: Uint8Array): Promise<void> {
    const added = this.last
      .catch(() => {})
      .then(async () => {
        for (let from = 0; from < bytes.length; from += MOST) await this.add(position + from, bytes.subarray(from, from + MOST));
      });
    this.last = added;
    return added;
  }

  async sync(): Promise<void> {
    // One that failed was told to who sent it, and is not counted as received.
    await this.last.catch(() => {});
    await this.inner.sync();
  }

  discard(): Promise<void> {
    return this.inner.discard();
  }

  async close(): Promise<void> {
    await this.last.catch(() => {});
    await this.inner.close();
  }

  private async add(position: number, bytes: Uint8Array): Promise<void> {
    const label = labelOf(this.key, this.end, position, bytes.length);
    const nonce = randomBytes(NONCE);
    if (this.memory.length < BESIDES + bytes.length) this.memory = Buffer.allocUnsafe(BESIDES + bytes.length);
    const piece = this.memory.subarray(0, BESIDES + bytes.length);
    piece.set(label);
    piece.set(nonce, LABEL);
    seal(this.key, nonce, bytes, piece.subarray(LABEL + NONCE), label);
    const end = this.end + piece.length;
    mustBeSensible(this.size, end, this.count + 1);
    // One that fails is written over by the next.
    await this.inner.write(this.end, piece);
    this.end = end;
    this.count++;
  }
}

/** Decrypts the pieces of a log as the object that they make; bytes that never came are zero. */
export class PieceSource implements ByteSource {
  /** The piece that was read last. */
  private readonly kept = { at: -1, bytes: Buffer.alloc(0) };
  /** Memory for what is read, while nobody uses it. */
  private spare: Buffer | undefined;

  private constructor(
    private readonly inner: ByteSource,
    private readonly key: Uint8Array,
    private readonly of: string,
    /** In order, not overlapping: parts of the object, each with the piece that it is read from. */
    private readonly parts: readonly Part[],
    readonly size: number,
  ) {}

  static async open(inner: ByteSource, key: Uint8Array, of: string): Promise<PieceSource> {
    const { pieces } = await readPieces(inner, key);
    const size = pieces.reduce((most, { end }) => Math.max(most, end), 0);
    return new PieceSource(inner, key, of, partsOf(pieces), size);
  }

  async readInto(target: Uint8Array, from: number): Promise<number> {
    const end = Math.min(from + target.length, this.size);
    let at = from;
    for (let i = this.firstAfter(from); i < this.parts.length; i++) {
      const part = this.parts[i] as Part;
      if (part.start >= end) break;
      const [a, b] = [Math.max(from, part.start), Math.min(end, part.end)];
      const { start } = part.piece;
      target.fill(0, at - from, a - from);
      await this.read(part.piece, (bytes) => target.set(bytes.subarray(a - start, b - start), a - from));
      at = b;
    }
    return Math.max(0, end - from);
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  /** Index of the first part that ends after a position. */
  private firstAfter(position: number): number {
    let [low, high] = [0, this.parts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.parts[middle] as Part).end <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Reads a piece, and gives it to `take`, which must be done with it at once: the next read may write over it. */
  private async read({ at, start, end }: Piece, take: (bytes: Buffer) => void): Promise<void> {
    const { kept } = this;
    if (kept.at === at) return take(kept.bytes);
    const length = BESIDES + end - start;
    const memory = this.spare && this.spare.length >= length ? this.spare : Buffer.allocUnsafe(length);
    this.spare = undefined;
    const raw = memory.subarray(0, await this.inner.readInto(memory.subarray(0, length), at));
    const [label, nonce] = [raw.subarray(0, LABEL), raw.subarray(LABEL, LABEL + NONCE)];
    kept.at = -1;
    if (kept.bytes.length < end - start) kept.bytes = Buffer.allocUnsafe(end - start);
    unseal(this.key, nonce, raw.subarray(LABEL + NONCE), kept.bytes, this.of, label);
    kept.at = at;
    this.spare = memory;
    take(kept.bytes);
  }
}

interface Part {
  readonly start: number;
  end: number;
  readonly piece: Piece;
}

/** What is true of pieces that came in this order. */
function partsOf(pieces: readonly Piece[]): Part[] {
  const borders = Float64Array.from(new Set(pieces.flatMap(({ start, end }) => [start, end]))).sort();
  const placeOf = new Map(Array.from(borders, (border, i) => [border, i]));
  const owners = new Array<Piece | undefined>(borders.length);
  /** From a stretch between two borders to the next one that may have no owner yet; itself if it has none. */
  const next = Int32Array.from(borders, (_, i) => i);
  const firstFree = (from: number): number => {
    let free = from;
    while (next[free] !== free) free = next[free] as number;
    for (let i = from; i !== free; ) {
      const after = next[i] as number;
      next[i] = free;
      i = after;
    }
    return free;
  };
  for (const piece of pieces.toReversed()) {
    const end = placeOf.get(piece.end) as number;
    for (let i = firstFree(placeOf.get(piece.start) as number); i < end; i = firstFree(i)) {
      owners[i] = piece;
      next[i] = i + 1;
    }
  }
  const parts: Part[] = [];
  for (const [i, piece] of owners.entries()) {
    if (!piece) continue;
    const [start, end] = [borders[i] as number, borders[i + 1] as number];
    const before = parts.at(-1);
    if (before?.piece === piece && before.end === start) before.end = end;
    else parts.push({ start, end, piece });
  }
  return parts;
}
