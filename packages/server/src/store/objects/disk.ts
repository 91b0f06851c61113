import { constants } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type ByteSink, type ByteSource, createFile, openFile } from '@openhanami/datasets/bytes';
import { adopt, makeFolder, remove } from '../files.ts';
import { mustHaveNoKeys } from './keys.ts';
import { type Folder, missing, type ObjectStat, type StagedObject, type StoragePlaces, StoredObjects } from './objects.ts';

/** Objects stored as files. */
export class DiskObjects extends StoredObjects {
  private readonly folders: Readonly<Record<Folder, string>>;

  constructor(readonly places: StoragePlaces) {
    super();
    this.folders = {
      datasets: places.dataset_location,
      checkpoints: places.checkpoint_location,
      clusters: places.cluster_location,
      uploads: places.tempfile_location,
      keys: places.key_location,
    };
  }

  /**
   * Creates the folders, and removes leftovers of interrupted writes.
   * @throws ConfigError if there are keys of encryption, and the settings have none to unwrap them.
   */
  async prepare(): Promise<void> {
    await this.makeFolders();
    for (const folder of Object.values(this.folders)) {
      for (const name of await readdir(folder)) if (name.endsWith('.part')) await remove(join(folder, name));
    }
    if (this.places.encryption_key === '') await mustHaveNoKeys(this);
  }

  async makeFolders(): Promise<void> {
    for (const folder of Object.values(this.folders)) makeFolder(folder);
  }

  open(key: string): Promise<ByteSource> {
    return openFile(this.pathOf(key));
  }

  create(key: string): Promise<ByteSink> {
    return createFile(this.pathOf(key));
  }

  async stage(key: string, anew: boolean): Promise<StagedObject> {
    const file = await open(this.pathOf(key), anew ? 'w' : constants.O_RDWR | constants.O_CREAT);
    return {
      async write(position, bytes) {
        for (let written = 0; written < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written);
          written += bytesWritten;
        }
      },
      sync: () => file.datasync(),
      async discard() {},
      close: () => file.close(),
    };
  }

  copy(from: string, to: string): Promise<void> {
    return adopt(this.pathOf(from), this.pathOf(to));
  }

  remove(key: string): Promise<void> {
    return remove(this.pathOf(key));
  }

  removePart(key: string): Promise<void> {
    return remove(`${this.pathOf(key)}.part`);
  }

  async list(folder: Folder, prefix = ''): Promise<string[]> {
    const names = await readdir(this.folders[folder]).catch((): string[] => []);
    return names.filter((name) => name.startsWith(prefix)).map((name) => `${folder}/${name}`);
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    const found = await stat(this.pathOf(key)).catch(missing);
    return found && { bytes: found.size, version: `${found.size} ${found.mtimeMs} ${found.ctimeMs} ${found.ino}` };
  }

  pathOf(key: string): string {
    return join(this.folders[key.split('/')[0] as Folder], basename(key));
  }
}
