import { type ColumnValues, DatasetError, DatasetReader, type StoredColumn } from '@openhanami/datasets';
import { type DenseRows, EngineError, type FieldValues, type Rows } from '@openhanami/engine';
import { mustBeWhole } from '../store/checksum.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import { asKnown, labelled } from './known-kinds.ts';
import type { ColumnSource } from './protocol.ts';
import type { RunContext } from './run-context.ts';

/** Most cycles read at once; fewer of wide data sets. */
const CHUNK_CYCLES = 4096;
/** Bytes of rows that are shuffled in memory together. */
const GROUP_BYTES = 1 << 25;

/** Buffers for the values of a chunk, reused by the chunk after the next. */
export class Buffers {
  private readonly kept = new Map<string, Uint8Array | Float32Array | Float64Array>();

  /** @param place whose values these are. */
  copy<Values extends Uint8Array | Float32Array | Float64Array>(place: string, values: Values): Values {
    let kept = this.kept.get(place);
    if (kept?.constructor !== values.constructor || kept.length < values.length) {
      kept = values.slice();
      this.kept.set(place, kept);
    } else kept.set(values);
    return kept.subarray(0, values.length) as Values;
  }
}

/** What becomes of a column: rows of an input, or targets of an output. */
type Side = 'input' | 'output';

/** The data-set files of a run, each opened once. */
export class Sources {
  private constructor(
    private readonly run: Pick<RunContext, 'cluster'>,
    private readonly readers: ReadonlyMap<string, DatasetReader>,
  ) {}

  /** @param run of the cluster that they are for: what it knows by name is read as it learnt it. */
  static async open(objects: Objects, run: Pick<RunContext, 'cluster'>, sources: readonly ColumnSource[]): Promise<Sources> {
    const readers = new Map<string, DatasetReader>();
    try {
      for (const { dataset, checksum } of sources) {
        if (readers.has(dataset)) continue;
        const key = keyOf.dataset(dataset);
        if (checksum) await mustBeWhole(objects, key, checksum);
        readers.set(dataset, await DatasetReader.open(await objects.open(key)));
      }
    } catch (error) {
      for (const reader of readers.values()) await reader.close();
      throw error;
    }
    return new Sources(run, readers);
  }

  /** Number of cycles to read at once; without windows, as many as the files provide without a copy. */
  chunk(cycle: number, cycles: number, timeLength: number): number {
    const left = Math.min(CHUNK_CYCLES, cycles - cycle);
    if (timeLength > 1) return left;
    return Math.min(left, ...[...this.readers.values()].map((reader) => Math.max(1, reader.rowsInBatch(cycle))));
  }

  /** Number of rows that may be in memory together. */
  get groupRows(): number {
    let bytes = 1;
    for (const reader of this.readers.values()) for (const { width } of reader.columns) bytes += 8 * width;
    return Math.max(64, Math.floor(GROUP_BYTES / bytes));
  }

  /**
   * The rows of `cycles` cycles with windows of `window` rows, by hexagon: valid until the next read, or as long as `buffers`.
   * @throws EngineError for a column that cannot be learnt.
   */
  async rows(
    sources: readonly ColumnSource[],
    side: Side,
    from: number,
    cycles: number,
    window: number,
    buffers?: Buffers,
  ): Promise<Record<string, Rows>> {
    const all = new Map<string, Rows>();
    for (const source of sources) all.set(source.hexagon, await this.rowsOf(source, side, from, cycles, window, buffers));
    // Any name is allowed, '__proto__' too.
    return Object.fromEntries(all);
  }

  async close(): Promise<void> {
    for (const reader of this.readers.values()) await reader.close();
  }

  private async rowsOf(source: ColumnSource, side: Side, from: number, cycles: number, window: number, buffers?: Buffers): Promise<Rows> {
    const { dataset, columns, hexagon, areFields } = source;
    const read = async (name: string): Promise<[StoredColumn, ColumnValues]> => {
      const reader = this.readers.get(dataset);
      const column = reader?.column(name);
      if (!reader || !column) throw new EngineError(`the data set has no column '${name}'`);
      const values = await reader.values(name, from, cycles + window - 1);
      if (!ArrayBuffer.isView(values) || !buffers) return [column, values];
      return [column, buffers.copy(`${side} ${hexagon} ${name}`, values as Float64Array)];
    };
    const [only] = columns;
    if (!areFields && only !== undefined) {
      const [column, values] = await read(only);
      if (ArrayBuffer.isView(values)) {
        const { width, shape } = column;
        const isClass = side === 'output' && this.run.cluster.outputs.some(({ name, classes }) => name === hexagon && classes);
        if (isClass && width === 1) return labelled(values as Float64Array, String);
        return { data: values as Float64Array, width, window, ...(shape ? { shape } : {}) };
      }
      if (side === 'output' && 'codes' in values && column.kind !== 'text') {
        if (window > 1) throw new EngineError(`the column '${only}' names classes; these are forecast one row ahead, not ${window}`);
        return { codes: values.codes, dictionary: values.dictionary };
      }
      if (side === 'output')
        throw new EngineError(
          `the column '${only}' is ${'codes' in values || 'texts' in values ? 'text' : 'time'}; a target is a number, a flag or a category`,
        );
    }
    if (side === 'output') throw new EngineError(`an output takes one column, not ${columns.length}`);
    const fields: [string, FieldValues][] = [];
    for (const name of columns) fields.push(...fieldsOf(...(await read(name)), cycles, window));
    const kinds = new Map(this.run.cluster.fields(hexagon)?.map(({ name, kind }) => [name, kind]));
    return { fields: Object.fromEntries(fields.map(([name, values]) => [name, asKnown(name, values, kinds.get(name))])) };
  }
}

