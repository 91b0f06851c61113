import { isUtf8 as isUtf8Bytes } from 'node:buffer';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import yauzl from 'yauzl';
import { DatasetError } from '../errors.ts';
import { type ByteSource, readBytes, streamOf } from '../source.ts';

// Bytes of a file as they are without compression, and their encoding.

/** How a file is packed, or what else it is; from its first bytes. */
export type Magic = 'gzip' | 'zstd' | 'zip' | 'parquet' | 'arrow' | 'feather1' | undefined;

const startsWith = (bytes: Uint8Array, ...magic: readonly number[]): boolean => magic.every((byte, i) => bytes[i] === byte);

export async function magicOf(source: ByteSource): Promise<Magic> {
  const start = await readBytes(source, 0, 8);
  if (startsWith(start, 0x1f, 0x8b)) return 'gzip';
  if (startsWith(start, 0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  if (startsWith(start, 0x50, 0x4b, 3, 4) || startsWith(start, 0x50, 0x4b, 5, 6)) return 'zip';
  const text = Buffer.from(start).toString('latin1');
  if (text.startsWith('PAR1')) return 'parquet';
  if (text.startsWith('ARROW1') || startsWith(start, 0xff, 0xff, 0xff, 0xff)) return 'arrow';
  return text.startsWith('FEA1') ? 'feather1' : undefined;
}

/** Bytes of a file without its compression. @param magic what its first bytes say. */
export async function openBytes(source: ByteSource, magic: Magic): Promise<Readable> {
  const raw = (): Readable => streamOf(source, 0, source.size, 1 << 18);
  if (magic === 'gzip') return piped(raw(), createGunzip({ chunkSize: 1 << 18 }));
  if (magic === 'zstd') return piped(raw(), createZstdDecompress({ chunkSize: 1 << 18 }));
  return magic === 'zip' ? openEntry(source) : raw();
}

function piped(from: Readable, through: ReturnType<typeof createGunzip | typeof createZstdDecompress>): Readable {
  from.on('error', (error) => through.destroy(error));
  through.on('close', () => from.destroy());
  return from.pipe(through);
}

/** Names of the files in an archive. */
export async function entriesOf(source: ByteSource): Promise<string[]> {
  const names: string[] = [];
  await eachEntry(source, (entry) => {
    names.push(entry.fileName);
    return true;
  });
  return names;
}

/** The only file of an archive. */
async function openEntry(source: ByteSource): Promise<Readable> {
  const names = (await entriesOf(source)).filter((name) => !name.endsWith('/') && !name.startsWith('__MACOSX/'));
  const [name] = names;
  if (name === undefined) throw new DatasetError('the zip archive is empty');
  if (names.length > 1) {
    const shown = names.slice(0, 5).map((one) => `'${one}'`);
    throw new DatasetError(
      `the zip archive holds ${names.length} files (${shown.join(', ')}${names.length > 5 ? ', …' : ''}); unpack it and take one`,
    );
  }
  return new Promise((resolve, reject) => {
    eachEntry(source, (entry, archive) => {
      if (entry.fileName !== name) return true;
      archive.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
      return false;
    }).catch(reject);
  });
}

/** @param take says whether the next one is wanted. */
function eachEntry(source: ByteSource, take: (entry: yauzl.Entry, archive: yauzl.ZipFile) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const damaged = (error: Error): void => reject(new DatasetError(`the zip archive is damaged: ${error.message}`));
    yauzl.fromRandomAccessReader(new SourceOfZip(source), source.size, { lazyEntries: true, autoClose: false }, (error, archive) => {
      if (error) return damaged(error);
      archive.on('error', damaged);
      archive.on('end', () => resolve());
      archive.on('entry', (entry: yauzl.Entry) => {
        if (take(entry, archive)) archive.readEntry();
        else resolve();
      });
      archive.readEntry();
    });
  });
}

class SourceOfZip extends yauzl.RandomAccessReader {
  constructor(private readonly source: ByteSource) {
    super();
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return streamOf(this.source, start, end, 1 << 18);
  }
}

/** Bytes from which the encoding is guessed. */
const SNIFFED_BYTES = 1 << 16;

/** The encoding of bytes as TextDecoder calls it; UTF-8 is a guess that decoding may refute. */
export function encodingOf(start: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (startsWith(start, 0xff, 0xfe)) return 'utf-16le';
  if (startsWith(start, 0xfe, 0xff)) return 'utf-16be';
  // Without a mark: every other byte of text in Western languages is 0.
  const seen = start.subarray(0, 400);
  let [even, odd] = [0, 0];
  for (let i = 0; i < seen.length; i++) {
    if (seen[i] !== 0) continue;
    if (i % 2 === 0) even++;
    else odd++;
  }
  const half = seen.length / 2;
  if (Math.max(even, odd) > 0.3 * half && Math.min(even, odd) <= 0.05 * half) return odd > even ? 'utf-16le' : 'utf-16be';
  return 'utf-8';
}

/** Text of a table, piece by piece, and where it was not UTF-8, what it was taken for. */
export interface Text {
  readonly encoding: string;
  pieces(): AsyncGenerator<string>;
}

/** Opens text of any usual encoding: what is neither UTF-8 nor UTF-16 is Windows-1252, which has all that Latin-1 has. @throws DatasetError for what is no text. */
export async function openText(source: ByteSource, magic: Magic): Promise<Text> {
  const start = await headOf(source, magic);
  const found = encodingOf(start);
  if (found === 'utf-8' && start.subarray(0, 1000).includes(0) && !isText(start))
    throw new DatasetError('the file is no text: it holds bytes of 0');
  const encoding = found === 'utf-8' && !(await isUtf8(source, magic)) ? 'windows-1252' : found;
  return { encoding, pieces: () => decoded(source, magic, encoding) };
}

/** A single byte of 0 in a text is a slip of the program that wrote it; many are another format. */
const isText = (start: Uint8Array): boolean => start.filter((byte) => byte < 9).length <= 2;

async function headOf(source: ByteSource, magic: Magic): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let have = 0;
  for await (const part of bytesOf(source, magic)) {
    parts.push(part);
    have += part.length;
    if (have >= SNIFFED_BYTES) break;
  }
  return Buffer.concat(parts);
}

async function isUtf8(source: ByteSource, magic: Magic): Promise<boolean> {
  let kept: Uint8Array = new Uint8Array();
  for await (const part of bytesOf(source, magic)) {
    const bytes = kept.length > 0 ? Buffer.concat([kept, part]) : part;
    // A character at the end may go on in the next part.
    let end = bytes.length;
    while (end > 0 && bytes.length - end < 3 && ((bytes[end - 1] as number) & 0xc0) === 0x80) end--;
    if (end > 0 && (bytes[end - 1] as number) >= 0xc0) end--;
    if (!isUtf8Bytes(bytes.subarray(0, end))) return false;
    kept = bytes.subarray(end);
  }
  return isUtf8Bytes(kept);
}

async function* decoded(source: ByteSource, magic: Magic, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding);
  for await (const part of bytesOf(source, magic)) yield decoder.decode(part, { stream: true });
  yield decoder.decode();
}

/** The bytes of a file without its compression. @throws DatasetError if the compressed data are damaged. */
async function* bytesOf(source: ByteSource, magic: Magic): AsyncGenerator<Uint8Array> {
  const stream = await openBytes(source, magic);
  try {
    for await (const part of stream) yield part;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code.startsWith('Z_') || code.startsWith('ZSTD') || magic === 'zip')
      throw new DatasetError(`the ${magic} data are damaged: ${(error as Error).message}`);
    throw error;
  } finally {
    stream.destroy();
  }
}
