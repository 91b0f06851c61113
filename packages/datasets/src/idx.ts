import { writeFile } from 'node:fs/promises';
import { ByteReader } from './bytes.ts';
import { DatasetError } from './errors.ts';
import type { ByteSink, ByteSource } from './source.ts';
import { DatasetWriter } from './writer.ts';

// IDX, the format of the MNIST files: a magic number (0, 0, type 8 = u8, number of dimensions), the sizes, then the values; all big endian.

const IMAGES = 2051;
const LABELS = 2049;
const CLASSES = 10;
/** Largest accepted image in pixels. */
const MAX_PIXELS = 1 << 22;

interface IdxFile {
  readonly what: string;
  readonly bytes: ByteReader;
  readonly count: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Converts two IDX files (plain or gzipped) to a data set with the columns `picture` and `label` (one-hot, 10 wide).
 * @returns the number of rows.
 * @throws DatasetError for a wrong magic number, size, count or label, and for missing or trailing bytes; nothing is written then.
 */
export async function importMnist(
  imagesFrom: string | ByteSource,
  labelsFrom: string | ByteSource,
  to: string | ByteSink,
): Promise<number> {
  const images = await openIdx(imagesFrom, 'input file', IMAGES);
  const labels = await openIdx(labelsFrom, 'label file', LABELS).catch(async (error) => {
    await images.bytes.close();
    throw error;
  });
  let writer: DatasetWriter | undefined;
  try {
    if (images.count !== labels.count) {
      throw new DatasetError(`the input file has ${images.count} images, but the label file ${labels.count} labels`);
    }
    const pixels = images.rows * images.columns;
    writer = await DatasetWriter.create(to, [
      { name: 'picture', width: pixels, type: 'u8', shape: [images.rows, images.columns] },
      { name: 'label', width: CLASSES, type: 'u8' },
    ]);
    const step = Math.max(1, Math.floor((1 << 20) / pixels));
    for (let from = 0; from < images.count; from += step) {
      const rows = Math.min(step, images.count - from);
      const pictures = await readExactly(images, rows * pixels);
      const classes = await readExactly(labels, rows);
      await writer.write([new Uint8Array(pictures), oneHot(classes, from)], rows);
    }
    await mustEnd(images);
    await mustEnd(labels);
    await writer.finish();
    return writer.rows;
  } catch (error) {
    await writer?.abort();
    throw error;
  } finally {
    await images.bytes.close();
    await labels.bytes.close();
  }
}

async function openIdx(from: string | ByteSource, what: string, magic: number): Promise<IdxFile> {
  const bytes = await ByteReader.open(from);
  try {
    const fixed = magic === IMAGES ? 16 : 8;
    const header = await bytes.read(fixed);
    if (header.length === 0) throw new DatasetError(`the ${what} is empty`);
    const found = header.length >= 4 ? header.readUInt32BE(0) : undefined;
    if (found !== undefined && found !== magic) {
      const swapped = found === IMAGES || found === LABELS ? '; were the two files swapped?' : '';
      throw new DatasetError(`the ${what} begins with the magic number ${found}, expected ${magic}${swapped}`);
    }
    if (header.length < fixed) throw new DatasetError(`the ${what} ends within its header: ${header.length} of ${fixed} bytes`);
    const count = header.readUInt32BE(4);
    const rows = magic === IMAGES ? header.readUInt32BE(8) : 1;
    const columns = magic === IMAGES ? header.readUInt32BE(12) : 1;
    if (count === 0) throw new DatasetError(`the ${what} holds no rows`);
    if (rows === 0 || columns === 0 || rows * columns > MAX_PIXELS) {
      throw new DatasetError(`the ${what} says that its pictures have ${rows}×${columns} pixels; 1 to ${MAX_PIXELS} are possible`);
    }
    return { what, bytes, count, rows, columns };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

async function readExactly(file: IdxFile, count: number): Promise<Buffer> {
  const bytes = await file.bytes.read(count);
  if (bytes.length < count) {
    throw new DatasetError(`the ${file.what} ends too early: its header promises ${file.count} rows, but bytes are missing`);
  }
  return bytes;
}

async function mustEnd(file: IdxFile): Promise<void> {
  if ((await file.bytes.read(1)).length > 0) {
    throw new DatasetError(`the ${file.what} has bytes behind the ${file.count} rows that its header promises`);
  }
}

function oneHot(classes: Buffer, from: number): Uint8Array {
  const label = new Uint8Array(classes.length * CLASSES);
  for (const [i, value] of classes.entries()) {
    if (value >= CLASSES) throw new DatasetError(`the label of row ${from + i} is ${value}; labels go from 0 to ${CLASSES - 1}`);
    label[i * CLASSES + value] = 1;
  }
  return label;
}

/** Bytes of an IDX file of pictures: count × rows × columns values. */
export function imagesToIdx(pixels: Uint8Array, rows: number, columns: number): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(IMAGES, 0);
  header.writeUInt32BE(pixels.length / (rows * columns), 4);
  header.writeUInt32BE(rows, 8);
  header.writeUInt32BE(columns, 12);
  return Buffer.concat([header, pixels]);
}

/** Bytes of an IDX file of labels. */
export function labelsToIdx(labels: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt32BE(LABELS, 0);
  header.writeUInt32BE(labels.length, 4);
  return Buffer.concat([header, labels]);
}

/** Writes pictures and their labels as two IDX files. */
export async function writeMnist(
  images: { pixels: Uint8Array; labels: Uint8Array; rows: number; columns: number },
  imagePath: string,
  labelPath: string,
): Promise<void> {
  await writeFile(imagePath, imagesToIdx(images.pixels, images.rows, images.columns));
  await writeFile(labelPath, labelsToIdx(images.labels));
}
