import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { Float32, makeData, RecordBatch, RecordBatchFileWriter, type Schema, Struct, Uint8 } from 'apache-arrow';
import { batchRows, type ColumnRange, toSchema, type Values } from './format.ts';

/** Writes a data set row by row. The file appears under its name only when all of it is on the disk. */
export class DatasetWriter {
  /** Rows written so far. */
  rows = 0;
  private readonly schema: Schema;
  private readonly arrow = new RecordBatchFileWriter();
  private readonly file: WriteStream;
  private readonly done: Promise<void>;
  private readonly batchRows: number;
  private buffers: Values[];
  private buffered = 0;

  constructor(
    private readonly path: string,
    readonly columns: readonly ColumnRange[],
  ) {
    this.schema = toSchema(columns);
    this.batchRows = batchRows(columns);
    this.buffers = this.newBuffers();
    this.file = createWriteStream(`${path}.part`, { flush: true });
    this.arrow.toNodeStream().pipe(this.file);
    this.done = finished(this.file);
    // A failure is reported by the next write or by `finish`.
    this.done.catch(() => {});
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

  /** Completes the file: synced, renamed, its folder synced. */
  async finish(): Promise<void> {
    if (this.buffered > 0) await this.flush();
    this.arrow.finish();
    await this.done;
    await rename(`${this.path}.part`, this.path);
    const folder = await open(dirname(this.path));
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  /** Gives up; nothing is left. */
  async abort(): Promise<void> {
    this.file.destroy();
    await this.done.catch(() => {});
    await rm(`${this.path}.part`, { force: true });
  }

  private newBuffers(): Values[] {
    return this.columns.map(({ width, type }) =>
      type === 'u8' ? new Uint8Array(width * this.batchRows) : new Float32Array(width * this.batchRows),
    );
  }

  private async flush(): Promise<void> {
    const length = this.buffered;
    const children = this.schema.fields.map((field, i) => {
      const { width } = this.columns[i] as ColumnRange;
      const all = this.buffers[i] as Values;
      const data = all.subarray(0, length * width);
      const child =
        data instanceof Uint8Array
          ? makeData({ type: new Uint8(), length: data.length, data, nullCount: 0 })
          : makeData({ type: new Float32(), length: data.length, data, nullCount: 0 });
      return makeData({ type: field.type, length, child, nullCount: 0 });
    });
    const data = makeData({ type: new Struct(this.schema.fields), length, nullCount: 0, children });
    this.arrow.write(new RecordBatch(this.schema, data));
    this.rows += length;
    this.buffered = 0;
    // The batch still refers to these buffers.
    this.buffers = this.newBuffers();
    if (this.file.errored) throw this.file.errored;
    if (this.file.writableNeedDrain) await Promise.race([once(this.file, 'drain'), this.done]);
  }
}
