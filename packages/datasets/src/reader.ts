import { type AsyncRecordBatchFileReader, type Data, type RecordBatch, RecordBatchReader, Vector } from 'apache-arrow';
import { DatasetError, faultOfFile } from './errors.ts';
import { type ColumnValues, FLAGS, fromSchema, type StoredColumn, settled, type Values } from './format.ts';
import { asHandle, type ByteSource, sourceOf } from './source.ts';

const MICROSECONDS = 1e6;

/** Reads rows of a data set, fastest in order; holds two record batches in memory. */
export class DatasetReader {
  /** The two batches that were used last, the latest first: rows on both sides of a border are read column by column. */
  private readonly held: { readonly index: number; readonly batch: Promise<RecordBatch> }[] = [];
  /** Dictionaries of columns that were read, by name. */
  private readonly dictionaries = new Map<string, readonly string[]>();

  /** Index of each column by name. */
  private readonly places: ReadonlyMap<string, number>;

  private constructor(
    private readonly source: ByteSource,
    private readonly arrow: AsyncRecordBatchFileReader,
    readonly columns: readonly StoredColumn[],
    private readonly batchRows: number,
    /** Number of rows. */
    readonly rows: number,
  ) {
    this.places = new Map(columns.map(({ name }, i) => [name, i]));
  }

  /** @param from a path, or a source, which is closed with the reader. @throws DatasetError if it is damaged or no data set. */
  static async open(from: string | ByteSource): Promise<DatasetReader> {
    const source = await sourceOf(from);
    try {
      const arrow = (await RecordBatchReader.from(asHandle(source))) as AsyncRecordBatchFileReader;
      await arrow.open();
      const { columns, batchRows } = fromSchema(settled(arrow.schema));
      const batches = arrow.numRecordBatches;
      const last = batches > 0 ? await arrow.readRecordBatch(batches - 1) : null;
      const rows = last ? (batches - 1) * batchRows + last.numRows : 0;
      return new DatasetReader(source, arrow, columns, batchRows, rows);
    } catch (error) {
      await source.close();
      throw faultOfFile(error, 'the data-set file cannot be read');
    }
  }

  /** The column of that name, or undefined. */
  column(name: string): StoredColumn | undefined {
    return this.columns[this.places.get(name) ?? -1];
  }

  /**
   * Numbers of rows `from` … `from` + `count` − 1 of one column, row after row; rows beyond the end are left out. Of times these are seconds since 1970, of
   * categories their codes, of flags 0 and 1; NaN is missing, as are all texts.
   * The values are valid until two further batches were read; then their memory is released.
   * @throws DatasetError if there is no such column, or the file is damaged.
   */
  async read(name: string, from: number, count: number): Promise<Values> {
    const [index, column] = this.find(name);
    const end = Math.min(from + count, this.rows);
    const size = Math.max(0, end - from) * column.width;
    const firstBatch = Math.floor(from / this.batchRows);
    // Most reads lie in one batch and need no copy.
    if (size > 0 && firstBatch === Math.floor((end - 1) / this.batchRows)) {
      return numbersOf(column, await this.data(firstBatch, index), from - firstBatch * this.batchRows, end - firstBatch * this.batchRows);
    }
    const values = column.type === 'u8' ? new Uint8Array(size) : column.type === 'f32' ? new Float32Array(size) : new Float64Array(size);
    await this.eachPart(index, from, end, (data, first, last, at) => values.set(numbersOf(column, data, first, last), at * column.width));
    return values;
  }

  /** Values of rows as their kind has them; valid as long as those of `read`. @throws DatasetError if there is no such column, or the file is damaged. */
  async values(name: string, from: number, count: number): Promise<ColumnValues> {
    const [index, { type }] = this.find(name);
    const end = Math.min(from + count, this.rows);
    if (type === 'time') return { seconds: (await this.read(name, from, count)) as Float64Array };
    if (type === 'codes') {
      const codes = new Int32Array(Math.max(0, end - from));
      await this.eachPart(index, from, end, (data, first, last, at) => codes.set(codesOf(data, first, last), at));
      return { codes, dictionary: await this.dictionary(name) };
    }
    if (type !== 'text') return this.read(name, from, count);
    const texts: (string | null)[] = [];
    await this.eachPart(index, from, end, (data, first, last) => {
      const vector = new Vector([data]);
      for (let row = first; row < last; row++) texts.push(vector.get(row));
    });
    return { texts };
  }

