import { zstdDecompressSync } from 'node:zlib';
import {
  CompressionType,
  compressionRegistry,
  type Data,
  DataType,
  type Field,
  Precision,
  type RecordBatch,
  RecordBatchReader,
  TimeUnit,
  Vector,
} from 'apache-arrow';
import { decompressFrameSync } from 'lz4-napi';
import { DatasetError, faultOfFile } from '../errors.ts';
import { shapeOf } from '../format.ts';
import type { ByteSource } from '../source.ts';
import { readOnce } from './arrow-file.ts';
import type { Cell, PartColumn, TableFile, TablePart } from './table-file.ts';

/** An Arrow IPC file or stream. Fields of structs become columns with dotted names. @throws DatasetError if it is damaged, or has no columns. */
export async function openArrow(source: ByteSource): Promise<TableFile> {
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    decode: (bytes) => decompressFrameSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  });
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => zstdDecompressSync(bytes) });
  const leaves = await readable(async () => {
    const reader = await RecordBatchReader.from(readOnce(source));
    await reader.open();
    return (reader.schema?.fields ?? []).flatMap((field, i) => leavesOf(field, [i], []));
  });
  const names = leaves.map(({ path }) => path.join('.'));
  const singles = new Set(
    leaves.flatMap(({ field: { type } }, i) => (DataType.isFloat(type) && type.precision !== Precision.DOUBLE ? [i] : [])),
  );
  return { names, singles, isText: false, notices: [], parts: () => parts(source, leaves) };
}

interface Leaf {
  readonly path: readonly string[];
  readonly indices: readonly number[];
  readonly field: Field;
}

function leavesOf(field: Field, indices: readonly number[], path: readonly string[]): Leaf[] {
  const own = [...path, field.name];
  if (DataType.isStruct(field.type)) return field.type.children.flatMap((child: Field, i: number) => leavesOf(child, [...indices, i], own));
  return [{ path: own, indices, field }];
}

async function* parts(source: ByteSource, leaves: readonly Leaf[]): AsyncGenerator<TablePart> {
  const reader = await readable(async () => {
    const opened = await RecordBatchReader.from(readOnce(source));
    return opened.open();
  });
  const batches = (reader as AsyncIterable<RecordBatch>)[Symbol.asyncIterator]();
  for (;;) {
    const { done, value: batch } = await readable(() => batches.next());
    if (done) return;
    if (batch.numRows === 0) continue;
    yield { rows: batch.numRows, columns: await readable(async () => leaves.map((leaf) => columnOf(batch, leaf))) };
  }
}

function columnOf(batch: RecordBatch, { indices, path, field }: Leaf): PartColumn {
  const [top = 0, ...inner] = indices;
  const data: Data | undefined = inner.length === 0 ? batch.data.children[top] : undefined;
  if (inner.length === 0 && !data) throw new DatasetError(`column '${path.join('.')}' is missing in a record batch`);
  if (data) return vectorOf(data, field) ?? codesOf(data) ?? numbersOf(data) ?? cellsOf(new Vector([data]), field.type);
  // Of a struct: a missing struct has no fields.
  let vector: Vector | null | undefined = batch.getChildAt(top);
  for (const index of inner) vector = vector?.getChildAt(index);
  if (!vector) throw new DatasetError(`column '${path.join('.')}' is missing in a record batch`);
  return cellsOf(vector, field.type);
}

/** A list of bytes or floats of equal length, without a look at each. */
function vectorOf(data: Data, field: Field): PartColumn | undefined {
  const { type } = data;
  const inner = data.children[0];
  if (!DataType.isFixedSizeList(type) || data.nullCount > 0 || !inner || inner.nullCount > 0) return undefined;
  const width = type.listSize;
  const values: unknown = inner.values;
  const first = data.offset * width;
  const isPlain = DataType.isFloat(inner.type) ? inner.type.precision === Precision.SINGLE : DataType.isInt(inner.type);
  if (!isPlain || !(values instanceof Uint8Array || values instanceof Float32Array)) return undefined;
  const shape = shapeOf(field);
  return { values: values.subarray(first, first + data.length * width), width, ...(shape ? { shape } : {}) };
}

/** Codes and dictionary of categories. */
function codesOf(data: Data): PartColumn | undefined {
  if (!DataType.isDictionary(data.type) || !DataType.isUtf8(data.type.dictionary) || !data.dictionary) return undefined;
  const dictionary = Array.from(data.dictionary, (label) => (label === null ? null : String(label)));
  const codes = Int32Array.from({ length: data.length }, (_, i) => {
    const code = data.getValid(i) ? Number((data.values as ArrayLike<number | bigint>)[i]) : -1;
    return dictionary[code] === null ? -1 : code;
  });
  return { codes, dictionary: dictionary.map((label) => label ?? '') };
}

/** Numbers without missing values. */
function numbersOf(data: Data): ArrayLike<number> | undefined {
  const { type, nullCount } = data;
  if (nullCount > 0 || (DataType.isFloat(type) && type.precision === Precision.HALF)) return undefined;
  if (!DataType.isFloat(type) && !(DataType.isInt(type) && type.bitWidth < 64)) return undefined;
  return (data.values as Float64Array).subarray(0, data.length);
}

const SECONDS: Readonly<Record<TimeUnit, number>> = {
  [TimeUnit.SECOND]: 1,
  [TimeUnit.MILLISECOND]: 1e-3,
  [TimeUnit.MICROSECOND]: 1e-6,
  [TimeUnit.NANOSECOND]: 1e-9,
};

function cellsOf(vector: Vector, type: DataType): Cell[] {
  const cells = Array.from(vector) as unknown[];
  if (DataType.isTimestamp(type) || DataType.isDate(type)) return cells.map((cell) => (cell === null ? null : new Date(Number(cell))));
  if (DataType.isTime(type)) return cells.map((cell) => (cell === null ? null : Number(cell) * SECONDS[type.unit as TimeUnit]));
  if (DataType.isDecimal(type)) {
    const scale = 10 ** type.scale;
    return cells.map((cell) => (cell === null ? null : decimalOf(cell as Uint32Array) / scale));
  }
  return cells.map((cell) => {
    if (cell === null || typeof cell !== 'object') return cell as Cell;
    return cell instanceof Vector || ArrayBuffer.isView(cell) ? Array.from(cell as Iterable<unknown>) : JSON.stringify(cell);
  });
}

/** A whole number of 128 or 256 bits, two's complement, low words first. */
function decimalOf(words: Uint32Array): number {
  let value = 0n;
  for (let i = words.length - 1; i >= 0; i--) value = (value << 32n) | BigInt(words[i] as number);
  return Number(BigInt.asIntN(32 * words.length, value));
}

async function readable<Output>(read: () => Promise<Output>): Promise<Output> {
  try {
    return await read();
  } catch (error) {
    throw faultOfFile(error, 'the file is no Arrow IPC file that can be read');
  }
}
