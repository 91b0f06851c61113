import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { LRUCache } from 'lru-cache';

/** Size of a file, and CRC-32 of all its bytes. */
export interface Checksum {
  readonly bytes: number;
  readonly crc32: number;
}

/** A file is not what was written. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

const CHUNK = 4 << 20;

export async function checksumOf(path: string): Promise<Checksum> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let sum = 0;
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK, bytes);
      if (bytesRead === 0) return { bytes, crc32: sum };
      sum = crc32(chunk.subarray(0, bytesRead), sum);
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Files that were found to be whole, by when they were changed last. */
const whole = new LRUCache<string, string>({ max: 10_000 });

/** Makes sure that a file is what was written; one that was looked at and has not changed is not read again. @throws DamagedFile naming it. */
export async function mustBeWhole(path: string, expected: Checksum): Promise<void> {
  const { size, mtimeMs, ctimeMs, ino } = await stat(path);
  const state = `${size} ${mtimeMs} ${ctimeMs} ${ino}`;
  if (whole.get(path) === state) return;
  const damaged = (why: string): DamagedFile =>
    new DamagedFile(`the file ${basename(path)} is damaged: ${why}; what is in it must be uploaded or worked out anew`);
  if (size !== expected.bytes) throw damaged(`it has ${size} bytes instead of ${expected.bytes}`);
  if ((await checksumOf(path)).crc32 !== expected.crc32) throw damaged('its checksum is not that of what was written');
  whole.set(path, state);
}
