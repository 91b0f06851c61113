import { type Data, type DataType, Float32, makeData, Uint8, Utf8, Vector } from 'apache-arrow';
import type { StoredColumn } from './format.ts';

// Values of one column of a record batch, until it is full and written.

/** Values of rows: numbers, codes, or texts. */
export type Part = ArrayLike<number> | readonly (string | null)[];

export interface ColumnBuffer {
  /** Takes `count` rows of a part from row `from` on as rows `at` … of the batch. */
  put(part: Part, from: number, count: number, at: number): void;
  /** The first `length` rows in Arrow's form; valid until the next `put`. */
  data(type: DataType, length: number): Data;
}

/** @param rows rows of a batch. */
export function columnBuffer({ type, width }: StoredColumn, rows: number): ColumnBuffer {
  switch (type) {
    case 'u8':
      return new FlatBuffer(new Uint8Array(rows * width), width, vectorData);
    case 'f32':
      return new FlatBuffer(new Float32Array(rows * width), width, vectorData);
    case 'f64':
      return new FlatBuffer(new Float64Array(rows), 1, numberData);
    case 'time':
      return new TimeBuffer(rows);
    case 'codes':
      return new FlatBuffer(new Int32Array(rows), 1, codeData);
    case 'text':
      return new TextBuffer();
  }
}

type Flat = Uint8Array | Float32Array | Float64Array | Int32Array;

/** Values of rows one behind the other, `width` of each. @param form what Arrow has for the values of `length` rows. */
class FlatBuffer<Of extends Flat> implements ColumnBuffer {
  constructor(
    private readonly values: Of,
    private readonly width: number,
    private readonly form: (type: DataType, length: number, data: Of) => Data,
  ) {}

  put(part: Part, from: number, count: number, at: number): void {
    const { values, width } = this;
    const [first, end, to] = [from * width, (from + count) * width, at * width];
    if (ArrayBuffer.isView(part)) values.set((part as unknown as Flat).subarray(first, end), to);
    else for (let i = first; i < end; i++) values[to + i - first] = part[i] as number;
  }

  data(type: DataType, length: number): Data {
    return this.form(type, length, this.values.subarray(0, length * this.width) as Of);
  }
}

/** @param data (length, width). */
function vectorData(type: DataType, length: number, data: Uint8Array | Float32Array): Data {
  const child =
    data instanceof Uint8Array
      ? makeData({ type: new Uint8(), length: data.length, data, nullCount: 0 })
      : makeData({ type: new Float32(), length: data.length, data, nullCount: 0 });
  return makeData({ type, length, child, nullCount: 0 } as never);
}

const numberData = (type: DataType, length: number, data: Float64Array): Data =>
  makeData({ type, length, data, ...nulls(length, (row) => Number.isNaN(data[row])) } as never);

const codeData = (type: DataType, length: number, data: Int32Array): Data =>
  makeData({
    type,
    length,
    data,
    dictionary: new Vector([textData([])]),
    ...nulls(length, (row) => (data[row] as number) < 0),
  } as never);

const MICROSECONDS = 1e6;

class TimeBuffer implements ColumnBuffer {
  private readonly values: BigInt64Array;
  private readonly missing: Uint8Array;

  constructor(rows: number) {
    this.values = new BigInt64Array(rows);
    this.missing = new Uint8Array(rows);
  }

  put(part: Part, from: number, count: number, at: number): void {
    for (let i = 0; i < count; i++) {
      const seconds = part[from + i] as number;
      const missing = Number.isNaN(seconds);
      this.missing[at + i] = Number(missing);
      this.values[at + i] = missing ? 0n : BigInt(Math.round(seconds * MICROSECONDS));
    }
  }

  data(type: DataType, length: number): Data {
    return makeData({ type, length, data: this.values.subarray(0, length), ...nulls(length, (row) => this.missing[row] === 1) } as never);
  }
}

class TextBuffer implements ColumnBuffer {
  private texts: (string | null)[] = [];

  put(part: Part, from: number, count: number, at: number): void {
    for (let i = 0; i < count; i++) this.texts[at + i] = (part[from + i] as string | null | undefined) ?? null;
  }

  data(_type: DataType, length: number): Data {
    return textData(this.texts.slice(0, length));
  }
}

/** Texts in Arrow's form: bytes one behind the other, and where each begins. */
export function textData(texts: readonly (string | null)[]): Data<Utf8> {
  const valueOffsets = new Int32Array(texts.length + 1);
  const data = Buffer.from(texts.map((text) => text ?? '').join(''));
  for (let i = 0, at = 0; i < texts.length; i++) {
    at += texts[i] === null ? 0 : Buffer.byteLength(texts[i] as string);
    valueOffsets[i + 1] = at;
  }
  return makeData({ type: new Utf8(), length: texts.length, valueOffsets, data, ...nulls(texts.length, (row) => texts[row] === null) });
}

/** Number and bitmap of missing values, as Arrow has them: a bit is 1 where there is a value. */
function nulls(length: number, isMissing: (row: number) => boolean): { nullCount: number; nullBitmap?: Uint8Array } {
  let nullBitmap: Uint8Array | undefined;
  let nullCount = 0;
  for (let row = 0; row < length; row++) {
    if (!isMissing(row)) continue;
    nullBitmap ??= new Uint8Array((length + 7) >> 3).fill(255);
    nullBitmap[row >> 3] = (nullBitmap[row >> 3] as number) & ~(1 << (row & 7));
    nullCount++;
  }
  return nullBitmap ? { nullCount, nullBitmap } : { nullCount };
}
