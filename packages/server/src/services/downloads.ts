import type { Readable } from 'node:stream';
import { NotFound } from '@openhanami/contract';
import type { Objects } from '../store/objects/index.ts';

/** Immutable bytes to send, from any position on. */
export interface Download {
  readonly type: string;
  /** File name for browsers. */
  readonly name: string;
  /** Identifies the content. */
  readonly etag: string;
  /** In bytes; may take a while to compute. */
  size(): Promise<number>;
  /** Bytes `start` … `end` − 1, by default to the last one. */
  open(start: number, end?: number): Readable | Promise<Readable>;
}

/** The download of an object. @throws NotFound if it is missing. */
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
