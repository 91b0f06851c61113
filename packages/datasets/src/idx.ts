import { writeFile } from 'node:fs/promises';
import { ByteReader } from './bytes.ts';
import { DatasetError } from './errors.ts';
import type { ByteSink, ByteSource } from './source.ts';
import { DatasetWriter } from './writer.ts';

// IDX, the format of the MNIST files: two bytes of 0, the type of the values, the number of dimensions; the sizes of these; then the values; all big endian.

/** First bytes of MNIST's own files: u8 in three dimensions, and in one. */
const IMAGES = 2051;
const LABELS = 2049;
/** Classes that a label has at least, as MNIST's. */
const CLASSES = 10;
const MOST_CLASSES = 65_536;
/** Largest accepted image in values. */
const MAX_PIXELS = 1 << 22;
/** Largest accepted number of labels; they are held in memory. */
const MOST_LABELS = 1 << 26;
/** Channels of a picture whose last dimension they are. */
const MOST_CHANNELS = 4;

interface ElementType {
  readonly bytes: number;
  readonly read: (from: Buffer, at: number) => number;
}

const TYPES: ReadonlyMap<number, ElementType> = new Map([
  [0x08, { bytes: 1, read: (from, at) => from.readUInt8(at) }],
  [0x09, { bytes: 1, read: (from, at) => from.readInt8(at) }],
  [0x0b, { bytes: 2, read: (from, at) => from.readInt16BE(at) }],
  [0x0c, { bytes: 4, read: (from, at) => from.readInt32BE(at) }],
  [0x0d, { bytes: 4, read: (from, at) => from.readFloatBE(at) }],
  [0x0e, { bytes: 8, read: (from, at) => from.readDoubleBE(at) }],
]);
const BYTE = 0x08;

interface IdxFile {
  readonly what: string;
  readonly bytes: ByteReader;
  readonly type: ElementType;
  readonly isBytes: boolean;
  readonly count: number;
  /** Sizes of a row. */
  readonly sizes: readonly number[];
  /** Values of a row. */
  readonly width: number;
}

/**
 * Converts two IDX files (plain or gzipped) to a data set with the columns `picture` and `label`. Pictures have one to three dimensions and values of any type:
 * bytes stay bytes, all else becomes f32. Labels are whole numbers from 0 on, which become one-hot rows as wide as the largest needs, at least 10; or they are
 * rows already.
 * @returns the number of rows.
 * @throws DatasetError for a wrong magic number, size, count or label, and for missing or trailing bytes; nothing is written then.
 */
