import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import type { ByteSink, ByteSource } from '@openhanami/datasets/bytes';
import { mustBeSensible, type StagedObject } from './objects.ts';
import type { S3Bucket } from './s3-client.ts';

/** Bytes of a part; a store takes 10,000 of them, which are 164 GB. */
const PART = 16 << 20;
/** Parts that are sent at the same time. */
const AT_ONCE = 2;
/** Bytes that are gathered before they are stored. */
const GATHERED = 8 << 20;

/** Creates an object: it is there when all of it has come. */
export async function createObject(bucket: S3Bucket, key: string): Promise<ByteSink> {
  const { Upload } = await import('@aws-sdk/lib-storage');
  const body = new PassThrough({ highWaterMark: GATHERED });
  const upload = new Upload({ client: bucket.client, params: { ...bucket.at(key), Body: body }, partSize: PART, queueSize: AT_ONCE });
  const done = bucket.ask(key, () => upload.done());
  done.catch(() => body.destroy());
  const closed = new Promise<void>((resolve) => body.once('close', resolve).on('error', () => {}));
  return {
    async write(bytes) {
      // The caller may use its memory again.
      const hasRoom = !body.destroyed && body.write(Buffer.from(bytes));
      if (!hasRoom) await Promise.race([once(body, 'drain'), closed]).catch(() => {});
      // Nobody reads on: the store has failed.
      if (body.destroyed) await done;
    },
    async finish() {
      body.end();
      await done;
    },
    async abort() {
      await upload.abort();
      body.destroy();
      await done.catch(() => {});
    },
  };
}

/** A piece of an object that is written in any order: an object of its own, whose name says where it belongs. */
export interface StoredPiece {
  readonly key: string;
  /** Later ones are true where pieces overlap. */
  readonly number: number;
  readonly position: number;
  readonly bytes: number;
}

const DIGITS = 9;

/** What the pieces of an object are called after its key: number, position, and something of their own. */
const nameOf = (number: number, position: number): string =>
  `/${String(number).padStart(DIGITS, '0')}-${position}-${randomUUID().slice(0, 8)}`;

/** The piece of that key; undefined if it is none. */
export function pieceOf(key: string, bytes: number): StoredPiece | undefined {
  const [, number, position] = /\/(\d{9,})-(\d+)-[0-9a-f]{8}$/.exec(key) ?? [];
  return number === undefined ? undefined : { key, number: Number(number), position: Number(position), bytes };
}

/** Bytes that follow each other, and are not stored yet. */
interface Run {
  readonly position: number;
  readonly parts: Uint8Array[];
  bytes: number;
}

/** Gathers what is written in any order to pieces. */
export class S3Staged implements StagedObject {
  private runs: Run[] = [];
  private gathered = 0;
  private last: Promise<void> = Promise.resolve();
  /** One that has not begun, for all that wait for it. */
  private next: Promise<void> | undefined;
  private isDiscarded = false;

  /** @param size bytes of the object when it is complete. @param there the pieces that there are. */
  constructor(
    private readonly bucket: S3Bucket,
    private readonly key: string,
    private readonly size: number,
    private readonly there: { number: number; bytes: number },
  ) {}

  /** @throws BadRequest if bytes were sent over and over again. */
  async write(position: number, bytes: Uint8Array): Promise<void> {
    // While nothing can be stored, nothing more is taken.
    if (this.gathered >= GATHERED) await this.sync();
    const { there } = this;
    const before = this.runs.at(-1);
    const run = before && before.position + before.bytes === position && before.bytes < GATHERED ? before : undefined;
    // A log of encrypted pieces is longer than its object.
    mustBeSensible(2 * this.size, there.bytes + this.gathered + bytes.length, there.number + this.runs.length + 1);
    const copy = Uint8Array.from(bytes);
    if (run) {
      run.parts.push(copy);
      run.bytes += copy.length;
    } else this.runs.push({ position, parts: [copy], bytes: copy.length });
    this.gathered += copy.length;
  }

  /** What could not be stored is kept, and stored by the next call. */
  sync(): Promise<void> {
    this.next ??= this.last
      .catch(() => {})
      .then(() => {
        this.next = undefined;
        return this.store();
      });
    this.last = this.next;
    return this.next;
  }

  async discard(): Promise<void> {
    this.isDiscarded = true;
    await this.last.catch(() => {});
  }

  close(): Promise<void> {
    return this.sync();
  }

  /** Begins the object: it is there, and empty. */
  async begin(): Promise<void> {
    this.runs.push({ position: 0, parts: [], bytes: 0 });
    await this.sync();
  }

  private async store(): Promise<void> {
    const { bucket, key, there } = this;
    while (this.runs.length > 0 && !this.isDiscarded) {
      const runs = this.runs;
      this.runs = [];
      for (const [i, { position, parts, bytes }] of runs.entries()) {
        if (this.isDiscarded) return;
        const piece = bucket.at(key + nameOf(there.number++, position));
        try {
          await bucket.ask(key, (client) => client.putObject({ ...piece, Body: Buffer.concat(parts) }));
          this.gathered -= bytes;
          there.bytes += bytes;
        } catch (error) {
          this.runs = [...runs.slice(i), ...this.runs];
          throw error;
        }
      }
    }
  }
}

/** Creates an object of pieces from front to back. */
export function inOrder(staged: StagedObject, remove: () => Promise<void>): ByteSink {
  let at = 0;
  return {
    async write(bytes) {
      await staged.write(at, bytes);
      at += bytes.length;
    },
    finish: () => staged.close(),
    async abort() {
      await staged.discard();
      await remove();
    },
  };
}

/** The object that pieces make; bytes that never came are zero. */
export class PiecedSource implements ByteSource {
  readonly size: number;
  private readonly opened = new Map<StoredPiece, ByteSource>();

  /** @param pieces in the order of their numbers. */
  constructor(
    private readonly pieces: readonly StoredPiece[],
    private readonly open: (piece: StoredPiece) => ByteSource,
  ) {
    this.size = pieces.reduce((most, { position, bytes }) => Math.max(most, position + bytes), 0);
  }

  async readInto(target: Uint8Array, from: number): Promise<number> {
    const end = Math.min(from + target.length, this.size);
    target.subarray(0, Math.max(0, end - from)).fill(0);
    for (const piece of this.pieces) {
      const [a, b] = [Math.max(from, piece.position), Math.min(end, piece.position + piece.bytes)];
      if (a >= b) continue;
      await this.sourceOf(piece).readInto(target.subarray(a - from, b - from), a - piece.position);
    }
    return Math.max(0, end - from);
  }

  async close(): Promise<void> {
    this.opened.clear();
  }

  /** Of the pieces that were read last, not more than are read at a border. */
  private sourceOf(piece: StoredPiece): ByteSource {
    const source = this.opened.get(piece) ?? this.open(piece);
    this.opened.delete(piece);
    this.opened.set(piece, source);
    for (const oldest of this.opened.keys()) {
      if (this.opened.size <= 4) break;
      this.opened.delete(oldest);
    }
    return source;
  }
}
