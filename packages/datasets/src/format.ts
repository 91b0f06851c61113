import type { Column, FieldValues } from '@openhanami/engine';
import {
  DataType,
  Dictionary,
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Precision,
  Schema,
  TimestampMicrosecond,
  Uint8,
  Utf8,
} from 'apache-arrow';
import { DatasetError } from './errors.ts';

// A data set is an Arrow IPC file. Its columns are vectors of equal width (FixedSizeList<u8 | f32>), numbers (f64), times (timestamps), codes of a dictionary
// (categories, flags, and texts of which there are not too many) or texts. Every record batch but the last has the same number of rows, stored in the schema's
// metadata, so that a row is found without reading those before it. Missing values are null for other programs.

/** What a column holds, as its readers see it. */
export type Kind = 'number' | 'flag' | 'category' | 'time' | 'text' | 'vector';

/** How a column is stored. */
export type ColumnType = 'u8' | 'f32' | 'f64' | 'time' | 'codes' | 'text';

/** A column as it is stored. */
export interface StoredColumn extends Column {
  readonly type: ColumnType;
  /** Of codes; 'category' if it is left out. */
  readonly kind?: 'flag' | 'category' | 'text';
  /** Of times: all of them are days. */
  readonly days?: boolean;
  /** Rows and columns of the image that the values form, if known. */
  readonly shape?: readonly [rows: number, columns: number];
}

/** What a column holds. */
export function kindOf({ type, width, kind = 'category' }: StoredColumn): Kind {
  if (type === 'codes') return kind;
  if (type === 'time' || type === 'text') return type;
  return type === 'f64' || width === 1 ? 'number' : 'vector';
}

/** Numbers of a column: vectors as stored; else f64, NaN where a value is missing. */
export type Values = Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

/** Values of rows as their kind has them; of texts the texts. */
export type ColumnValues = FieldValues | { readonly texts: readonly (string | null)[] };

/** The labels of flags, so that their codes are 0 and 1. */
export const FLAGS: readonly string[] = ['false', 'true'];

const BATCH_ROWS = 'hanami.batch_rows';
const SHAPE = 'hanami.shape';
const KIND = 'hanami.kind';
const DAYS = 'hanami.days';

/** Bytes of a record batch to aim at: small enough to hold a few in memory, large enough to read at full speed. */
const BATCH_BYTES = 1 << 20;
const MAX_BATCH_ROWS = 65_536;
/** Rows that a batch of a wide table has nevertheless, and its most bytes: each batch costs time for each column. */
const WIDE_BATCH_ROWS = 64;
const WIDE_BATCH_BYTES = 1 << 24;

/** Bytes of a value; of texts what a batch is laid out for: they may have ten times as many. */
export const BYTES: Readonly<Record<ColumnType, number>> = { u8: 1, f32: 4, f64: 8, time: 8, codes: 4, text: 1024 };

/** Number of rows of a full record batch with these columns. */
export function batchRows(columns: readonly StoredColumn[]): number {
  const rowBytes = columns.reduce((sum, { width, type }) => sum + width * BYTES[type], 0);
  const bytes = columns.length > 1 ? Math.max(BATCH_BYTES, Math.min(WIDE_BATCH_BYTES, WIDE_BATCH_ROWS * rowBytes)) : BATCH_BYTES;
  return Math.max(1, Math.min(MAX_BATCH_ROWS, Math.floor(bytes / rowBytes)));
}

/** A schema whose batches are as it says: apache-arrow would compare all columns with each other for each batch. */
export function settled(schema: Schema): Schema {
  schema.assign = () => schema as never;
  return schema;
}

/** The Arrow schema of a data set with these columns. */
export function toSchema(columns: readonly StoredColumn[]): Schema {
  const fields = columns.map((column, i) => {
    const { name, shape, kind, days } = column;
    const metadata = new Map<string, string>();
    if (shape) metadata.set(SHAPE, shape.join(','));
    if (kind && kind !== 'category') metadata.set(KIND, kind);
    if (days) metadata.set(DAYS, 'true');
    return new Field(name, arrowType(column, i), column.type !== 'u8' && column.type !== 'f32', metadata);
  });
  return settled(new Schema(fields, new Map([[BATCH_ROWS, String(batchRows(columns))]])));
}

/** @param id number of the dictionary. */
function arrowType({ type, width }: StoredColumn, id: number): DataType {
  switch (type) {
    case 'f64':
      return new Float64();
    case 'time':
      return new TimestampMicrosecond('UTC');
    case 'codes':
      return new Dictionary(new Utf8(), new Int32(), id);
    case 'text':
      return new Utf8();
    default:
      return new FixedSizeList(width, new Field('value', type === 'u8' ? new Uint8() : new Float32(), false));
  }
}

/** Reads columns and batch size from a schema. @throws DatasetError if it is not the schema of a data set. */
export function fromSchema(schema: Schema): { columns: StoredColumn[]; batchRows: number } {
  const batch = Number(schema.metadata.get(BATCH_ROWS));
  if (!Number.isInteger(batch) || batch < 1) throw new DatasetError('the file is no data set: its batch size is missing');
  const columns = schema.fields.map((field): StoredColumn => {
    const { name, type } = field;
    const stored = typeOf(type);
    if (!stored) throw new DatasetError(`the file is no data set: column '${name}' is ${type}`);
    const kind = kindIn(field);
    const shape = shapeOf(field);
    return {
      name,
      width: DataType.isFixedSizeList(type) ? type.listSize : 1,
      type: stored,
      ...(stored === 'codes' && kind ? { kind } : {}),
      ...(field.metadata.get(DAYS) === 'true' ? { days: true } : {}),
      ...(shape ? { shape } : {}),
    };
  });
  return { columns, batchRows: batch };
}

/** The image shape in a column's metadata; undefined without one. */
export function shapeOf({ metadata }: Field): readonly [rows: number, columns: number] | undefined {
  const [rows, columns] = (metadata.get(SHAPE) ?? '').split(',').map(Number);
  return rows && columns ? [rows, columns] : undefined;
}

/** The kind in a column's metadata, if it is not the usual one. */
export function kindIn({ metadata }: Field): 'flag' | 'text' | undefined {
  const kind = metadata.get(KIND);
  return kind === 'flag' || kind === 'text' ? kind : undefined;
}

function typeOf(type: DataType): ColumnType | undefined {
  if (DataType.isFixedSizeList(type)) return valueTypeOf(type.children[0]?.type);
  if (DataType.isFloat(type) && type.precision === Precision.DOUBLE) return 'f64';
  if (DataType.isTimestamp(type)) return 'time';
  if (DataType.isDictionary(type)) return 'codes';
  return DataType.isUtf8(type) ? 'text' : undefined;
}

function valueTypeOf(type: DataType | undefined): 'u8' | 'f32' | undefined {
  if (DataType.isInt(type) && type.bitWidth === 8 && !type.isSigned) return 'u8';
  if (DataType.isFloat(type) && type.precision === Precision.SINGLE) return 'f32';
  return undefined;
}