export async function importMnist(
  imagesFrom: string | ByteSource,
  labelsFrom: string | ByteSource,
  to: string | ByteSink,
): Promise<number> {
  const images = await openIdx(imagesFrom, 'input file', [2, 3, 4]);
  const labels = await openIdx(labelsFrom, 'label file', [1, 2]).catch(async (error) => {
    await images.bytes.close();
    throw error;
  });
  let writer: DatasetWriter | undefined;
  try {
    if (images.count !== labels.count) {
      throw new DatasetError(`the input file has ${images.count} images, but the label file ${labels.count} labels`);
    }
    const isCoded = labels.sizes.length === 0;
    const classes = isCoded ? await readClasses(labels) : new Int32Array();
    const width = isCoded ? classes.reduce((most, value) => Math.max(most, value + 1), CLASSES) : labels.width;
    const shape = shapeOf(images);
    writer = await DatasetWriter.create(to, [
      { name: 'picture', width: images.width, type: images.isBytes ? 'u8' : 'f32', ...(shape ? { shape } : {}) },
      { name: 'label', width, type: isCoded || labels.isBytes ? 'u8' : 'f32' },
    ]);
    const step = Math.max(1, Math.floor((1 << 20) / images.width));
    for (let from = 0; from < images.count; from += step) {
      const rows = Math.min(step, images.count - from);
      const pictures = await readRows(images, rows, from);
      await writer.write(
        [pictures, isCoded ? oneHot(classes.subarray(from, from + rows), width) : await readRows(labels, rows, from)],
        rows,
      );
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

/** @param dimensions how many the file may have, rows included. */
async function openIdx(from: string | ByteSource, what: string, dimensions: readonly number[]): Promise<IdxFile> {
  const bytes = await ByteReader.open(from);
  try {
    const magic = await bytes.read(4);
    if (magic.length === 0) throw new DatasetError(`the ${what} is empty`);
    if (magic.length < 4) throw new DatasetError(`the ${what} ends within its header: ${magic.length} of 4 bytes`);
    const [zero = 0, alsoZero = 0, code = 0, dims = 0] = magic;
    const type = TYPES.get(code);
    if (zero !== 0 || alsoZero !== 0 || !type || !dimensions.includes(dims)) throw new DatasetError(magicFault(magic, what, dimensions));
    const header = await bytes.read(4 * dims);
    if (header.length < 4 * dims)
      throw new DatasetError(`the ${what} ends within its header: ${4 + header.length} of ${4 + 4 * dims} bytes`);
    const [count = 0, ...sizes] = Array.from({ length: dims }, (_, i) => header.readUInt32BE(4 * i));
    if (count === 0) throw new DatasetError(`the ${what} holds no rows`);
    const width = sizes.reduce((product, size) => product * size, 1);
    if (width === 0 || width > MAX_PIXELS) {
      throw new DatasetError(`the ${what} says that its pictures have ${sizes.join('×')} pixels; 1 to ${MAX_PIXELS} are possible`);
    }
    return { what, bytes, type, isBytes: code === BYTE, count, sizes, width };
  } catch (error) {
    await bytes.close();
    throw error;
  }
}

function magicFault(magic: Buffer, what: string, dimensions: readonly number[]): string {
  const found = magic.readUInt32BE(0);
  const isLabels = dimensions.includes(1);
  const expected = isLabels ? LABELS : IMAGES;
  const dims = magic[3] ?? 0;
  const isIdx = magic[0] === 0 && magic[1] === 0 && TYPES.has(magic[2] ?? 0);
  let hint = '';
  if (isIdx && (isLabels ? dims > 2 : dims === 1)) hint = '; were the two files swapped?';
  else if (TYPES.has(magic[1] ?? 0) && magic[2] === 0 && magic[3] === 0) hint = '; its bytes are in the wrong (little endian) order';
  else if (magic.toString('latin1', 0, 3) === 'BZh') hint = '; it is compressed by bzip2: unpack it first';
  else if (magic[0] === 60) hint = '; it looks like a web page';
  return `the ${what} begins with the magic number ${found}, expected ${expected}${hint}`;
}

/** Rows and columns of a picture: channels stand one above the other, or beside each other where they are the last dimension. */
function shapeOf({ sizes }: IdxFile): readonly [number, number] | undefined {
  const [first = 0, second = 0, third] = sizes;
  if (sizes.length < 2) return undefined;
  if (third === undefined) return [first, second];
  return third <= MOST_CHANNELS ? [first, second * third] : [first * second, third];
}

async function readRows(file: IdxFile, rows: number, before: number): Promise<Uint8Array | Float32Array> {
  const { type, isBytes, width, what } = file;
  const bytes = await readExactly(file, rows * width * type.bytes);
  if (isBytes) return new Uint8Array(bytes);
  const values = new Float32Array(rows * width);
  for (let i = 0; i < values.length; i++) {
    const value = type.read(bytes, i * type.bytes);
    values[i] = value;
    if (!Number.isFinite(values[i]) && !Number.isNaN(value))
      throw new DatasetError(
        `the ${what} has a value in row ${before + Math.floor(i / width)} that is infinite or too large for a 32-bit float`,
      );
  }
  return values;
}

/** The classes of all rows. */
async function readClasses(labels: IdxFile): Promise<Int32Array> {
  const { type, count } = labels;
  if (count > MOST_LABELS)
    throw new DatasetError(`the label file ends too early: its header promises ${count} rows; ${MOST_LABELS} are the most`);
  const parts: Buffer[] = [];
  for (let from = 0; from < count; from += 1 << 20) parts.push(await readExactly(labels, Math.min(1 << 20, count - from) * type.bytes));
  const bytes = Buffer.concat(parts);
  return Int32Array.from({ length: count }, (_, row) => {
    const value = type.read(bytes, row * type.bytes);
    if (!Number.isInteger(value) || value < 0 || value >= MOST_CLASSES)
      throw new DatasetError(`the label of row ${row} is ${value}; labels are whole numbers from 0 to ${MOST_CLASSES - 1}`);
    return value;
  });
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

/** (rows, width): a 1 for the class of each row. */
function oneHot(classes: Int32Array, width: number): Uint8Array {
  const label = new Uint8Array(classes.length * width);
  for (let i = 0; i < classes.length; i++) label[i * width + (classes[i] as number)] = 1;
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
