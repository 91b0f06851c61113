import { createWriteStream, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { Stream } from '@openhanami/sdk';
import { atInterrupt, tell, withEnding } from './interrupts.ts';
import { showBytes } from './progress.ts';
import { UsageError } from './session.ts';

/**
 * Saves a download as `<file>.part`, and renames it when it is complete; a repeated call resumes a download that broke.
 * @param file target; `-` is standard output.
 * @throws UsageError if the file exists, without `force`, or cannot be written.
 */
export async function saveTo(
  file: string,
  force: boolean,
  download: (offset: number) => Promise<Stream>,
): Promise<{ file: string; bytes: number }> {
  if (file === '-') {
    const { bytes } = await download(0);
    await pipeline(Readable.fromWeb(bytes as WebStream), process.stdout, { end: false });
    return { file, bytes: 0 };
  }
  if (existsSync(file) && !force) throw new UsageError(`${file} is there already; --force overwrites it`);
  const part = `${file}.part`;
  const before = existsSync(part) ? statSync(part).size : 0;
  const { stream, begin } = await goOn(download, before);
  const progress = showBytes('download');
  let have = begin;
  const forget = atInterrupt(() => tell(`the download was interrupted at ${have} bytes; the same command goes on there`));
  try {
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        have += chunk.length;
        if (stream.total !== undefined) progress.update(have, stream.total);
        yield chunk;
      }
    };
    await pipeline(Readable.fromWeb(stream.bytes as WebStream), counted, createWriteStream(part, { flags: begin > 0 ? 'a' : 'w' }));
  } catch (error) {
    throw faultOf(file, error);
  } finally {
    forget();
    progress.stop();
  }
  renameSync(part, file);
  return { file, bytes: have };
}

/** Resumes a download after `before` bytes; begins anew if the server refuses that range (416). */
async function goOn(download: (offset: number) => Promise<Stream>, before: number): Promise<{ stream: Stream; begin: number }> {
  if (before === 0) return { stream: await download(0), begin: 0 };
  try {
    return { stream: await download(before), begin: before };
  } catch (error) {
    if ((error as { status?: number }).status !== 416) throw error;
    return { stream: await download(0), begin: 0 };
  }
}

/**
 * Runs `work` with a file; `-` is standard input, which is saved to a temporary file first, since its size must be known.
 * @throws UsageError if standard input is empty.
 */
export async function withInput<Answer>(file: string, work: (file: string) => Promise<Answer>): Promise<Answer> {
  if (file !== '-') return work(file);
  const folder = mkdtempSync(join(tmpdir(), 'hanamictl-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  return withEnding(async () => {
    try {
      const kept = join(folder, 'input');
      await pipeline(process.stdin, createWriteStream(kept));
      if (statSync(kept).size === 0) throw new UsageError('standard input is empty; there is nothing to upload');
      return await work(kept);
    } finally {
      remove();
    }
  }, remove);
}

/** Reads a text file. @throws UsageError if it cannot be read, or is no text. */
export function readText(what: string, file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new UsageError(`the ${what} cannot be read: ${faultOf(file, error).message}`);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Reported below.
  }
  throw new UsageError(`the ${what} '${file}' is no text file`);
}

/** Opens a file, or standard input if none is named. @throws UsageError if the file cannot be opened. */
export async function openInput(file: string | undefined): Promise<Readable> {
  if (file === undefined || file === '-') return process.stdin;
  try {
    if (statSync(file).isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    return (await open(file)).createReadStream();
  } catch (error) {
    throw faultOf(file, error);
  }
}

const FAULTS: Readonly<Record<string, (file: string) => string>> = {
  ENOENT: (file) => (existsSync(dirname(file)) ? `there is no file '${file}'` : `there is no folder '${dirname(file)}'`),
  EISDIR: (file) => `'${file}' is a folder`,
  EACCES: (file) => `'${file}' may not be opened (permission denied)`,
  ENOSPC: (file) => `there is no space left for '${file}'`,
};

/** Converts an error of the file system to a UsageError; others are returned unchanged. */
export function faultOf(file: string, error: unknown): Error {
  const told = FAULTS[(error as NodeJS.ErrnoException).code ?? '']?.(file);
  return told === undefined ? (error as Error) : new UsageError(told);
}
