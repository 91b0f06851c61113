import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import type { Objects } from './objects/objects.ts';

/** Size of a file, and CRC-32 of all its bytes. */
export interface Checksum {
  readonly bytes: number;
  readonly crc32: number;
}

/** Thrown if a file is not what was written. */
export class DamagedFile extends Error {
  override name = 'DamagedFile';
}

const CHUNK = 4 << 20;

/** Computes size and CRC-32 of an object. */
export async function checksumOf(objects: Objects, key: string): Promise<Checksum> {
  const source = await objects.open(key);
  try {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK, source.size));
    let [sum, bytes] = [0, 0];
    while (bytes < source.size) {
      const count = await source.readInto(chunk, bytes);
      if (count === 0) break;
      sum = crc32(chunk.subarray(0, count), sum);
      bytes += count;
    }
    return { bytes, crc32: sum };
  } finally {
    await source.close();
  }
}

/** Versions of objects whose checksums were verified. */
const whole = new LRUCache<string, string>({ max: 10_000 });

/**
 * Verifies the checksum of an object, unless it was verified before and has not changed since.
 * @throws DamagedFile if it does not match, Error with the code ENOENT if there is no such object.
 */
export async function mustBeWhole(objects: Objects, key: string, expected: Checksum): Promise<void> {
  const stat = await objects.stat(key);
  // Opening it throws the right error.
  if (!stat) return (await objects.open(key)).close();
  if (whole.get(key) === stat.version) return;
  const damaged = (why: string): DamagedFile =>
    new DamagedFile(`the file ${basename(key)} is damaged: ${why}; what is in it must be uploaded or worked out anew`);
  if (stat.bytes !== expected.bytes) throw damaged(`it has ${stat.bytes} bytes instead of ${expected.bytes}`);
  if ((await checksumOf(objects, key)).crc32 !== expected.crc32) throw damaged('its checksum is not that of what was written');
  whole.set(key, stat.version);
}
