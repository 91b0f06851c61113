import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  BadRequest,
  Conflict,
  deleteCheckpoint as deleteCheckpointEndpoint,
  deleteDataset as deleteDatasetEndpoint,
  type Endpoint,
  FileUpload_MessageSchema,
  FileUploadResponse_MessageSchema,
  type finishTableUpload,
  getUploadProgress,
  HanamiError,
  type InputOf,
  listUploads,
  Unavailable,
  type UploadedFile,
} from '@openhanami/contract';
import { openFile } from '#platform';
import { type CallOptions, call } from './call.ts';
import { Channel } from './channel.ts';
import type { Token } from './credentials.ts';
import { passes, patiently } from './patience.ts';

/** Bytes of a piece, and most pieces in flight. */
const PIECE = 1 << 19;
const ON_THE_WAY = 8;
/** Consecutive connections without progress after which an upload fails. */
const FRUITLESS = 5;
/** Bytes at the beginning and the end of a file that its fingerprint covers. */
const SAMPLE = 1 << 20;

/** A file to upload: in Node a path, anywhere a Blob. */
export type Uploadable = string | Blob;

/** Called after each piece: bytes of this upload that have arrived, and in all. */
export type UploadProgress = (arrived: number, total: number) => void;

export interface UploadOptions extends CallOptions {
  /** Resumes an unfinished upload of the same name and files, if there is one; else begins anew. */
  readonly resume?: boolean;
  /** Stops it while bytes are sent; nothing is left on the server then. */
  readonly signal?: AbortSignal;
  /** Of a table: whether the data set is removed by the server when no task has used it for a while. */
  readonly temporary?: boolean;
  /** What is known of a table: kinds of columns, delimiter and the like; a function is asked when all bytes have arrived. */
  readonly table?: TableOptions | (() => Promise<TableOptions>);
}

/** What is known of a table: kinds of columns, those that are skipped, delimiter and the like. */
export type TableOptions = Omit<InputOf<typeof finishTableUpload>, 'uuid' | 'uuid_input_file'>;