  /** What the codes of a column stand for. */
  async dictionary(name: string): Promise<readonly string[]> {
    const [index, { kind }] = this.find(name);
    const known = this.dictionaries.get(name);
    if (known) return known;
    const data = this.rows > 0 ? await this.data(0, index) : undefined;
    const labels: readonly string[] = data?.dictionary ? Array.from(data.dictionary, String) : kind === 'flag' ? FLAGS : [];
    this.dictionaries.set(name, labels);
    return labels;
  }

  /** Rows from `from` on that can be read without crossing into another batch. */
  rowsInBatch(from: number): number {
    return Math.min(this.batchRows - (from % this.batchRows), this.rows - from);
  }

  async close(): Promise<void> {
    this.held.length = 0;
    await this.source.close();
  }

  private find(name: string): [index: number, column: StoredColumn] {
    const index = this.places.get(name) ?? -1;
    const column = this.columns[index];
    if (!column) throw new DatasetError(`there is no column '${name}'`);
    return [index, column];
  }

  /** Calls `take` for each batch with rows `from` … `end` − 1: its rows `first` … `last` − 1 are those from `at` on. */
  private async eachPart(
    index: number,
    from: number,
    end: number,
    take: (data: Data, first: number, last: number, at: number) => void,
  ): Promise<void> {
    for (let row = from; row < end; ) {
      const batch = Math.floor(row / this.batchRows);
      const start = batch * this.batchRows;
      const stop = Math.min(end, start + this.batchRows);
      take(await this.data(batch, index), row - start, stop - start, row - from);
      row = stop;
    }
  }

  private async data(batch: number, column: number): Promise<Data> {
    const data = (await this.load(batch)).getChildAt(column)?.data[0];
    if (!data) throw new DatasetError('the data-set file is damaged: a column is missing');
    return data;
  }

  /** The batch of an index; concurrent calls share one read. */
  private load(index: number): Promise<RecordBatch> {
    const at = this.held.findIndex((one) => one.index === index);
    const [known = { index, batch: this.readBatch(index, this.held[1]?.batch) }] = at < 0 ? [] : this.held.splice(at, 1);
    this.held.unshift(known);
    this.held.length = Math.min(2, this.held.length);
    return known.batch;
  }

  /** @param old a batch whose memory is released then. */
  private async readBatch(index: number, old?: Promise<RecordBatch>): Promise<RecordBatch> {
    const batch = await this.arrow.readRecordBatch(index).catch((error: Error) => {
      throw faultOfFile(error, 'the data-set file is damaged');
    });
    if (!batch) throw new DatasetError(`the data-set file is damaged: record batch ${index} is missing`);
    // One that could not be read has told so to who asked for it.
    if (old) await old.then(giveBack, () => {});
    return batch;
  }
}

function numbersOf({ type, width }: StoredColumn, data: Data, from: number, to: number): Values {
  if (type === 'text') return new Float64Array(to - from).fill(Number.NaN);
  const values: unknown = type === 'u8' || type === 'f32' ? data.children[0]?.values : data.values;
  if (type === 'codes') return Float64Array.from(codesOf(data, from, to), (code) => (code < 0 ? Number.NaN : code));
  if (values instanceof BigInt64Array && values.length >= to) {
    return Float64Array.from({ length: to - from }, (_, i) =>
      data.getValid(from + i) ? Number(values[from + i]) / MICROSECONDS : Number.NaN,
    );
  }
  if (!(values instanceof Uint8Array || values instanceof Float32Array || values instanceof Float64Array) || values.length < to * width) {
    throw new DatasetError('the data-set file is damaged: a column is too short');
  }
  return values.subarray(from * width, to * width) as Values;
}

function codesOf(data: Data, from: number, to: number): Int32Array {
  const codes: unknown = data.values;
  if (!(codes instanceof Int32Array) || codes.length < to) throw new DatasetError('the data-set file is damaged: a column is too short');
  return codes.subarray(from, to);
}

/** Releases large buffers of a batch at once: left to the garbage collector, they would keep it running permanently. */
function giveBack(batch: RecordBatch): void {
  for (const column of batch.data.children) {
    for (const values of [column.values, column.children[0]?.values] as unknown[]) {
      const buffer = ArrayBuffer.isView(values) ? values.buffer : undefined;
      // Small buffers may be parts of a shared one.
      if (buffer instanceof ArrayBuffer && buffer.byteLength > SHARED_BYTES) buffer.transfer(0);
    }
  }
}

/** Node allocates buffers up to this size from shared ones. */
const SHARED_BYTES = 1 << 16;
