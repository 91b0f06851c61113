// What every store of objects promises; each implementation is given to the same tests.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3Server } from '../../../tests/s3-server.ts';
import { keyOf, type Objects, openObjects, type ProjectObjects, readAll } from '../src/store/objects/index.ts';

let folder: string;

/** A store in a folder of its own, or in a bucket. */
async function openIn(encryption_key: string, location = ''): Promise<Objects> {
  folder = mkdtempSync(join(tmpdir(), 'hanami-objects-'));
  const place = (name: string): string => join(folder, name);
  return openObjects({
    location,
    retry_time: 5,
    dataset_location: place('datasets'),
    checkpoint_location: place('checkpoints'),
    cluster_location: place('clusters'),
    tempfile_location: place('tempfiles'),
    key_location: place('keys'),
    encryption_key,
    former_encryption_key: '',
  });
}

let s3: S3Server;
beforeAll(async () => {
  s3 = await S3Server.start();
  Object.assign(process.env, s3.variables);
});
afterAll(() => s3.remove());

const newKey = (): string => randomBytes(32).toString('hex');
const STORES: Readonly<Record<string, () => Promise<Objects>>> = {
  disk: () => openIn(''),
  'disk, encrypted': () => openIn(newKey()),
  S3: () => openIn('', s3.newPlace()),
  'S3, encrypted': () => openIn(newKey(), s3.newPlace()),
};

const UUID = '146bacb3-b5bf-485b-a2e8-d1812b57eb63';
const key = keyOf.dataset(UUID);
const other = keyOf.checkpoint(UUID);

describe.each(Object.entries(STORES))('objects on %s', (_, open) => {
  let objects: Objects;
  let own: ProjectObjects;
  beforeAll(async () => {
    objects = await open();
    own = objects.of('project of tests');
    await objects.prepare();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  }
  const collected = async (from?: number, to?: number): Promise<Uint8Array> => {
    const parts: Buffer[] = [];
    for await (const part of await objects.read(key, from, to)) parts.push(part);
    return new Uint8Array(Buffer.concat(parts));
  };

  it('give back what was written, as a whole and from any byte to any other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2000 }),
        fc.nat(2100),
        fc.nat(2100),
        fc.integer({ min: 1, max: 700 }),
        async (bytes, a, b, size) => {
          await own.write(key, a % 2 === 0 ? bytes : pieces(bytes, size));
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          expect(new Uint8Array(await readAll(objects, key))).toEqual(bytes);
          expect(await collected(from, to)).toEqual(bytes.slice(from, to));
          expect(await collected(from)).toEqual(bytes.slice(from));
          expect((await objects.stat(key))?.bytes).toBe(bytes.length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('are there as a whole or not at all', async () => {
    await own.write(key, new TextEncoder().encode('before'));
    const broken = (async function* () {
      yield new TextEncoder().encode('half of ');
      throw new Error('the rest did not come');
    })();
    await expect(own.write(key, broken)).rejects.toThrowError('the rest did not come');
    const sink = await own.create(key);
    await sink.write(new TextEncoder().encode('another half'));
    expect(Buffer.from(await readAll(objects, key)).toString()).toBe('before');
    await sink.abort();
    expect(Buffer.from(await readAll(objects, key)).toString()).toBe('before');
    const again = await own.create(key);
    await again.write(new TextEncoder().encode('after'));
    await again.finish();
    expect(Buffer.from(await readAll(objects, key)).toString()).toBe('after');
  });

  it('are put together in any order, and go on where they were', async () => {
    const staged = keyOf.upload(UUID);
    const first = await own.stage(staged, true, 7);
    await first.write(4, new TextEncoder().encode('efg'));
    await first.sync();
    await first.close();
    const second = await own.stage(staged, false, 7);
    await second.write(0, new TextEncoder().encode('abcd'));
    await second.close();
    await own.copy(staged, other);
    expect(Buffer.from(await readAll(objects, other)).toString()).toBe('abcdefg');
    await (await own.stage(staged, true, 7)).close();
    expect((await readAll(objects, staged)).length).toBe(0);
  });

  it('tell another version when they were written again, and are listed until they are removed', async () => {
    await own.write(key, Uint8Array.of(1, 2, 3));
    const { version } = (await objects.stat(key)) ?? {};
    await own.write(key, Uint8Array.of(3, 2, 1));
    expect((await objects.stat(key))?.version).not.toBe(version);
    expect(await objects.list('datasets')).toEqual([key]);
    await objects.remove(key);
    await objects.remove(key);
    expect([await objects.list('datasets'), await objects.stat(key)]).toEqual([[], undefined]);
    // One after the other: a promise that is refused before somebody waits for it is nobody's.
    for (const ask of [() => objects.open(key), () => objects.read(key), () => own.copy(key, other)])
      await expect(ask()).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('leave nothing of a write that was interrupted', async () => {
    await (await own.create(key)).write(Uint8Array.of(1));
    await objects.prepare();
    expect(await objects.list('datasets')).toEqual([]);
  });
});
