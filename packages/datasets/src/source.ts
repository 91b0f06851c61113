import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';

/** Bytes that can be read from any place, such as those of a file or of an object in a store. */
export interface ByteSource {
  readonly size: number;
  /** Fills `target` with the bytes from `from` on; returns how many there were, fewer only at the end. */
  readInto(target: Uint8Array, from: number): Promise<number>;
  close(): Promise<void>;
}

/** Takes bytes in order. What they become is there as a whole once `finish` has ended, or not at all. */
export interface ByteSink {
  /** The bytes may change when the promise is resolved. */
  write(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** Gives up; nothing is left. */
  abort(): Promise<void>;
}

/** A source as it is, or the file of a path. */
export const sourceOf = async (from: string | ByteSource): Promise<ByteSource> => (typeof from === 'string' ? openFile(from) : from);

/** A sink as it is, or one that becomes the file of a path. */
export const sinkOf = async (to: string | ByteSink): Promise<ByteSink> => (typeof to === 'string' ? createFile(to) : to);

/** Bytes `from` … `to` − 1 of a source, in memory of their own; fewer at the end. */
export async function readBytes(source: ByteSource, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(Math.max(0, Math.min(to, source.size) - from));
  return bytes.subarray(0, await source.readInto(bytes, from));
}

/** Bytes that a stream reads at a time. */
const STREAM_BYTES = 1 << 18;

/** The bytes of a source in order, from `start` on; the next ones are read when they are asked for. */
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

/** A file as a source. */
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

/** A file as a sink: it gets its name when all of it is on the disk. Until then it is called `<path>.part`. */
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

/** The names in a folder are on the disk. */
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

/** A source as apache-arrow reads it: with the methods of a file handle. @param read called before each read. */
export function asHandle(source: ByteSource, read: (bytes: number) => void = () => {}): FileHandle {
  const handle = {
    // Only looked at to know a file handle.
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
