import { type AsyncRecordBatchFileReader, type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { DatasetError } from './errors.ts';
import { fromSchema, type StoredColumn, type Values } from './format.ts';
import { asHandle, type ByteSource, sourceOf } from './source.ts';

/** Reads rows of a data set, fastest in order; holds two record batches in memory. */
export class DatasetReader {
  /** The batch requested last. */
  private loading: { readonly index: number; readonly batch: Promise<RecordBatch> } | undefined;
  private batch: RecordBatch | undefined;
  /** The previous batch; its values may still be in use. */
  private previous: RecordBatch | undefined;

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
      const { columns, batchRows } = fromSchema(arrow.schema);
      const batches = arrow.numRecordBatches;
      const last = batches > 0 ? await arrow.readRecordBatch(batches - 1) : null;
      const rows = last ? (batches - 1) * batchRows + last.numRows : 0;
      return new DatasetReader(source, arrow, columns, batchRows, rows);
    } catch (error) {
      await source.close();
      if (error instanceof DatasetError) throw error;
      throw new DatasetError(`the data-set file cannot be read: ${error instanceof Error ? error.message : error}`);
    }
  }

  /** The column of that name, or undefined. */
  column(name: string): StoredColumn | undefined {
    return this.columns[this.places.get(name) ?? -1];
  }

  /**
   * Values of rows `from` … `from` + `count` − 1 of one column, row after row. Rows beyond the end are left out.
   * The values are valid until two further batches were read; then their memory is released.
   * @throws DatasetError if there is no such column, or the file is damaged.
   */
  async read(name: string, from: number, count: number): Promise<Values> {
    const index = this.places.get(name) ?? -1;
    const column = this.columns[index];
    if (!column) throw new DatasetError(`there is no column '${name}'`);
    const end = Math.min(from + count, this.rows);
    const size = Math.max(0, end - from) * column.width;
    const firstBatch = Math.floor(from / this.batchRows);
    // Most reads lie in one batch and need no copy.
    if (size > 0 && firstBatch === Math.floor((end - 1) / this.batchRows)) {
      return this.slice(await this.load(firstBatch), index, from - firstBatch * this.batchRows, end - firstBatch * this.batchRows);
    }
    const values = column.type === 'u8' ? new Uint8Array(size) : new Float32Array(size);
    for (let row = from; row < end; ) {
      const batch = Math.floor(row / this.batchRows);
      const start = batch * this.batchRows;
      const stop = Math.min(end, start + this.batchRows);
      values.set(this.slice(await this.load(batch), index, row - start, stop - start), (row - from) * column.width);
      row = stop;
    }
    return values;
  }

  /** Rows from `from` on that can be read without crossing into another batch. */
  rowsInBatch(from: number): number {
    return Math.min(this.batchRows - (from % this.batchRows), this.rows - from);
  }

  async close(): Promise<void> {
    this.loading = undefined;
    this.batch = undefined;
    this.previous = undefined;
    await this.source.close();
  }

  /** The batch of an index; concurrent calls share one read. */
  private load(index: number): Promise<RecordBatch> {
    if (this.loading?.index !== index) this.loading = { index, batch: this.readBatch(index) };
    return this.loading.batch;
  }

  private async readBatch(index: number): Promise<RecordBatch> {
    const batch = await this.arrow.readRecordBatch(index).catch((error: Error) => {
      throw new DatasetError(`the data-set file is damaged: ${error.message}`);
    });
    if (!batch) throw new DatasetError(`the data-set file is damaged: record batch ${index} is missing`);
    if (this.previous) giveBack(this.previous);
    this.previous = this.batch;
    this.batch = batch;
    return batch;
  }

  private slice(batch: RecordBatch, column: number, from: number, to: number): Values {
    const { width } = this.columns[column] as StoredColumn;
    const values: unknown = batch.getChildAt(column)?.data[0]?.children[0]?.values;
    if (!(values instanceof Uint8Array || values instanceof Float32Array) || values.length < to * width) {
      throw new DatasetError('the data-set file is damaged: a column is too short');
    }
    return values.subarray(from * width, to * width) as Values;
  }
}

/** Releases large buffers of a batch at once: left to the garbage collector, they would keep it running permanently. */
function giveBack(batch: RecordBatch): void {
  for (const column of batch.data.children) {
    const values: unknown = column.children[0]?.values;
    const buffer = values instanceof Uint8Array || values instanceof Float32Array ? values.buffer : undefined;
    // Small buffers may be parts of a shared one.
    if (buffer instanceof ArrayBuffer && buffer.byteLength > SHARED_BYTES) buffer.transfer(0);
  }
}

/** Node allocates buffers up to this size from shared ones. */
const SHARED_BYTES = 1 << 16;
