import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DatasetError } from './errors.ts';
import type { StoredColumn } from './format.ts';
import { type ByteSink, type ByteSource, sourceOf } from './source.ts';
import { mustBeFinite, mustBeNames } from './values.ts';
import { DatasetWriter } from './writer.ts';

/** Largest accepted row group in values; a row group is held in memory. */
const MAX_GROUP_VALUES = 64_000_000;

/**
 * Converts a Parquet file to a data set: numbers and booleans become ranges of width 1, lists of equal length wider ranges, all f32.
 * A missing value is 0, as in CSV.
 * @returns the number of rows.
 * @throws DatasetError naming column and row of an unsupported value, or if the file is damaged or empty.
 */
export async function importParquet(from: string | ByteSource, to: string | ByteSink): Promise<number> {
  const source = await sourceOf(from);
  let writer: DatasetWriter | undefined;
  try {
    const file: AsyncBuffer = {
      byteLength: source.size,
      async slice(start, end = source.size) {
        const bytes = new Uint8Array(end - start);
        await source.readInto(bytes, start);
        return bytes.buffer;
      },
    };
    const metadata = await parquetMetadataAsync(file);
    const names = parquetSchema(metadata).children.map(({ element }) => element.name);
    mustBeNames(names);
    if (names.length === 0) throw new DatasetError('the file has no columns');
    let before = 0;
    let columns: StoredColumn[] | undefined;
    for (const group of metadata.row_groups) {
      const rows = Number(group.num_rows);
      if (rows === 0) continue;
      const values: Float32Array[] = [];
      for (const [i, name] of names.entries()) {
        values.push(await readColumn({ file, metadata, name, before, rows, columns: names.length, width: columns?.[i]?.width }));
      }
      columns ??= names.map((name, i) => ({ name, width: (values[i] as Float32Array).length / rows, type: 'f32' }));
      for (const [i, column] of columns.entries()) mustBeFinite(values[i] as Float32Array, column, before);
      writer ??= await DatasetWriter.create(to, columns);
      await writer.write(values, rows);
      before += rows;
    }
    if (!writer) throw new DatasetError('the file has columns, but no rows');
    await writer.finish();
    return before;
  } catch (error) {
    await writer?.abort();
    if (error instanceof DatasetError) throw error;
    throw new DatasetError(`the file is no Parquet file that can be read: ${error instanceof Error ? error.message : error}`);
  } finally {
    await source.close();
  }
}

interface ColumnOfGroup {
  readonly file: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly name: string;
  /** Rows before the group, and in it. */
  readonly before: number;
  readonly rows: number;
  /** Columns of the table. */
  readonly columns: number;
  /** Known once a group was read. */
  readonly width: number | undefined;
}

/** One column of one row group. */
async function readColumn({ file, metadata, name, before, rows, columns, width }: ColumnOfGroup): Promise<Float32Array> {
  const column = new Column(name, before, rows, columns, width);
  /** Rethrown after the read: errors thrown in onChunk are lost. */
  let fault: unknown;
  await parquetRead({
    file,
    metadata,
    compressors,
    columns: [name],
    rowStart: before,
    rowEnd: before + rows,
    rowFormat: 'array',
    onChunk({ columnData, rowStart }) {
      try {
        if (fault === undefined) column.take(columnData, rowStart);
      } catch (error) {
        fault = error;
      }
    },
  });
  if (fault !== undefined) throw fault;
  return column.finish();
}

/** Collects the values of a column of a row group, chunk by chunk. */
class Column {
  private values: Float32Array | undefined;

  constructor(
    private readonly name: string,
    private readonly before: number,
    private readonly rows: number,
    private readonly columns: number,
    private width: number | undefined,
  ) {}

  /** @param rowStart first row of the chunk in the file; it may hold rows of other groups. */
  take(chunk: ArrayLike<unknown>, rowStart: number): void {
    for (let i = 0; i < chunk.length; i++) {
      const row = rowStart + i - this.before;
      if (row < 0 || row >= this.rows) continue;
      const given = chunk[i];
      const cell = Array.isArray(given) || ArrayBuffer.isView(given) ? Array.from(given as ArrayLike<unknown>) : [given];
      this.put(row, cell, given === null || given === undefined);
    }
  }

  finish(): Float32Array {
    if (!this.values) throw new DatasetError(`column '${this.name}' has no values`);
    return this.values;
  }

  private put(row: number, cell: readonly unknown[], isMissing: boolean): void {
    this.width ??= cell.length;
    const { width, rows, columns } = this;
    const where = `row ${this.before + row + 1}, column '${this.name}'`;
    if (rows * width * columns > MAX_GROUP_VALUES) {
      throw new DatasetError(`a row group holds more than ${MAX_GROUP_VALUES} values; write the file with smaller row groups`);
    }
    if (!isMissing && cell.length !== width) {
      throw new DatasetError(`${where}: the list has ${cell.length} values, but those before have ${width}`);
    }
    this.values ??= new Float32Array(rows * width);
    for (let k = 0; k < width; k++) this.values[row * width + k] = toNumber(cell[k] ?? 0, where);
  }
}

function toNumber(value: unknown, where: string): number {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  const shown = value instanceof Date ? 'a date' : typeof value === 'string' ? `'${value.slice(0, 40)}'` : `a ${typeof value}`;
  throw new DatasetError(`${where}: ${shown} is no number`);
}
