import { AsyncByteQueue, Float32, makeData, RecordBatch, RecordBatchFileWriter, type Schema, Struct, Uint8 } from 'apache-arrow';
import { batchRows, type StoredColumn, toSchema, type Values } from './format.ts';
import { type ByteSink, sinkOf } from './source.ts';

/** Writes a data set row by row. It exists only after `finish`. */
export class DatasetWriter {
  /** Rows written so far. */
  rows = 0;
  private readonly schema: Schema;
  private readonly arrow = new RecordBatchFileWriter();
  private readonly encoded = new EncodedBytes();
  private readonly batchRows: number;
  /** One record batch, column by column; reused once it is written. */
  private readonly buffers: Values[];
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
    this.buffers = columns.map(({ width, type }) =>
      type === 'u8' ? new Uint8Array(width * this.batchRows) : new Float32Array(width * this.batchRows),
    );
    this.arrow.reset(this.encoded, this.schema);
  }

  /** @param to a path or a sink. */
  static async create(to: string | ByteSink, columns: readonly StoredColumn[]): Promise<DatasetWriter> {
    return new DatasetWriter(await sinkOf(to), columns);
  }

  /** Adds rows: for each column `rows` × width values. */
  async write(values: readonly ArrayLike<number>[], rows: number): Promise<void> {
    for (let from = 0; from < rows; ) {
      const count = Math.min(rows - from, this.batchRows - this.buffered);
      for (const [i, { width }] of this.columns.entries()) {
        const source = values[i];
        const buffer = this.buffers[i];
        if (!source || !buffer) throw new Error(`no values for column ${i}`);
        const part = ArrayBuffer.isView(source) ? (source as Values).subarray(from * width, (from + count) * width) : source;
        buffer.set(part, this.buffered * width);
      }
      this.buffered += count;
      from += count;
      if (this.buffered === this.batchRows) await this.flush();
    }
  }

  /** Writes the remaining rows and completes the data set. */
  async finish(): Promise<void> {
    if (this.buffered > 0) await this.flush();
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
    const children = this.schema.fields.map((field, i) => {
      const { width } = this.columns[i] as StoredColumn;
      const data = (this.buffers[i] as Values).subarray(0, length * width);
      const child =
        data instanceof Uint8Array
          ? makeData({ type: new Uint8(), length: data.length, data, nullCount: 0 })
          : makeData({ type: new Float32(), length: data.length, data, nullCount: 0 });
      return makeData({ type: field.type, length, child, nullCount: 0 });
    });
    const data = makeData({ type: new Struct(this.schema.fields), length, nullCount: 0, children });
    this.arrow.write(new RecordBatch(this.schema, data));
    await this.drain();
    this.rows += length;
    this.buffered = 0;
  }

  private async drain(): Promise<void> {
    for (const chunk of this.encoded.take()) await this.sink.write(chunk);
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
