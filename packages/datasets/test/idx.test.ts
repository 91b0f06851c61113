import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DatasetError, DatasetReader, imagesToIdx, importMnist, labelsToIdx } from '../src/index.ts';
import { temporaryFolder } from './folder.ts';

const folder = temporaryFolder();
const [images, labels] = [join(folder, 'images'), join(folder, 'labels')];
const target = join(folder, 'out.arrow');

const PIXELS = Uint8Array.from({ length: 3 * 6 }, (_, i) => i);
const GOOD_IMAGES = imagesToIdx(PIXELS, 2, 3);
const GOOD_LABELS = labelsToIdx(Uint8Array.of(7, 0, 9));

function write(imageBytes: Uint8Array, labelBytes: Uint8Array): Promise<number> {
  writeFileSync(images, imageBytes);
  writeFileSync(labels, labelBytes);
  return importMnist(images, labels, target);
}

const changed = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt32BE(value, at);
  return copy;
};

describe('the IDX importer', () => {
  it.each([
    ['plain', GOOD_IMAGES, GOOD_LABELS],
    ['gzipped', gzipSync(GOOD_IMAGES), gzipSync(GOOD_LABELS)],
  ])('makes pictures and one-hot labels of %s files, values as they are', async (_, imageBytes, labelBytes) => {
    expect(await write(imageBytes, labelBytes)).toBe(3);
    const reader = await DatasetReader.open(target);
    expect(reader.columns).toEqual([
      { name: 'picture', width: 6, type: 'u8', shape: [2, 3] },
      { name: 'label', width: 10, type: 'u8' },
    ]);
    expect(await reader.read('picture', 0, 3)).toEqual(PIXELS);
    expect(Array.from(await reader.read('label', 1, 2))).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    await reader.close();
  });

  it('takes as many classes as there are, values of any type, and channels', async () => {
    const many = Buffer.concat([Buffer.of(0, 0, 0x0c, 1, 0, 0, 0, 2), Buffer.of(0, 0, 0, 25, 0, 0, 0, 1)]);
    const floats = Buffer.alloc(20 + 2 * 12 * 8);
    floats.set([0, 0, 0x0e, 4, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2]);
    for (let i = 0; i < 24; i++) floats.writeDoubleBE(i / 4, 20 + 8 * i);
    expect(await write(floats, many)).toBe(2);
    const reader = await DatasetReader.open(target);
    expect(reader.columns).toEqual([
      { name: 'picture', width: 12, type: 'f32', shape: [3, 4] },
      { name: 'label', width: 26, type: 'u8' },
    ]);
    expect(Array.from(await reader.read('picture', 1, 1))).toEqual(Array.from({ length: 12 }, (_, i) => 3 + i / 4));
    expect((await reader.read('label', 0, 2)).indexOf(1)).toBe(25);
    await reader.close();
  });

  it.each([
    ['swapped files', GOOD_LABELS, GOOD_IMAGES, 'magic number 2049, expected 2051; were the two files swapped?'],
    ['empty images', Buffer.alloc(0), GOOD_LABELS, 'the input file is empty'],
    ['empty labels', GOOD_IMAGES, Buffer.alloc(0), 'the label file is empty'],
    ['another kind of file', Buffer.from('name,value\n1,2\n'), GOOD_LABELS, 'magic number'],
    ['half a header', GOOD_IMAGES.subarray(0, 10), GOOD_LABELS, 'ends within its header'],
    ['missing image bytes', GOOD_IMAGES.subarray(0, -1), GOOD_LABELS, 'the input file ends too early'],
    ['missing label bytes', GOOD_IMAGES, GOOD_LABELS.subarray(0, -1), 'the label file ends too early'],
    ['trailing image bytes', Buffer.concat([GOOD_IMAGES, Buffer.of(1)]), GOOD_LABELS, 'has bytes behind the 3 rows'],
    ['trailing label bytes', GOOD_IMAGES, Buffer.concat([GOOD_LABELS, Buffer.of(1)]), 'has bytes behind the 3 rows'],
    ['counts that differ', GOOD_IMAGES, labelsToIdx(Uint8Array.of(1, 2)), '3 images, but the label file 2 labels'],
    ['a label below 0', GOOD_IMAGES, Buffer.of(0, 0, 9, 1, 0, 0, 0, 3, 1, 2, 255), 'the label of row 2 is -1'],
    ['little endian', Buffer.concat([Buffer.of(3, 8, 0, 0), GOOD_IMAGES.subarray(4)]), GOOD_LABELS, 'wrong (little endian) order'],
    ['no rows', changed(GOOD_IMAGES, 4, 0), changed(GOOD_LABELS, 4, 0), 'holds no rows'],
    ['pictures without pixels', changed(GOOD_IMAGES, 8, 0), GOOD_LABELS, '0×3 pixels'],
    ['gigantic pictures', changed(changed(GOOD_IMAGES, 8, 70_000), 12, 70_000), GOOD_LABELS, '70000×70000 pixels'],
    ['a gigantic count', changed(GOOD_IMAGES, 4, 4e9), changed(GOOD_LABELS, 4, 4e9), 'ends too early'],
    ['broken gzip', gzipSync(GOOD_IMAGES).subarray(0, 20), GOOD_LABELS, 'gzip data is damaged'],
  ])('refuses %s and leaves nothing', async (_, imageBytes, labelBytes, reason) => {
    writeFileSync(images, imageBytes);
    writeFileSync(labels, labelBytes);
    const absent = join(folder, 'absent.arrow');
    await expect(importMnist(images, labels, absent)).rejects.toThrowError(DatasetError);
    await expect(importMnist(images, labels, absent)).rejects.toThrowError(reason);
    expect(readdirSync(folder).filter((name) => name.startsWith('absent'))).toEqual([]);
  });

  it('throws nothing but data-set errors, whatever was turned in the files', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(GOOD_IMAGES.length - 1), fc.nat(255), fc.nat(GOOD_LABELS.length - 1), fc.nat(255), async (i, a, k, b) => {
        const [badImages, badLabels] = [Buffer.from(GOOD_IMAGES), Buffer.from(GOOD_LABELS)];
        badImages[i] = a;
        badLabels[k] = b;
        await write(badImages, badLabels).catch((error) => expect(error).toBeInstanceOf(DatasetError));
      }),
      { numRuns: 200 },
    );
  });
});
