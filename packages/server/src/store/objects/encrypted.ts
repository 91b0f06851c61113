import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { ByteSink, ByteSource } from '@openhanami/datasets/bytes';
import { DamagedFile } from '../checksum.ts';
import { FrameSink, FrameSource, type Header, newHeader, objectKey, readHeader } from './frames.ts';
import type { ProjectKeys } from './keys.ts';
import {
  type Folder,
  missing,
  type ObjectStat,
  type Objects,
  type ProjectObjects,
  type StagedObject,
  type StoragePlaces,
  type StoredObjects,
  streamOnce,
  writeAll,
} from './objects.ts';
import { PieceLog, PieceSource } from './pieces.ts';

/** Objects of another store, encrypted with the keys of their projects. Objects that were written before stay readable. */
export class EncryptedObjects implements Objects {
  /** @param places of the same for other threads: with the master key itself. */
  constructor(
    private readonly inner: StoredObjects,
    private readonly keys: ProjectKeys,
    readonly places: StoragePlaces,
  ) {}

  async prepare(): Promise<void> {
    await this.inner.prepare();
    await this.keys.rewrap();
  }

  of(project: string): ProjectObjects {
    return new EncryptedWrites(this.inner, this.keys, project, (key) => this.open(key));
  }

  async read(key: string, from?: number, to?: number): Promise<Readable> {
    return streamOnce(await this.open(key), from, to);
  }

  async open(key: string): Promise<ByteSource> {
    const source = await this.inner.open(key);
    try {
      const header = await readHeader(source);
      if (!header) return source;
      const objectsKey = await keyFor(this.keys, header, key);
      const file = basename(key);
      return header.layout === 'frames' ? new FrameSource(source, objectsKey, file) : await PieceSource.open(source, objectsKey, file);
    } catch (error) {
      await source.close().catch(() => {});
      throw error;
    }
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    const stat = await this.inner.stat(key);
    if (!stat) return undefined;
    const source = await this.inner.open(key);
    try {
      const header = await readHeader(source);
      if (!header) return stat;
      // How much the pieces of an unfinished upload make is not known without reading them.
      const bytes = header.layout === 'frames' ? new FrameSource(source, NO_KEY, key).size : stat.bytes;
      return { ...stat, bytes, isEncrypted: true };
    } finally {
      await source.close();
    }
  }

  remove(key: string): Promise<void> {
    return this.inner.remove(key);
  }

  removePart(key: string): Promise<void> {
    return this.inner.removePart(key);
  }

  list(folder: Folder, prefix?: string): Promise<string[]> {
    return this.inner.list(folder, prefix);
  }

  pathOf(key: string): string {
    return this.inner.pathOf(key);
  }

  destroyKey(project: string): Promise<boolean> {
    return this.keys.destroy(project);
  }
}

const NO_KEY = new Uint8Array();

/** What is written for a project. */
class EncryptedWrites implements ProjectObjects {
  constructor(
    private readonly inner: StoredObjects,
    private readonly keys: ProjectKeys,
    private readonly project: string,
    private readonly open: (key: string) => Promise<ByteSource>,
  ) {}

  async write(key: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    await writeAll(await this.create(key), content);
  }

  async create(key: string): Promise<ByteSink> {
    const [header, objectsKey] = await this.header('frames', key);
    return new FrameSink(await this.inner.create(key), objectsKey, header);
  }

  async stage(key: string, anew: boolean, size: number): Promise<StagedObject> {
    const before = anew ? undefined : await this.inner.open(key).catch(missing);
    try {
      const header = before && (await readHeader(before));
      // One that was begun before encryption was on goes on without.
      if (before && before.size > 0 && !header) return await this.inner.stage(key, false, size);
      const staged = await this.inner.stage(key, !header, size);
      try {
        if (before && header) return await PieceLog.resume(staged, await keyFor(this.keys, header, key), before, size);
        const [fresh, objectsKey] = await this.header('pieces', key);
        return await PieceLog.create(staged, objectsKey, fresh, size);
      } catch (error) {
        await staged.close().catch(() => {});
        throw error;
      }
    } finally {
      await before?.close();
    }
  }

  async copy(from: string, to: string): Promise<void> {
    await this.write(to, streamOnce(await this.open(from)));
  }

  private async header(layout: Header['layout'], key: string): Promise<[Header, Buffer]> {
    const { key: projectKey, ...of } = await this.keys.of(this.project);
    const header = newHeader(layout, of);
    return [header, objectKey(projectKey, header, key)];
  }
}

/** The key of an object. @throws DamagedFile if that of its project was destroyed. */
async function keyFor(keys: ProjectKeys, header: Header, key: string): Promise<Buffer> {
  const found = await keys.get(header.name, header.id);
  if (!found)
    throw new DamagedFile(
      `the file ${basename(key)} is encrypted with a key of its project that was destroyed; nobody can read it any more`,
    );
  return objectKey(found.key, header, key);
}