/** An opened file: its size in bytes, when it was changed (milliseconds, 0 where that is not known), and its pieces. */
export interface UploadSource {
  readonly size: number;
  readonly changed: number;
  read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

async function openUploadable(file: Uploadable): Promise<UploadSource> {
  if (typeof file === 'string') return openFile(file);
  if (file.size === 0) throw new BadRequest('the file is empty; there is nothing to upload');
  return {
    size: file.size,
    changed: file instanceof File ? file.lastModified : 0,
    read: async (position, length) => new Uint8Array(await file.slice(position, position + length).arrayBuffer()),
    close: async () => {},
  };
}

/** Identifies a file to resume its upload: by its size, when it was changed, its beginning and its end. */
async function fingerprintOf({ size, changed, read }: UploadSource): Promise<string> {
  const samples = [await read(0, Math.min(SAMPLE, size)), await read(Math.max(0, size - SAMPLE), Math.min(SAMPLE, size))];
  const bytes = new Uint8Array(await new Blob(samples).arrayBuffer());
  // Pages that came over plain HTTP from another machine have no `subtle`; there is nobody to be deceived but the caller.
  const digest = globalThis.crypto.subtle ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) : fnv1a(bytes);
  return `${size}-${changed}-${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** FNV-1a of 32 bits (Fowler, Noll and Vo). */
function fnv1a(bytes: Uint8Array): Uint8Array {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return new Uint8Array(Uint32Array.of(hash).buffer);
}

type Part = 'input' | 'label';
type Announced = { readonly uuid: string } & { readonly [P in Part as `uuid_${P}_file`]?: string };

/** A kind of upload and its endpoints. */
export interface UploadKind<Announce extends Endpoint, Finish extends Endpoint> {
  readonly kind: 'mnist' | 'csv' | 'arrow' | 'parquet' | 'table' | 'checkpoint';
  readonly announce: Announce;
  readonly finish: Finish;
}

/**
 * Uploads files, which the server converts; returns the uuid of the resource. If the connection is lost or the server restarts, it resumes
 * with what has not arrived (`options.patience`).
 * @throws BadRequest naming the fault of a file; nothing is left on the server then. Other uploads can be resumed (`options.resume`).
 * @throws Conflict if `options.resume` finds an upload of other files.
 */
export async function upload<Announce extends Endpoint, Finish extends Endpoint>(
  { kind, announce, finish }: UploadKind<Announce, Finish>,
  token: Token,
  address: string,
  name: string,
  files: Readonly<Partial<Record<Part, Uploadable>>>,
  onProgress: UploadProgress,
  options: UploadOptions,
): Promise<string> {
  const sources = new Map<Part, UploadSource>();
  try {
    for (const [part, file] of Object.entries(files)) sources.set(part as Part, await openUploadable(file));
    const announcement: Record<string, unknown> = { name, ...(options.temporary ? { temporary: true } : {}) };
    for (const [part, source] of sources) {
      announcement[`${part}_data_size`] = source.size;
      announcement[`${part}_fingerprint`] = await fingerprintOf(source);
    }
    const begun = options.resume ? await find(token, address, kind, name, announcement, options) : undefined;
    if (options.resume && !begun) options.onTrouble?.(new Error(`there is no unfinished upload '${name}' of this kind; a new one begins`));
    const announced = begun ?? ((await call(announce, token, address, announcement as InputOf<Announce>, options)) as Announced);
    const { uuid } = announced;
    try {
      let before = 0;
      const total = [...sources.values()].reduce((sum, { size }) => sum + size, 0);
      for (const [part, source] of sources) {
        await sendFile(
          token,
          address,
          uuid,
          String(announced[`uuid_${part}_file`]),
          source,
          (arrived) => onProgress(before + arrived, total),
          options,
        );
        before += source.size;
      }
      options.signal?.throwIfAborted();
      const known = typeof options.table === 'function' ? await options.table() : options.table;
      const parts = Object.fromEntries([...sources.keys()].map((part) => [`uuid_${part}_file`, announced[`uuid_${part}_file`]]));
      await patiently(() => call(finish, token, address, { uuid, ...parts, ...known } as InputOf<Finish>, options), options);
      return uuid;
    } catch (error) {
      // A refused file will be refused again, and what was stopped is not wanted; other uploads can be resumed later.
      if (error instanceof BadRequest || options.signal?.aborted) {
        const remove = kind === 'checkpoint' ? deleteCheckpointEndpoint : deleteDatasetEndpoint;
        await call(remove, token, address, { uuid }, options).catch(() => {});
      }
      throw error;
    }
  } finally {
    for (const source of sources.values()) await source.close();
  }
}

/** The unfinished upload of a name and kind. @throws Conflict if there is one of other files. */
async function find(
  token: Token,
  address: string,
  kind: string,
  name: string,
  known: Readonly<Record<string, unknown>>,
  options: CallOptions,
): Promise<Announced | undefined> {
  const { uploads } = await call(listUploads, token, address, {}, options);
  const alike = uploads.filter((found) => found.kind === kind && found.name === name);
  const same = alike.find(({ files }) =>
    files.every(({ part, size, fingerprint }) => known[`${part}_data_size`] === size && known[`${part}_fingerprint`] === fingerprint),
  );
  if (same) return { uuid: same.uuid, ...Object.fromEntries(same.files.map((file) => [`uuid_${file.part}_file`, file.uuid])) };
  const [other] = alike;
  if (!other) return undefined;
  const sizes = other.files.map(({ size }) => `${size} bytes`).join(' and ');
  throw new Conflict(
    `the unfinished upload '${name}' (${other.uuid}, ${sizes}) is of another file, or the file has changed since; upload it anew without resuming, or delete the unfinished one first`,
  );
}

/** Sends the missing bytes of a file, over as many connections as it takes. */
async function sendFile(
  token: Token,
  address: string,
  resource: string,
  uuid: string,
  source: UploadSource,
  onProgress: (arrived: number) => void,
  options: UploadOptions,
): Promise<void> {
  const received = async (): Promise<UploadedFile['received']> => {
    const { complete, files = [] } = await patiently(() => call(getUploadProgress, token, address, { uuid: resource }, options), options);
    return complete ? [[0, source.size]] : (files.find((file) => file.uuid === uuid)?.received ?? []);
  };
  let have = await received();
  for (let fruitless = 0; ; ) {
    const before = bytesOf(have);
    onProgress(before);
    try {
      await sendPieces(token, address, uuid, source, have, onProgress, options);
      return;
    } catch (error) {
      if (!passes(error)) throw error;
      options.onTrouble?.(error as Error);
      have = await received();
      fruitless = bytesOf(have) > before ? 0 : fruitless + 1;
      if (fruitless >= FRUITLESS) throw error;
    }
  }
}

const bytesOf = (ranges: UploadedFile['received']): number => ranges.reduce((sum, [start, end]) => sum + end - start, 0);

/** Sends the bytes outside of `have` over one connection. @throws BadRequest for a refused piece, HanamiError (507) for a full disk. */
async function sendPieces(
  token: Token,
  address: string,
  uuid: string,
  source: UploadSource,
  have: UploadedFile['received'],
  onProgress: (arrived: number) => void,
  options: UploadOptions,
): Promise<void> {
  let arrived = bytesOf(have);
  if (arrived === source.size) return;
  const channel = await Channel.open(token, address, { target: 'file_upload', uuid }, options);
  try {
    const onTheWay = new Set<Promise<void>>();
    for (const [start, end] of gaps(have, source.size)) {
      for (let position = start; position < end; position += PIECE) {
        options.signal?.throwIfAborted();
        const data = await source.read(position, Math.min(PIECE, end - position));
        const message = toBinary(FileUpload_MessageSchema, create(FileUpload_MessageSchema, { position: BigInt(position), data }));
        const sent = channel.send(message as Uint8Array<ArrayBuffer>).then((answer) => {
          const { success, errorMessage } = fromBinary(FileUploadResponse_MessageSchema, answer);
          if (!success) throw refusal(errorMessage);
          arrived += data.length;
          onProgress(arrived);
        });
        // Awaited below; a failure must not be reported as unhandled before.
        sent.catch(() => {});
        onTheWay.add(sent);
        sent.finally(() => onTheWay.delete(sent)).catch(() => {});
        if (onTheWay.size >= ON_THE_WAY) await Promise.race(onTheWay);
      }
    }
    await Promise.all(onTheWay);
  } finally {
    await channel.close();
  }
}

/** The gaps between ordered ranges, up to `size`. */
function gaps(ranges: UploadedFile['received'], size: number): [start: number, end: number][] {
  const edges = [0, ...ranges.flat(), size];
  const found: [number, number][] = [];
  for (let i = 0; i < edges.length; i += 2) {
    const [start = 0, end = 0] = [edges[i], edges[i + 1]];
    if (start < end) found.push([start, end]);
  }
  return found;
}

/** What an answer to a piece means. Only a refused file is given up; others can go on later. */
function refusal(sentence: string): HanamiError {
  if (/cannot be used at the moment/.test(sentence)) return new Unavailable(sentence);
  return /full|could not be written/.test(sentence) ? new HanamiError(507, sentence) : new BadRequest(sentence);
}
