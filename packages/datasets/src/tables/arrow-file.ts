import type { FileHandle } from 'node:fs/promises';
import { DatasetError } from '../errors.ts';
import { asHandle, type ByteSource } from '../source.ts';

/** Reads allowed for any file, plus one for each BYTES_A_READ bytes of it. */
const FREE_READS = 1000;
const BYTES_A_READ = 16;

/**
 * A file handle for apache-arrow with a limit on reads: offsets in a damaged file may send its reader into an endless loop.
 * Its reads throw DatasetError when their number or bytes exceed what the file's size allows.
 */
export function readOnce(source: ByteSource): FileHandle {
  let reads = 0;
  let bytes = 0;
  // The source is read more than once: who opened it closes it.
  return asHandle({ size: source.size, readInto: (target, from) => source.readInto(target, from), close: async () => {} }, (length) => {
    reads++;
    bytes += length;
    if (reads > FREE_READS + source.size / BYTES_A_READ || bytes > 4 * source.size + FREE_READS * 64) {
      throw new DatasetError('the file is damaged: what it says about its parts leads round in circles');
    }
  });
}
