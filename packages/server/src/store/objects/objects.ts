import type { Readable } from 'node:stream';
import { BadRequest } from '@openhanami/contract';
import { type ByteSink, type ByteSource, readBytes, streamOf } from '@openhanami/datasets/bytes';
import type { Config } from '../../config.ts';

// An object is a sequence of bytes under a key. A key is a folder and a name, such as `datasets/<uuid>.arrow`; names are made from uuids
// only, never from client input. An object exists as a whole or not at all, and what was written survives a crash.

/** The settings of a store: folders on the disk, or a bucket. */
export type StoragePlaces = Pick<
  Config['storage'],
  | 'location'
  | 'retry_time'
  | 'dataset_location'
  | 'checkpoint_location'
  | 'cluster_location'
  | 'tempfile_location'
  | 'key_location'
  | 'encryption_key'
  | 'former_encryption_key'
>;

/** Store of data outside of the database: data sets, checkpoints, states of clusters, unfinished uploads. */
export interface Objects {
  /** Input of `openObjects` for the same store in another thread or process; plain data. */
  readonly places: StoragePlaces;
  /** Prepares the store, and removes leftovers of interrupted writes. */
  prepare(): Promise<void>;
  /** Streams bytes `from` … `to` − 1 of an object, by default all. @throws Error with the code ENOENT if there is no such object. */
  read(key: string, from?: number, to?: number): Promise<Readable>;
  /**
   * Opens an object for random access.
   * @throws Error with the code ENOENT if there is no such object, and a read with EREPLACED where it was written again and the one before is gone.
   */
  open(key: string): Promise<ByteSource>;
  /** Writes for a project, with whose key objects are encrypted where that is on. */
  of(project: string): ProjectObjects;
  /** Removes an object, if it exists. */
  remove(key: string): Promise<void>;
  /** Removes the leftover of an interrupted `create`. */
  removePart(key: string): Promise<void>;
  /** Keys of all objects of a folder whose names begin with `prefix`. */
  list(folder: Folder, prefix?: string): Promise<string[]>;
  /** Location of an object, for messages to the administrator. */
  pathOf(key: string): string;
  /** Size and version of an object without reading it; undefined if there is none. */
  stat(key: string): Promise<ObjectStat | undefined>;
  /** Makes all objects of a project that are encrypted unreadable; returns whether there was a key. */
  destroyKey(project: string): Promise<boolean>;
}

/** What is written for a project. */
export interface ProjectObjects {
  /** Writes an object, replacing an existing one. */
  write(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Creates an object that is written sequentially. */
  create(key: string): Promise<ByteSink>;
  /** Opens an object of `size` bytes that is written in any order; one staged before is continued, unless `anew`. */
  stage(key: string, anew: boolean, size: number): Promise<StagedObject>;
  /** @throws Error with the code ENOENT if there is nothing to copy. */
  copy(from: string, to: string): Promise<void>;
}

/** Objects as they are stored, whoever they are of. */
export abstract class StoredObjects implements Objects, ProjectObjects {
  abstract readonly places: StoragePlaces;
  /** Makes the folders that there are not, or looks whether the bucket is there. */
  abstract makeFolders(): Promise<void>;
  abstract prepare(): Promise<void>;
  abstract open(key: string): Promise<ByteSource>;
  abstract create(key: string): Promise<ByteSink>;
  abstract stage(key: string, anew: boolean, size: number): Promise<StagedObject>;
  abstract copy(from: string, to: string): Promise<void>;
  abstract remove(key: string): Promise<void>;
  abstract removePart(key: string): Promise<void>;
  abstract list(folder: Folder, prefix?: string): Promise<string[]>;
  abstract stat(key: string): Promise<ObjectStat | undefined>;
  abstract pathOf(key: string): string;

  of(): this {
    return this;
  }

  async read(key: string, from?: number, to?: number): Promise<Readable> {
    return streamOnce(await this.open(key), from, to);
  }

  async write(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    await writeAll(await this.create(key), content);
  }

  async destroyKey(): Promise<boolean> {
    return false;
  }
}

export const FOLDERS = ['datasets', 'checkpoints', 'clusters', 'uploads', 'keys'] as const;
export type Folder = (typeof FOLDERS)[number];

export interface ObjectStat {
  /** Of what can be read; of an unfinished upload that is encrypted, of its file. */
  readonly bytes: number;
  readonly isEncrypted?: boolean;
  /** Changes whenever the object is written. */
  readonly version: string;
}

/** An object under construction. It becomes complete by copying it to another key. */
export interface StagedObject {
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Makes what was written survive a crash. */
  sync(): Promise<void>;
  /** Stores nothing more, since the object is removed next; it is still to be closed. */
  discard(): Promise<void>;
  close(): Promise<void>;
}

/** What may be written of a staged object: bytes for each of its own, and pieces, each with more for small objects. */
const REPEATED = 3;
const MORE_BYTES = 16 << 20;
const BYTES_OF_A_PIECE = 65_536;
const MORE_PIECES = 100_000;

/** @throws BadRequest if of an object of `size` bytes more was written than it can take. */
export function mustBeSensible(size: number, written: number, pieces: number): void {
  if (written > REPEATED * size + MORE_BYTES || pieces > size / BYTES_OF_A_PIECE + MORE_PIECES)
    throw new BadRequest('the upload was sent over and over again, or in very small pieces; delete it, and begin anew');
}

/** Undefined for an error that says that there is no such object. @throws any other. */
export function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** Keys of the objects of resources. */
export const keyOf = {
  dataset: (uuid: string): string => `datasets/${uuid}.arrow`,
  checkpoint: (uuid: string): string => `checkpoints/${uuid}.checkpoint`,
  cluster: (uuid: string): string => `clusters/${uuid}.snapshot`,
  /** The best state of a cluster so far, while a task trains it. */
  best: (uuid: string): string => `clusters/${uuid}.best`,
  upload: (uuid: string): string => `uploads/${uuid}.upload`,
} as const;

/** Streams bytes `from` … `to` − 1 of a source, by default all; the source is closed with the stream. */
export function streamOnce(source: ByteSource, from = 0, to = source.size): Readable {
  return streamOf(source, from, Math.min(to, source.size)).once('close', () => void source.close().catch(() => {}));
}

/** Writes all of an object; what was written is discarded if a part does not come. */
export async function writeAll(sink: ByteSink, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const bytes of content instanceof Uint8Array ? [content] : content) await sink.write(bytes);
    await sink.finish();
  } catch (error) {
    await sink.abort().catch(() => {});
    throw error;
  }
}

/** All bytes of an object. */
export async function readAll(objects: Objects, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const source = await objects.open(key);
  try {
    return await readBytes(source, 0, source.size);
  } finally {
    await source.close();
  }
}
