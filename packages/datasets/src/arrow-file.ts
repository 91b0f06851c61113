import type { FileHandle } from 'node:fs/promises';
import { DatasetError } from './errors.ts';
import { asHandle, type ByteSource } from './source.ts';

/** Reads that any file may take, and one more for so many bytes of it. */
const FREE_READS = 1000;
const BYTES_A_READ = 16;

/**
 * Gives a file to apache-arrow that it reads once from its start to its end. Where the offsets in a damaged file lead back to what was read already, its
 * reader would go round for ever: a file that is read more often than its size allows is an error here.
 */
export function readOnce(source: ByteSource): FileHandle {
  let reads = 0;
  let bytes = 0;
  return asHandle(source, (length) => {
    reads++;
    bytes += length;
    if (reads > FREE_READS + source.size / BYTES_A_READ || bytes > 4 * source.size + FREE_READS * 64) {
      throw new DatasetError('the file is damaged: what it says about its parts leads round in circles');
    }
  });
}
