import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** A file to be sent, from any byte on. It never changes. */
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

/** A file as it lies on the disk. */
export async function downloadFile(path: string, type: string, name: string): Promise<Download> {
  const { size, mtimeMs } = await stat(path);
  return {
    type,
    name,
    etag: `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`,
    size: async () => size,
    open: (start, end = size) => createReadStream(path, { start, end: end - 1 }),
  };
}
