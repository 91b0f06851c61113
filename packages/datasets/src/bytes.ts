import { createGunzip } from 'node:zlib';
import { DatasetError } from './errors.ts';
import { type ByteSource, readBytes, sourceOf, streamOf } from './source.ts';

/** Reads a file (gzipped or not) in pieces of given sizes. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private left: Buffer = Buffer.alloc(0);

  /** @param faultOf what an error of the stream means. */
  private constructor(
    stream: AsyncIterable<Buffer>,
    private readonly faultOf: (error: Error) => Error = (error) => error,
  ) {
    this.source = stream[Symbol.asyncIterator]();
  }

  /** @param from a path, or a source, which is closed with the reader. */
  static async open(from: string | ByteSource): Promise<ByteReader> {
    const source = await sourceOf(from);
    const magic = await readBytes(source, 0, 2);
    const raw = streamOf(source, 0, source.size, 1 << 20);
    raw.once('close', () => void source.close().catch(() => {}));
    if (magic[0] !== 0x1f || magic[1] !== 0x8b) return new ByteReader(raw);
    const unzipped = createGunzip({ chunkSize: 1 << 18 });
    let fault: Error | undefined;
    raw.on('error', (error) => {
      fault = error;
      unzipped.destroy(error);
    });
    return new ByteReader(raw.pipe(unzipped), (error) =>
      error === fault ? error : new DatasetError(`the gzip data is damaged: ${error.message}`),
    );
  }

  /** The next `count` bytes, fewer only at the end of the file. @throws DatasetError if the gzip data is damaged. */
  async read(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let have = 0;
    while (have < count) {
      if (this.left.length === 0) {
        const next = await this.next();
        if (!next) break;
        this.left = next;
      }
      const part = this.left.subarray(0, count - have);
      this.left = this.left.subarray(part.length);
      parts.push(part);
      have += part.length;
    }
    return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async next(): Promise<Buffer | undefined> {
    try {
      const { value, done } = await this.source.next();
      return done ? undefined : value;
    } catch (error) {
      throw error instanceof Error ? this.faultOf(error) : error;
    }
  }
}