/** A column as a field; of a window, as one field for each row back. */
function fieldsOf(column: StoredColumn, values: ColumnValues, cycles: number, window: number): [string, FieldValues][] {
  const { name } = column;
  if ('texts' in values || column.kind === 'text')
    throw new EngineError(`the column '${name}' is text that hardly comes twice; it cannot be learnt, unless it is made a category`);
  if (column.width > 1) throw new EngineError(`the column '${name}' has ${column.width} values a row; it cannot be one of several fields`);
  const last = window - 1;
  // The time of a row says that of the rows before it.
  if ('seconds' in values) return [[name, { seconds: values.seconds.subarray(last, last + cycles) }]];
  return Array.from({ length: window }, (_, back): [string, FieldValues] => {
    const from = last - back;
    const of = back === 0 ? name : `${name} (${back} before)`;
    if ('codes' in values) return [of, { codes: values.codes.subarray(from, from + cycles), dictionary: values.dictionary }];
    return [of, (values as Float64Array).subarray(from, from + cycles)];
  });
}

/** Rows `from` … `from` + `count` − 1 of what was read. */
export function slice(all: Readonly<Record<string, Rows>>, from: number, count: number): Record<string, Rows> {
  return mapRows(all, (rows) => {
    if ('fields' in rows) return { fields: mapFields(rows.fields, (values) => sliceValues(values, from, count)) };
    if ('codes' in rows) return { codes: rows.codes.subarray(from, from + count), dictionary: rows.dictionary };
    const { data, width, window = 1 } = rows as DenseRows;
    return { ...(rows as DenseRows), data: data.subarray(from * width, (from + count + window - 1) * width) };
  });
}

/** The rows of some indices, in their order. @throws DatasetError for windows: their rows belong together. */
export function pick(all: Readonly<Record<string, Rows>>, indices: Int32Array): Record<string, Rows> {
  return mapRows(all, (rows) => {
    if ('fields' in rows) return { fields: mapFields(rows.fields, (values) => pickValues(values, indices)) };
    if ('codes' in rows) return { codes: Int32Array.from(indices, (i) => rows.codes[i] as number), dictionary: rows.dictionary };
    const { data, width, window = 1 } = rows as DenseRows;
    if (window > 1) throw new DatasetError('rows of a series cannot be shuffled');
    const picked = new (data.constructor as Float64ArrayConstructor)(indices.length * width);
    for (let i = 0; i < indices.length; i++) {
      const from = (indices[i] as number) * width;
      for (let k = 0; k < width; k++) picked[i * width + k] = data[from + k] as number;
    }
    return { ...(rows as DenseRows), data: picked };
  });
}

const mapRows = (all: Readonly<Record<string, Rows>>, change: (rows: Rows) => Rows): Record<string, Rows> =>
  Object.fromEntries(Object.entries(all).map(([name, rows]) => [name, change(rows)]));

const mapFields = (
  fields: Readonly<Record<string, FieldValues>>,
  change: (values: FieldValues) => FieldValues,
): Record<string, FieldValues> => Object.fromEntries(Object.entries(fields).map(([name, values]) => [name, change(values)]));

function sliceValues(values: FieldValues, from: number, count: number): FieldValues {
  if ('codes' in values) return { codes: values.codes.subarray(from, from + count), dictionary: values.dictionary };
  if ('seconds' in values) return { seconds: values.seconds.subarray(from, from + count) };
  return values.subarray(from, from + count);
}

function pickValues(values: FieldValues, indices: Int32Array): FieldValues {
  if ('codes' in values) return { codes: Int32Array.from(indices, (i) => values.codes[i] as number), dictionary: values.dictionary };
  if ('seconds' in values) return { seconds: Float64Array.from(indices, (i) => values.seconds[i] as number) };
  return Float64Array.from(indices, (i) => values[i] as number);
}
