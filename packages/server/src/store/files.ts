import { copyFile, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';

/** Where the files of resources lie. Names are made from uuids only, never from what a client sends. */
export class Files {
  constructor(private readonly storage: Config['storage']) {}

  /** Makes the folders, and removes what an interrupted write has left in them. */
  async prepare(): Promise<void> {
    const { dataset_location, checkpoint_location, cluster_location, tempfile_location } = this.storage;
    for (const folder of [dataset_location, checkpoint_location, cluster_location, tempfile_location]) {
      await mkdir(folder, { recursive: true });
      for (const name of await readdir(folder)) if (name.endsWith('.part')) await remove(join(folder, name));
    }
  }

  dataset(uuid: string): string {
    return join(this.storage.dataset_location, `${uuid}.arrow`);
  }

  checkpoint(uuid: string): string {
    return join(this.storage.checkpoint_location, `${uuid}.checkpoint`);
  }

  cluster(uuid: string): string {
    return join(this.storage.cluster_location, `${uuid}.snapshot`);
  }

  upload(uuid: string): string {
    return join(this.storage.tempfile_location, `${uuid}.upload`);
  }
}

/** Writes a file so that after a crash it is there as a whole or as it was: temporary name, synced, renamed, folder synced. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.part`;
  const file = await open(temporary, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes a file that is there another one, durably. Both lie on the same file system or not. */
export async function adopt(from: string, to: string): Promise<void> {
  const temporary = `${to}.part`;
  await copyFile(from, temporary);
  const file = await open(temporary, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, to);
  await syncFolder(dirname(to));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes a file; one that is not there is fine. */
export async function remove(path: string): Promise<void> {
  await rm(path, { force: true });
}
