import type { Column } from '@openhanami/engine';
import { DataType, Field, FixedSizeList, Float32, Precision, Schema, Uint8 } from 'apache-arrow';
import { DatasetError } from './errors.ts';

// A data set is an Arrow IPC file. Each named column range is one column of type FixedSizeList<u8 | f32>; every record batch but the last
// has the same number of rows, stored in the schema's metadata, so that a row is found without reading those before it.

export type Values = Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;

/** A column as it is stored. */
export interface StoredColumn extends Column {
  readonly type: 'u8' | 'f32';
  /** Rows and columns of the image that the values form, if known. */
  readonly shape?: readonly [rows: number, columns: number];
}

const BATCH_ROWS = 'hanami.batch_rows';
const SHAPE = 'hanami.shape';

/** Bytes of a record batch to aim at: small enough to hold a few in memory, large enough to read at full speed. */
const BATCH_BYTES = 1 << 20;
const MAX_BATCH_ROWS = 65_536;

/** Number of rows of a full record batch with these columns. */
export function batchRows(columns: readonly StoredColumn[]): number {
  const rowBytes = columns.reduce((sum, { width, type }) => sum + width * (type === 'u8' ? 1 : 4), 0);
  return Math.max(1, Math.min(MAX_BATCH_ROWS, Math.floor(BATCH_BYTES / rowBytes)));
}

/** The Arrow schema of a data set with these columns. */
export function toSchema(columns: readonly StoredColumn[]): Schema {
  const fields = columns.map(({ name, width, type, shape }) => {
    const child = new Field('value', type === 'u8' ? new Uint8() : new Float32(), false);
    return new Field(name, new FixedSizeList(width, child), false, shape ? new Map([[SHAPE, shape.join(',')]]) : new Map());
  });
  return new Schema(fields, new Map([[BATCH_ROWS, String(batchRows(columns))]]));
}

/** Reads columns and batch size from a schema. @throws DatasetError if it is not the schema of a data set. */
export function fromSchema(schema: Schema): { columns: StoredColumn[]; batchRows: number } {
  const batch = Number(schema.metadata.get(BATCH_ROWS));
  if (!Number.isInteger(batch) || batch < 1) throw new DatasetError('the file is no data set: its batch size is missing');
  const columns = schema.fields.map((field): StoredColumn => {
    const type = field.type;
    const valueType = DataType.isFixedSizeList(type) ? valueTypeOf(type.children[0]?.type) : undefined;
    if (!DataType.isFixedSizeList(type) || !valueType) throw new DatasetError(`the file is no data set: column '${field.name}' is ${type}`);
    const shape = shapeOf(field);
    return { name: field.name, width: type.listSize, type: valueType, ...(shape ? { shape } : {}) };
  });
  return { columns, batchRows: batch };
}

/** The image shape in a column's metadata; undefined without one. */
export function shapeOf({ metadata }: Field): readonly [rows: number, columns: number] | undefined {
  const [rows, columns] = (metadata.get(SHAPE) ?? '').split(',').map(Number);
  return rows && columns ? [rows, columns] : undefined;
}

function valueTypeOf(type: DataType | undefined): StoredColumn['type'] | undefined {
  if (DataType.isInt(type) && type.bitWidth === 8 && !type.isSigned) return 'u8';
  if (DataType.isFloat(type) && type.precision === Precision.SINGLE) return 'f32';
  return undefined;
}
