import type { Readable } from 'node:stream';
import { type ByteSink, type ByteSource, readBytes } from '@openhanami/datasets';
import type { Config } from '../../config.ts';

// Terms. An object is some bytes under a key. A key is a folder and a name, such as `datasets/<uuid>.arrow`; names are made from uuids only, never from
// what a client sends. An object is there as a whole or not at all, and what was written is there after a crash.

/** The settings of a store; today folders on the disk. */
export type StoragePlaces = Pick<Config['storage'], 'dataset_location' | 'checkpoint_location' | 'cluster_location' | 'tempfile_location'>;

/** Where bytes are kept that are no rows: data sets, checkpoints, states of clusters, unfinished uploads. */
export interface Objects {
  /** What `openObjects` needs to open the same in another thread or process; plain data. */
  readonly places: StoragePlaces;
  /** Makes ready what is needed, and removes what interrupted writes have left. */
  prepare(): Promise<void>;
  /** Bytes `from` … `to` − 1 of an object, as they are asked for; left out, all. @throws Error with the code ENOENT if it is not there. */
  read(key: string, from?: number, to?: number): Promise<Readable>;
  /** An object to be read from any place. @throws Error with the code ENOENT if it is not there. */
  open(key: string): Promise<ByteSource>;
  /** Writes an object, in the place of one that was there. */
  write(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Begins an object whose bytes come one after the other. */
  create(key: string): Promise<ByteSink>;
  /** Opens an object whose bytes come in any order; one that was staged before goes on, unless `anew`. */
  stage(key: string, anew: boolean): Promise<StagedObject>;
  /** @throws Error with the code ENOENT if there is nothing to copy. */
  copy(from: string, to: string): Promise<void>;
  /** One that is not there is fine. */
  remove(key: string): Promise<void>;
  /** Removes what an interrupted `create` has left. */
  removePart(key: string): Promise<void>;
  /** Keys of all objects of a folder. */
  list(folder: Folder): Promise<string[]>;
  /** Where an object lies, for sentences to who runs the server. */
  pathOf(key: string): string;
  /** What is known of an object without reading it; undefined if it is not there. */
  stat(key: string): Promise<ObjectStat | undefined>;
}

export const FOLDERS = ['datasets', 'checkpoints', 'clusters', 'uploads'] as const;
export type Folder = (typeof FOLDERS)[number];

export interface ObjectStat {
  readonly bytes: number;
  /** Another one whenever the object was written. */
  readonly version: string;
}

/** An object that is being put together. It counts as one only when it was copied to another key. */
export interface StagedObject {
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** What was written is there after a crash. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Keys of what belongs to a resource. */
export const keyOf = {
  dataset: (uuid: string): string => `datasets/${uuid}.arrow`,
  checkpoint: (uuid: string): string => `checkpoints/${uuid}.checkpoint`,
  cluster: (uuid: string): string => `clusters/${uuid}.snapshot`,
  upload: (uuid: string): string => `uploads/${uuid}.upload`,
} as const;

/** All bytes of an object. */
export async function readAll(objects: Objects, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const source = await objects.open(key);
  try {
    return await readBytes(source, 0, source.size);
  } finally {
    await source.close();
  }
}
