import { AsyncByteQueue, type Data, makeData, RecordBatch, RecordBatchFileWriter, type Schema, Struct } from 'apache-arrow';
import { type ColumnBuffer, columnBuffer, type Part, textData } from './column-buffer.ts';
import { batchRows, FLAGS, type StoredColumn, toSchema } from './format.ts';
import { type ByteSink, sinkOf } from './source.ts';

/** Writes a data set row by row. It exists only after `finish`. */
export class DatasetWriter {
  /** Rows written so far. */
  rows = 0;
  private readonly schema: Schema;
  private readonly arrow = new LateDictionaries();
  private readonly encoded = new EncodedBytes();
  private readonly batchRows: number;
  /** One record batch, column by column; reused once it is written. */
  private readonly buffers: ColumnBuffer[];
  private readonly labels = new Map<number, readonly string[]>();
  private buffered = 0;

  /** Rows not written yet, since their batch is not full. */
  get waiting(): number {
    return this.buffered;
  }

  private constructor(
    private readonly sink: ByteSink,
    readonly columns: readonly StoredColumn[],
  ) {
    this.schema = toSchema(columns);
    this.batchRows = batchRows(columns);
    this.buffers = columns.map((column) => columnBuffer(column, this.batchRows));
    this.arrow.reset(this.encoded, this.schema);
  }

  /** @param to a path or a sink. */
  static async create(to: string | ByteSink, columns: readonly StoredColumn[]): Promise<DatasetWriter> {
    return new DatasetWriter(await sinkOf(to), columns);
  }

  /** Adds rows. @param values for each column: rows × width numbers (times in seconds since 1970, NaN is missing), codes (−1 is missing), or texts. */
  async write(values: readonly Part[], rows: number): Promise<void> {
    for (let from = 0; from < rows; ) {
      const count = Math.min(rows - from, this.batchRows - this.buffered);
      for (const [i, buffer] of this.buffers.entries()) {
        const source = values[i];
        if (!source) throw new Error(`no values for column ${i}`);
        buffer.put(source, from, count, this.buffered);
      }
      this.buffered += count;
      from += count;
      if (this.buffered === this.batchRows) await this.flush();
    }
  }

  /** Says what the codes of a column stand for. Needed before `finish`, but for flags. */
  setLabels(column: number, labels: readonly string[]): void {
    this.labels.set(column, labels);
  }

  /**
   * Writes the remaining rows and completes the data set.
   * @param columns what is known of the columns now, stored as they were to be: the kind of codes, whether times are days.
   */
  async finish(columns: readonly StoredColumn[] = this.columns): Promise<void> {
    if (this.buffered > 0) await this.flush();
    this.arrow.describe(toSchema(columns));
    for (const [i, { type, kind }] of this.columns.entries()) {
      if (type === 'codes') this.arrow.writeDictionary(textData(this.labels.get(i) ?? (kind === 'flag' ? FLAGS : [])), i);
    }
    this.arrow.finish();
    await this.drain();
    await this.sink.finish();
  }

  /** Discards the data set. */
  async abort(): Promise<void> {
    await this.sink.abort();
  }

  private async flush(): Promise<void> {
    const length = this.buffered;
    const children = this.schema.fields.map((field, i) => (this.buffers[i] as ColumnBuffer).data(field.type, length));
    const data = makeData({ type: new Struct(this.schema.fields), length, nullCount: 0, children });
    this.arrow.write(new RecordBatch(this.schema, data));
    await this.drain();
    this.rows += length;
    this.buffered = 0;
  }

  private async drain(): Promise<void> {
    // Small chunks, of which a wide table has many, are written together.
    let small: Uint8Array[] = [];
    const writeSmall = async (): Promise<void> => {
      if (small.length > 0) await this.sink.write(Buffer.concat(small));
      small = [];
    };
    let bytes = 0;
    for (const chunk of this.encoded.take()) {
      bytes += chunk.length;
      if (chunk.length < SMALL && bytes < TOGETHER) small.push(chunk);
      else {
        await writeSmall();
        await this.sink.write(chunk);
        bytes = 0;
      }
    }
    await writeSmall();
  }
}

/** Bytes of a chunk from which on it is written alone, and of chunks that are written together. */
const SMALL = 1 << 16;
const TOGETHER = 1 << 20;

/** Dictionaries grow with the rows, so they are written behind them, as the format of files allows. */
class LateDictionaries extends RecordBatchFileWriter {
  protected override _writeDictionaries(): this {
    return this;
  }

  /** The schema stands at the end of the file only. */
  describe(schema: Schema): void {
    this._schema = schema;
  }

  writeDictionary(labels: Data, id: number): void {
    this._writeDictionaryBatch(labels, id);
  }
}

/** Collects Arrow's output. It refers to the buffers of the batch, so it must be written before these change. */
class EncodedBytes extends AsyncByteQueue {
  private chunks: Uint8Array[] = [];

  override write(bytes: Uint8Array): void {
    this.chunks.push(bytes);
  }

  take(): Uint8Array[] {
    const taken = this.chunks;
    this.chunks = [];
    return taken;
  }
}
