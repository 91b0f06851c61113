import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead, parquetSchema, type SchemaTree } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { DatasetError, faultOfFile } from '../errors.ts';
import type { ByteSource } from '../source.ts';
import type { Cell, TableFile, TablePart } from './table-file.ts';

/** Largest accepted row group in values; a row group is held in memory. */
const MAX_GROUP_VALUES = 64_000_000;

/** A Parquet file. Fields of structs become columns with dotted names. @throws DatasetError if it is damaged, or has no columns. */
export async function openParquet(source: ByteSource): Promise<TableFile> {
  const file: AsyncBuffer = {
    byteLength: source.size,
    async slice(start, end = source.size) {
      const bytes = new Uint8Array(end - start);
      await source.readInto(bytes, start);
      return bytes.buffer;
    },
  };
  const metadata = await readable(() => parquetMetadataAsync(file));
  const leaves = leavesOf(parquetSchema(metadata), []);
  const names = leaves.map(({ path }) => path.join('.'));
  const singles = new Set(leaves.flatMap(({ isSingle }, i) => (isSingle ? [i] : [])));
  return { names, singles, isText: false, notices: [], parts: () => parts(file, metadata, leaves) };
}

interface Leaf {
  readonly path: readonly string[];
  /** Seconds of a unit, where the values are times of the day. */
  readonly unit?: number;
  readonly isSingle: boolean;
}

const isStruct = ({ element, children }: SchemaTree): boolean =>
  children.length > 0 && !element.converted_type && !element.logical_type && element.repetition_type !== 'REPEATED';

function leavesOf(node: SchemaTree, path: readonly string[]): Leaf[] {
  return node.children.flatMap((child): Leaf[] => {
    const own = [...path, child.element.name];
    return isStruct(child) ? leavesOf(child, own) : [{ path: own, isSingle: child.element.type === 'FLOAT', ...unitOf(child) }];
  });
}

function unitOf({ element: { converted_type: converted, logical_type: logical } }: SchemaTree): { unit?: number } {
  if (converted === 'TIME_MILLIS') return { unit: 1e-3 };
  if (converted === 'TIME_MICROS') return { unit: 1e-6 };
  if (logical?.type !== 'TIME') return {};
  return { unit: { MILLIS: 1e-3, MICROS: 1e-6, NANOS: 1e-9 }[logical.unit] };
}

async function* parts(file: AsyncBuffer, metadata: FileMetaData, leaves: readonly Leaf[]): AsyncGenerator<TablePart> {
  let before = 0;
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    if (rows === 0) continue;
    if (rows * leaves.length > MAX_GROUP_VALUES)
      throw new DatasetError(`a row group holds more than ${MAX_GROUP_VALUES} values; write the file with smaller row groups`);
    yield { rows, columns: await readGroup(file, metadata, before, rows, leaves) };
    before += rows;
  }
}

async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  before: number,
  rows: number,
  leaves: readonly Leaf[],
): Promise<ArrayLike<Cell>[]> {
  const columns = new Map<string, Cell[]>();
  await readable(() =>
    parquetRead({
      file,
      metadata,
      compressors,
      rowStart: before,
      rowEnd: before + rows,
      onChunk({ columnName, columnData, rowStart }) {
        const column = columns.get(columnName) ?? new Array<Cell>(rows);
        columns.set(columnName, column);
        // A chunk may hold rows of other groups.
        for (let i = 0; i < columnData.length; i++) {
          const row = rowStart + i - before;
          if (row >= 0 && row < rows) column[row] = columnData[i];
        }
      },
    }),
  );
  return leaves.map(({ path: [top = '', ...path], unit }) => {
    const cells = columns.get(top);
    if (!cells) throw new DatasetError(`the file is no Parquet file that can be read: the column '${top}' is missing in a row group`);
    if (path.length === 0 && unit === undefined) return cells;
    return cells.map((cell) => {
      const found = path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null | undefined)?.[name], cell);
      return unit !== undefined && found !== null && found !== undefined ? Number(found) * unit : (found as Cell);
    });
  });
}

async function readable<Output>(read: () => Promise<Output>): Promise<Output> {
  try {
    return await read();
  } catch (error) {
    throw faultOfFile(error, 'the file is no Parquet file that can be read');
  }
}
