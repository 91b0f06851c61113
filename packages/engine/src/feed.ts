import { EngineError } from './errors.ts';
import type { DenseRows, SparseRows } from './rows.ts';

/** Forms of rows in the kernel's memory (assembly/terminals.ts). */
export const FLOATS = 0;
export const BYTES = 1;
export const PAIRS = 2;
export const DOUBLES = 3;
export const CLASSES = 4;

/** Rows on their way to the kernel. */
export interface Feed {
  readonly form: typeof FLOATS | typeof BYTES | typeof PAIRS | typeof DOUBLES | typeof CLASSES;
  /** Values a cycle. */
  readonly length: number;
  readonly cycles: number;
  readonly shape: readonly [rows: number, columns: number] | undefined;
  /** Of fields: the places of values that are numbers of categories. */
  readonly categories?: readonly number[];
  /** Bytes from one cycle to the next. */
  readonly stride: number;
  /** Bytes of some cycles in the kernel's memory. */
  bytes(from: number, count: number): number;
  /** Writes some cycles to `target` at `offset`, a multiple of 4. */
  pack(target: Uint8Array, offset: number, from: number, count: number): void;
  /** Values that must not be infinite, and where the one at `index` stands. */
  readonly checked: Float32Array | Float64Array;
  where(index: number): string;
}

/**
 * @param precise whether doubles stay doubles; else they become single precision.
 * @throws EngineError for rows that do not hold together.
 */
export function feedOf(name: string, rows: DenseRows | SparseRows, precise: boolean): Feed {
  return 'offsets' in rows ? sparseFeed(name, rows) : denseFeed(name, rows, precise);
}

function denseFeed(name: string, { data, width, window = 1, shape }: DenseRows, precise: boolean): Feed {
  if (!(Number.isInteger(width) && width > 0)) throw new EngineError(`rows for '${name}' must have at least one value`);
  if (!(Number.isInteger(window) && window > 0)) throw new EngineError(`the window for '${name}' must be at least one row`);
  const values = data instanceof Float64Array && !precise ? Float32Array.from(data) : data;
  const size = values.BYTES_PER_ELEMENT;
  const length = width * window;
  const cycles = Math.max(0, Math.floor(values.length / width) - (window - 1));
  const numbers = (count: number): number => (count === 0 ? 0 : (count - 1) * width + length);
  return {
    form: values instanceof Uint8Array ? BYTES : values instanceof Float64Array ? DOUBLES : FLOATS,
    length,
    cycles,
    shape: shape && length === shape[0] * shape[1] ? shape : undefined,
    stride: width * size,
    bytes: (_, count) => numbers(count) * size,
    pack(target, offset, from, count) {
      const part = values.subarray(from * width, from * width + numbers(count));
      target.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), offset);
    },
    checked: values instanceof Uint8Array ? new Float32Array() : values.subarray(0, numbers(cycles)),
    where: (index) => `row ${Math.floor(index / width)}, column ${index % width}`,
  };
}

function sparseFeed(name: string, { offsets, indices, values, width }: SparseRows): Feed {
  const fault = (what: string): EngineError => new EngineError(`sparse rows for '${name}': ${what}`);
  const cycles = Math.max(0, offsets.length - 1);
  const at = (list: Uint32Array, i: number): number => list[i] ?? 0;
  const rowOf = (index: number): number => offsets.findLastIndex((offset) => offset <= index);
  if (at(offsets, 0) !== 0 || at(offsets, cycles) !== indices.length || indices.length !== values.length) {
    throw fault('the offsets must begin with 0 and end with the number of indices and of values');
  }
  for (let row = 0; row < cycles; row++) {
    const [from, end] = [at(offsets, row), at(offsets, row + 1)];
    if (end < from) throw fault(`the offset of row ${row} is larger than that of the next`);
    for (let k = from; k < end; k++) {
      if (at(indices, k) >= width) throw fault(`row ${row} has the index ${at(indices, k)}, but rows have ${width} values`);
      if (k > from && at(indices, k) <= at(indices, k - 1)) throw fault(`the indices of row ${row} do not ascend`);
    }
  }
  return {
    form: PAIRS,
    length: width,
    cycles,
    shape: undefined,
    stride: 4,
    bytes: (from, count) => (count + 1) * 4 + 8 * (at(offsets, from + count) - at(offsets, from)),
    pack(target, offset, from, count) {
      const words = new Uint32Array(
        target.buffer,
        target.byteOffset + offset,
        count + 1 + 2 * (at(offsets, from + count) - at(offsets, from)),
      );
      const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
      const first = at(offsets, from);
      for (let row = 0; row <= count; row++) words[row] = (count + 1) * 4 + 8 * (at(offsets, from + row) - first);
      for (let k = first, to = count + 1; k < at(offsets, from + count); k++, to += 2) {
        words[to] = at(indices, k);
        floats[to + 1] = values[k] ?? 0;
      }
    },
    checked: values,
    where: (index) => `row ${rowOf(index)}, column ${indices[index]}`,
  };
}
