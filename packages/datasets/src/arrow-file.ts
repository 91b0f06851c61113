import { type FileHandle, open } from 'node:fs/promises';
import { DatasetError } from './errors.ts';

/** Reads that any file may take, and one more for so many bytes of it. */
const FREE_READS = 1000;
const BYTES_A_READ = 16;

/**
 * Opens a file that apache-arrow reads once from its start to its end. Where the offsets in a damaged file lead back to what was read already, its reader
 * would go round for ever: a file that is read more often than its size allows is an error here.
 */
export async function openOnce(path: string): Promise<FileHandle> {
  const file = await open(path);
  const { size } = await file.stat();
  const read = file.read.bind(file) as (...args: unknown[]) => Promise<unknown>;
  let reads = 0;
  let bytes = 0;
  const readOrFail = async (buffer: Uint8Array, offset: number, length: number, position: number): Promise<unknown> => {
    reads++;
    bytes += length;
    if (reads > FREE_READS + size / BYTES_A_READ || bytes > 4 * size + FREE_READS * 64) {
      throw new DatasetError('the file is damaged: what it says about its parts leads round in circles');
    }
    return read(buffer, offset, length, position);
  };
  return Object.assign(file, { read: readOrFail });
}
