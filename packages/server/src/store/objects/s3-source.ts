import { basename } from 'node:path';
import type { ByteSource } from '@openhanami/datasets/bytes';
import { delayOf, faultOf, type S3Bucket } from './s3-client.ts';

/** Bytes of a block. Blocks that were read are kept for a while. */
export const BLOCK = 1 << 18;
const KEPT = 32;
/** Blocks that are asked for at once while an object is read from front to back. */
const AHEAD = 8;
/** Tries of a block whose bytes do not all come. */
const TRIES = 8;

/** An object of a bucket: read in blocks, ahead where it is read in order. */
export class S3Source implements ByteSource {
  /** By their numbers, those used last at the end. */
  private readonly blocks = new Map<number, Promise<Uint8Array>>();
  /** The block behind the last one that was read. */
  private next = 0;

  /** @param etag of the object's content, which must stay the same. */
  constructor(
    private readonly bucket: S3Bucket,
    private readonly key: string,
    readonly size: number,
    private readonly etag: string,
  ) {}

  static async open(bucket: S3Bucket, key: string): Promise<S3Source> {
    const head = await bucket.ask(key, (client) => client.headObject(bucket.at(key)));
    return new S3Source(bucket, key, head.ContentLength ?? 0, head.ETag ?? '');
  }

  async readInto(target: Uint8Array, from: number): Promise<number> {
    const end = Math.min(from + target.length, this.size);
    for (let at = from; at < end; ) {
      // Not more at once than is kept.
      const to = Math.min(end, at + (KEPT / 2) * BLOCK);
      const [first, last] = [Math.floor(at / BLOCK), Math.floor((to - 1) / BLOCK)];
      this.ask(first, last);
      const wanted = Array.from({ length: last - first + 1 }, (_, i) => this.take(first + i));
      const isInOrder = first === this.next || first === this.next - 1;
      this.next = last + 1;
      // What comes next is asked for before half of what was asked for is used.
      if (isInOrder && !this.blocks.has(last + AHEAD / 2)) this.ask(last + 1, last + AHEAD);
      this.forget();
      for (const [i, block] of wanted.entries()) {
        const start = (first + i) * BLOCK;
        const [a, b] = [Math.max(at, start), Math.min(to, start + BLOCK)];
        target.set((await block).subarray(a - start, b - start), a - from);
      }
      at = to;
    }
    return Math.max(0, end - from);
  }

  async close(): Promise<void> {
    this.blocks.clear();
  }

  /** A block that was asked for; it is now the last to be forgotten. */
  private take(number: number): Promise<Uint8Array> {
    const block = this.blocks.get(number) as Promise<Uint8Array>;
    this.blocks.delete(number);
    this.blocks.set(number, block);
    return block;
  }

  private forget(): void {
    for (const oldest of this.blocks.keys()) {
      if (this.blocks.size <= KEPT) break;
      this.blocks.delete(oldest);
    }
  }

  /** Asks for those blocks from `first` to `last` that are not there: each run of such with one call. */
  private ask(first: number, last: number): void {
    const end = Math.min(last, Math.ceil(this.size / BLOCK) - 1);
    for (let from = first; from <= end; ) {
      if (this.blocks.has(from)) {
        from++;
        continue;
      }
      let to = from + 1;
      while (to <= end && !this.blocks.has(to)) to++;
      const start = from * BLOCK;
      const run = this.fetch(start, Math.min(to * BLOCK, this.size));
      for (let number = from; number < to; number++) {
        const at = number * BLOCK - start;
        const block = run.then((bytes) => bytes.subarray(at, at + BLOCK));
        this.blocks.set(number, block);
        // Whoever waits for it is told; the next one asks anew.
        block.catch(() => {
          if (this.blocks.get(number) === block) this.blocks.delete(number);
        });
      }
      from = to;
    }
  }

  /** Bytes `from` … `to` − 1. @throws Error with the code ENOENT if the object was removed, EREPLACED if another one has its key now. */
  private async fetch(from: number, to: number): Promise<Uint8Array> {
    const { bucket, key } = this;
    for (let tries = 1; ; tries++) {
      const { Body, ETag } = await bucket.ask(key, (client) => client.getObject({ ...bucket.at(key), Range: `bytes=${from}-${to - 1}` }));
      if (ETag !== this.etag)
        throw Object.assign(new Error(`the object ${basename(key)} was replaced while it was read`), { code: 'EREPLACED' });
      try {
        const bytes = await Body?.transformToByteArray();
        if (bytes?.length === to - from) return bytes;
        throw new Error(`${bytes?.length ?? 0} of ${to - from} bytes came`);
      } catch (error) {
        // The client tries a call again, but not the reading of its answer.
        if (tries === TRIES) throw faultOf(error, key);
        await new Promise((resolve) => setTimeout(resolve, delayOf(tries)));
      }
    }
  }
}
