import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';

/** Bytes that can be read from any place, such as those of a file or of an object in a store. */
export interface ByteSource {
  readonly size: number;
  /** Bytes `from` … `to` − 1; fewer at the end. */
  read(from: number, to: number): Promise<Uint8Array>;
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

/** Bytes that a stream reads at a time. */
const STREAM_BYTES = 1 << 18;

/** The bytes of a source in order, from `start` on; the next ones are read when they are asked for. */
export function streamOf(source: ByteSource, start = 0, end = source.size, bytes = STREAM_BYTES): Readable {
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (let from = start; from < end; ) {
      const part = await source.read(from, Math.min(end, from + bytes));
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
    async read(from, to) {
      const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(to, size) - from));
      let have = 0;
      while (have < bytes.length) {
        const { bytesRead } = await file.read(bytes, have, bytes.length - have, from + have);
        if (bytesRead === 0) break;
        have += bytesRead;
      }
      return bytes.subarray(0, have);
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
      const folder = await open(dirname(path));
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
    async abort() {
      await file.close();
      await rm(temporary, { force: true });
    },
  };
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
      const bytes = await source.read(position, position + length);
      buffer.set(bytes, offset);
      return { bytesRead: bytes.length, buffer };
    },
    close: () => source.close(),
  };
  return handle as unknown as FileHandle;
}
