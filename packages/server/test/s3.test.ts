// What is special about a bucket: blocks, parts and pieces, and a store that does not answer.
import { randomBytes } from 'node:crypto';
import { Unavailable } from '@openhanami/contract';
import { readBytes } from '@openhanami/datasets/bytes';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3Server } from '../../../tests/s3-server.ts';
import { bucketOf, ConfigError } from '../src/config.ts';
import { keyOf, readAll, type StoragePlaces, type StoredObjects, storedObjects } from '../src/store/objects/index.ts';
import { BLOCK } from '../src/store/objects/s3-source.ts';

const UUID = '146bacb3-b5bf-485b-a2e8-d1812b57eb63';
const [key, staged] = [keyOf.dataset(UUID), keyOf.upload(UUID)];

let s3: S3Server;
let objects: StoredObjects;
const placesIn = (location: string, retry_time: number): StoragePlaces => ({
  location,
  retry_time,
  dataset_location: '',
  checkpoint_location: '',
  cluster_location: '',
  tempfile_location: '',
  key_location: '',
  encryption_key: '',
  former_encryption_key: '',
});

beforeAll(async () => {
  s3 = await S3Server.start();
  Object.assign(process.env, s3.variables);
  objects = storedObjects(placesIn(s3.newPlace(), 30));
});
afterAll(() => s3.remove());

describe('an object of many blocks', () => {
  it('is read at any place, in order and not', async () => {
    const bytes = randomBytes(70 * BLOCK + 17);
    await objects.write(key, bytes);
    const reads = fc.array(fc.tuple(fc.nat(bytes.length), fc.oneof(fc.nat(3 * BLOCK), fc.nat(40 * BLOCK)), fc.nat(5)), {
      minLength: 1,
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(reads, async (all) => {
        const source = await objects.open(key);
        // Several reads after each other are read ahead.
        for (const [from, length, times] of all)
          for (let at = from, i = 0; i <= times && at <= bytes.length; at += length, i++) {
            const to = Math.min(at + length, bytes.length);
            expect(Buffer.compare(await readBytes(source, at, to), bytes.subarray(at, to))).toBe(0);
          }
        await source.close();
      }),
      { numRuns: 25 },
    );
  });

  it('is written in parts where it is large', async () => {
    const bytes = randomBytes(50_000_000);
    const sink = await objects.create(key);
    // Its memory is used again, as writers do.
    const memory = Buffer.alloc(999_999);
    for (let from = 0; from < bytes.length; from += memory.length) {
      const part = memory.subarray(0, Math.min(memory.length, bytes.length - from));
      bytes.copy(part, 0, from);
      await sink.write(part);
    }
    await sink.finish();
    expect(Buffer.compare(await readAll(objects, key), bytes)).toBe(0);
  });

  it('that was replaced is not read as if it were the one before', async () => {
    await objects.write(key, randomBytes(20 * BLOCK));
    const source = await objects.open(key);
    await readBytes(source, 0, 10);
    await objects.write(key, randomBytes(20 * BLOCK));
    await expect(readBytes(source, 15 * BLOCK, 16 * BLOCK)).rejects.toMatchObject({ code: 'EREPLACED' });
    await source.close();
  });
});

describe('pieces', () => {
  it('make what was written last at each place, whenever they were stored', async () => {
    const size = 500;
    const writes = fc.array(fc.tuple(fc.nat(size), fc.uint8Array({ minLength: 1, maxLength: 120 }), fc.integer({ min: 0, max: 5 })), {
      minLength: 1,
      maxLength: 20,
    });
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        let open = await objects.stage(staged, true, size);
        const expected = Buffer.alloc(size + 120);
        let end = 0;
        for (const [position, bytes, then] of all) {
          await open.write(position, bytes);
          expected.set(bytes, position);
          end = Math.max(end, position + bytes.length);
          if (then === 0) {
            await open.close();
            open = await objects.stage(staged, false, size);
          } else if (then === 1) await open.sync();
        }
        await open.close();
        expect((await objects.stat(staged))?.bytes).toBe(end);
        expect(Buffer.compare(await readAll(objects, staged), expected.subarray(0, end))).toBe(0);
        expect(await objects.list('uploads')).toEqual([staged]);
      }),
      { numRuns: 40 },
    );
    const greedy = await objects.stage(staged, true, 10);
    const much = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) await greedy.write(0, randomBytes(1 << 20));
    };
    await expect(much()).rejects.toThrow('over and over again');
    await greedy.close();
    await objects.remove(staged);
    expect([await objects.list('uploads'), await objects.stat(staged)]).toEqual([[], undefined]);
  });

  it('take a copy of an upload that is not finished, of any size', async () => {
    const bytes = randomBytes(20_000_000);
    await objects.write(staged, bytes);
    expect(Buffer.compare(await readAll(objects, staged), bytes)).toBe(0);
    const broken = (async function* () {
      yield bytes.subarray(0, 100);
      throw new Error('the rest did not come');
    })();
    await expect(objects.write(staged, broken)).rejects.toThrow('the rest did not come');
    expect(await objects.stat(staged)).toBeUndefined();
  });
});

