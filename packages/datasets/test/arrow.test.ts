import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CompressionType, compressionRegistry, tableFromArrays, tableToIPC } from 'apache-arrow';
import { compressFrameSync } from 'lz4-napi';
import { expect, it } from 'vitest';
import { DatasetReader, importTable } from '../src/index.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();

async function read(bytes: Uint8Array): Promise<Record<string, number[]>> {
  const [source, target] = [join(folder, 'in.arrow'), join(folder, 'out.arrow')];
  writeFileSync(source, bytes);
  await importTable(source, target);
  const reader = await DatasetReader.open(target);
  const columns = await Promise.all(
    reader.columns.map(async ({ name }) => [name, Array.from(await reader.read(name, 0, reader.rows))] as const),
  );
  await reader.close();
  return Object.fromEntries(columns);
}

// An LZ4 frame may carry a checksum of each block; who takes it for the next block reads wrong values.
it.each([false, true])('LZ4 frames are read as they were written, with checksums of their blocks: %s', async (blockChecksums) => {
  const numbers = Float32Array.from({ length: 200_000 }, (_, i) => (i * 37) % 1000);
  const encode = (bytes: Uint8Array): Uint8Array =>
    compressFrameSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), { blockChecksums, contentChecksum: true });
  compressionRegistry.set(CompressionType.LZ4_FRAME, { encode, decode: (bytes) => bytes });
  const file = tableToIPC(tableFromArrays({ a: numbers }), 'file', CompressionType.LZ4_FRAME);
  expect(file.length).toBeLessThan(numbers.byteLength);
  expect((await read(file))['a']).toEqual(Array.from(numbers));
});

const CASES = join(import.meta.dirname, 'cases/arrow');
it('the LZ4 file of another program holds what the one by zstd holds', async () => {
  const [lz4, zstd] = await Promise.all(['lz4_ints', 'zstd_ints'].map((name) => readFileSync(join(CASES, `${name}.arrow`))));
  const wanted = await read(zstd as Buffer);
  expect(await read(lz4 as Buffer)).toEqual(wanted);
});
