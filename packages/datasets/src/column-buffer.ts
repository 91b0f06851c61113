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
      return new VectorBuffer(new Uint8Array(rows * width), width);
    case 'f32':
      return new VectorBuffer(new Float32Array(rows * width), width);
    case 'f64':
      return new NumberBuffer(rows);
    case 'time':
      return new TimeBuffer(rows);
    case 'codes':
      return new CodeBuffer(rows);
    case 'text':
      return new TextBuffer();
  }
}

function copy(
  to: Uint8Array | Float32Array | Float64Array | Int32Array,
  part: ArrayLike<number>,
  from: number,
  end: number,
  at: number,
): void {
  if (ArrayBuffer.isView(part)) to.set((part as Float64Array).subarray(from, end), at);
  else for (let i = from; i < end; i++) to[at + i - from] = part[i] as number;
}

class VectorBuffer implements ColumnBuffer {
  constructor(
    private readonly values: Uint8Array | Float32Array,
    private readonly width: number,
  ) {}

  put(part: Part, from: number, count: number, at: number): void {
    copy(this.values, part as ArrayLike<number>, from * this.width, (from + count) * this.width, at * this.width);
  }

  data(type: DataType, length: number): Data {
    const data = this.values.subarray(0, length * this.width);
    const child =
      data instanceof Uint8Array
        ? makeData({ type: new Uint8(), length: data.length, data, nullCount: 0 })
        : makeData({ type: new Float32(), length: data.length, data, nullCount: 0 });
    return makeData({ type, length, child, nullCount: 0 } as never);
  }
}

class NumberBuffer implements ColumnBuffer {
  private readonly values: Float64Array;

  constructor(rows: number) {
    this.values = new Float64Array(rows);
  }

  put(part: Part, from: number, count: number, at: number): void {
    copy(this.values, part as ArrayLike<number>, from, from + count, at);
  }

  data(type: DataType, length: number): Data {
    const data = this.values.subarray(0, length);
    return makeData({ type, length, data, ...nulls(length, (row) => Number.isNaN(data[row])) } as never);
  }
}

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

class CodeBuffer implements ColumnBuffer {
  private readonly codes: Int32Array;

  constructor(rows: number) {
    this.codes = new Int32Array(rows);
  }

  put(part: Part, from: number, count: number, at: number): void {
    copy(this.codes, part as ArrayLike<number>, from, from + count, at);
  }

  data(type: DataType, length: number): Data {
    const data = this.codes.subarray(0, length);
    return makeData({
      type,
      length,
      data,
      dictionary: new Vector([textData([])]),
      ...nulls(length, (row) => (data[row] as number) < 0),
    } as never);
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