describe('a store that', () => {
  it('is gone for a while is waited for, by reads, writes and pieces', async () => {
    await objects.write(key, Buffer.from('before'));
    const open = await objects.stage(staged, true, 5);
    const source = await objects.open(key);
    await s3.stop();
    const calls = [
      readBytes(source, 0, 6),
      objects.write(keyOf.checkpoint(UUID), Buffer.from('meanwhile')),
      open.write(0, Buffer.from('piece')),
    ];
    const synced = open.sync();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await s3.restart();
    await Promise.all([...calls, synced]);
    expect(Buffer.from(await readAll(objects, keyOf.checkpoint(UUID))).toString()).toBe('meanwhile');
    expect(Buffer.from(await readAll(objects, staged)).toString()).toBe('piece');
    await open.close();
  });

  it('does not come back is told of, and what could not be stored is stored later', async () => {
    const hasty = storedObjects(placesIn(objects.places.location, 1));
    await hasty.write(key, Buffer.from('before'));
    const open = await hasty.stage(staged, true, 5);
    await s3.stop();
    const start = performance.now();
    await open.write(0, Buffer.from('piece'));
    for (const call of [
      () => hasty.open(key),
      () => hasty.stat(key),
      () => hasty.write(key, Buffer.from('x')),
      () => open.sync(),
      () => hasty.list('keys'),
    ])
      await expect(call()).rejects.toThrow(Unavailable);
    const large = (async function* () {
      for (let i = 0; i < 60; i++) yield randomBytes(1 << 20);
    })();
    await expect(hasty.write(keyOf.cluster(UUID), large)).rejects.toThrow(Unavailable);
    await expect(hasty.makeFolders()).rejects.toThrow(ConfigError);
    expect(performance.now() - start).toBeLessThan(60_000);
    await s3.restart();
    await open.sync();
    expect(Buffer.from(await readAll(hasty, staged)).toString()).toBe('piece');
    expect(Buffer.from(await readAll(hasty, key)).toString()).toBe('before');
    expect(await hasty.stat(keyOf.cluster(UUID))).toBeUndefined();
  });

  it('takes connections and does not answer holds nobody for long', async () => {
    const hasty = storedObjects(placesIn(objects.places.location, 0));
    await hasty.write(key, Buffer.from('before'));
    process.kill(s3.pid, 'SIGSTOP');
    try {
      await expect(hasty.stat(key)).rejects.toThrow(Unavailable);
    } finally {
      process.kill(s3.pid, 'SIGCONT');
    }
    expect((await hasty.stat(key))?.bytes).toBe(6);
  });
});

describe('a location', () => {
  it('names a bucket and what all keys begin with', () => {
    expect(bucketOf('s3://bucket')).toEqual({ name: 'bucket', prefix: '' });
    expect(bucketOf('s3://my.bucket-1/')).toEqual({ name: 'my.bucket-1', prefix: '' });
    expect(bucketOf('s3://bucket/a/b/')).toEqual({ name: 'bucket', prefix: 'a/b/' });
    for (const wrong of ['s3://', 's3://B', 's3:///prefix', 's3://-a-/x'])
      expect(() => bucketOf(wrong)).toThrow('must be like s3://bucket/prefix');
  });

  it('of a bucket that there is not is refused with what is wrong', async () => {
    await expect(storedObjects(placesIn('s3://no-such-bucket', 5)).prepare()).rejects.toThrow('there is no such bucket; make it first');
  });
});
