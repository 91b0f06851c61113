import { zstdDecompressSync } from 'node:zlib';
import { CompressionType, compressionRegistry, type Data, DataType, type Field, Precision, RecordBatchReader, Vector } from 'apache-arrow';
import { decompressFrameSync } from 'lz4-napi';
import { readOnce } from './arrow-file.ts';
import { DatasetError } from './errors.ts';
import { type StoredColumn, shapeOf } from './format.ts';
import { type ByteSink, type ByteSource, sourceOf } from './source.ts';
import { mustBeFinite, mustBeNames } from './values.ts';
import { DatasetWriter } from './writer.ts';

/**
 * Converts an Arrow IPC file (or stream) to a data set: numbers and booleans become ranges of width 1, fixed-size lists wider ranges.
 * Unsigned bytes stay bytes, all else becomes f32; a missing value is 0, as in CSV.
 * @returns the number of rows.
 * @throws DatasetError naming column and row of an unsupported type or value, or if the file is damaged or empty.
 */
export async function importArrow(from: string | ByteSource, to: string | ByteSink): Promise<number> {
  compressionRegistry.set(CompressionType.LZ4_FRAME, {
    decode: (bytes) => decompressFrameSync(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
  });
  compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => zstdDecompressSync(bytes) });
  const source = await sourceOf(from);
  let writer: DatasetWriter | undefined;
  try {
    const reader = await RecordBatchReader.from(readOnce(source));
    await reader.open();
    const columns = reader.schema?.fields?.map(rangeOf) ?? [];
    if (columns.length === 0) throw new DatasetError('the file has no columns');
    mustBeNames(columns.map(({ name }) => name));
    writer = await DatasetWriter.create(to, columns);
    for await (const batch of reader) {
      const before = writer.rows + writer.waiting;
      const values = columns.map((column, i) => {
        const data = batch.data.children[i];
        if (!data) throw new DatasetError(`column '${column.name}' is missing in a record batch`);
        return valuesOf(data, column, before);
      });
      await writer.write(values, batch.numRows);
    }
    if (writer.rows + writer.waiting === 0) throw new DatasetError('the file has columns, but no rows');
    await writer.finish();
    return writer.rows;
  } catch (error) {
    await writer?.abort();
    if (error instanceof DatasetError) throw error;
    throw new DatasetError(`the file is no Arrow IPC file that can be read: ${error instanceof Error ? error.message : error}`);
  } finally {
    await source.close().catch(() => {});
  }
}

function rangeOf(field: Field): StoredColumn {
  const { name, type } = field;
  const list = DataType.isFixedSizeList(type) ? type : undefined;
  const valueType = list ? list.children[0]?.type : type;
  if (!DataType.isInt(valueType) && !DataType.isFloat(valueType) && !DataType.isBool(valueType)) {
    throw new DatasetError(`column '${name}' is ${type}; columns must hold numbers, booleans, or fixed-size lists of them`);
  }
  const isByte = DataType.isInt(valueType) && valueType.bitWidth === 8 && !valueType.isSigned;
  const shape = shapeOf(field);
  return { name, width: list?.listSize ?? 1, type: isByte ? 'u8' : 'f32', ...(shape ? { shape } : {}) };
}

/** The values of one record batch. */
function valuesOf(data: Data, column: StoredColumn, before: number): Uint8Array | Float32Array {
  const { width, type } = column;
  const isList = DataType.isFixedSizeList(data.type);
  const inner = isList ? data.children[0] : data;
  const length = data.length * width;
  const values = type === 'u8' ? new Uint8Array(length) : new Float32Array(length);
  if (!inner) return values;
  const vector = new Vector([inner]);
  const first = isList ? data.offset * width : 0;
  const isPlain = inner.nullCount === 0 && !DataType.isBool(inner.type) && !isHalf(inner.type) && !isLong(inner.type);
  if (isPlain) values.set((vector.toArray() as Float64Array).subarray(first, first + length));
  else for (let i = 0; i < length; i++) values[i] = Number(vector.get(first + i) ?? 0);
  if (isList && data.nullCount > 0) {
    for (let row = 0; row < data.length; row++) if (!data.getValid(row)) values.fill(0, row * width, (row + 1) * width);
  }
  mustBeFinite(values, column, before);
  return values;
}

const isHalf = (type: DataType): boolean => DataType.isFloat(type) && type.precision === Precision.HALF;
const isLong = (type: DataType): boolean => DataType.isInt(type) && type.bitWidth === 64;
