import type { Readable } from 'node:stream';
import { NotFound } from '@openhanami/contract';
import type { Objects } from '../store/objects/index.ts';

/** Bytes to be sent, from any one on. They never change. */
export interface Download {
  readonly type: string;
  /** Name that a browser gives it. */
  readonly name: string;
  /** Names this content. */
  readonly etag: string;
  /** In bytes; may take a while to find out. */
  size(): Promise<number>;
  /** Bytes from `start` on, to before `end` or the last. */
  open(start: number, end?: number): Readable | Promise<Readable>;
}

/** An object as it is. */
export async function downloadObject(objects: Objects, key: string, type: string, name: string): Promise<Download> {
  const stat = await objects.stat(key);
  if (!stat) throw new NotFound(`the bytes of '${name}' are gone`);
  const { bytes, version } = stat;
  return {
    type,
    name,
    etag: `"${version.replace(/[^\w]/g, '-')}"`,
    size: async () => bytes,
    open: (start, end) => objects.read(key, start, end),
  };
}
