import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';

/** Bytes with random access, such as those of a file or of an object in a store. */
export interface ByteSource {
  readonly size: number;
  /** Fills `target` with the bytes from `from` on; returns how many there were, fewer only at the end. */
  readInto(target: Uint8Array, from: number): Promise<number>;
  close(): Promise<void>;
}

/** Takes bytes in order. The result appears as a whole when `finish` has ended, or not at all. */
export interface ByteSink {
  /** Writes bytes, which may be reused once the promise is resolved. */
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** Discards what was written. */
  abort(): Promise<void>;
}

/** Returns a source unchanged; opens the file of a path. */
export const sourceOf = async (from: string | ByteSource): Promise<ByteSource> => (typeof from === 'string' ? openFile(from) : from);

/** Returns a sink unchanged; creates the file of a path. */
export const sinkOf = async (to: string | ByteSink): Promise<ByteSink> => (typeof to === 'string' ? createFile(to) : to);

/** Copies bytes `from` … `to` − 1 of a source; fewer at the end. */
export async function readBytes(source: ByteSource, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(0, Math.min(to, source.size) - from));
  return bytes.subarray(0, await source.readInto(bytes, from));
}

/** Bytes per read of a stream. */
const STREAM_BYTES = 1 << 18;

/** Streams bytes `start` … `end` − 1 of a source; `bytes` at a time are read on demand. */
export function streamOf(source: ByteSource, start = 0, end = source.size, bytes = STREAM_BYTES): Readable {
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (let from = start; from < end; ) {
      const part = await readBytes(source, from, Math.min(end, from + bytes));
      if (part.length === 0) return;
      yield part;
      from += part.length;
    }
  }
  return Readable.from(parts(), { objectMode: false, highWaterMark: bytes });
}

/** Opens a file as a source. */
export async function openFile(path: string): Promise<ByteSource> {
  const file = await open(path);
  const { size } = await file.stat();
  return {
    size,
    async readInto(target, from) {
      let have = 0;
      while (have < target.length) {
        const { bytesRead } = await file.read(target, have, target.length - have, from + have);
        if (bytesRead === 0) break;
        have += bytesRead;
      }
      return have;
    },
    close: () => file.close(),
  };
}

/** Creates a file as a sink: it is written as `<path>.part` and renamed when all of it is on the disk. */
export async function createFile(path: string): Promise<ByteSink> {
  const temporary = `${path}.part`;
  const file = await open(temporary, 'w');
  return {
    write: (bytes) => writeAll(file, bytes),
    async finish() {
      await file.sync();
      await file.close();
      await rename(temporary, path);
      await syncFolder(dirname(path));
    },
    async abort() {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
}

/** Flushes the entries of a folder to the disk (fsync). */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, written);
    written += bytesWritten;
  }
}

/** A source as the file handle that apache-arrow expects. @param read called before each read with its bytes. */
export function asHandle(source: ByteSource, read: (bytes: number) => void = () => {}): FileHandle {
  const handle = {
    // apache-arrow recognizes a file handle by it.
    fd: 0,
    stat: async () => ({ size: source.size }),
    async read(buffer: Uint8Array, offset: number, length: number, position: number) {
      read(length);
      return { bytesRead: await source.readInto(buffer.subarray(offset, offset + length), position), buffer };
    },
    close: () => source.close(),
  };
  return handle as unknown as FileHandle;
}
