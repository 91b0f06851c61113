// Encryption of objects: what is on the disk, and what becomes of it when it is changed there.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBytes } from '@openhanami/datasets';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { DamagedFile } from '../src/store/checksum.ts';
import { FRAME, HEADER, TAG } from '../src/store/objects/frames.ts';
import { keyOf, type Objects, openObjects, readAll, type StoragePlaces, verifyKeys } from '../src/store/objects/index.ts';

const KEY = 'a'.repeat(64);
const UUID = '146bacb3-b5bf-485b-a2e8-d1812b57eb63';
const [key, staged] = [keyOf.dataset(UUID), keyOf.upload(UUID)];
const folders: string[] = [];
let places: StoragePlaces;
let objects: Objects;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hanami-encrypted-'));
  folders.push(folder);
  const place = (name: string): string => join(folder, name);
  places = {
    location: '',
    retry_time: 0,
    dataset_location: place('datasets'),
    checkpoint_location: place('checkpoints'),
    cluster_location: place('clusters'),
    tempfile_location: place('tempfiles'),
    key_location: place('keys'),
    encryption_key: KEY,
    former_encryption_key: '',
  };
  objects = openObjects(places);
  await objects.prepare();
});
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const own = () => objects.of('own');
const path = (of = key): string => objects.pathOf(of);

describe('an encrypted object', () => {
  it('is read at any place, of any size around the borders of frames', async () => {
    const sizes = fc.oneof(
      ...[0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 17 * FRAME, 17 * FRAME + 5].map((size) => fc.constant(size)),
      fc.nat(40 * FRAME),
    );
    await fc.assert(
      fc.asyncProperty(
        sizes,
        fc.integer({ min: 1, max: 3 * FRAME }),
        fc.array(fc.tuple(fc.nat(), fc.nat())),
        async (size, piece, reads) => {
          const bytes = randomBytes(size);
          const sink = await own().create(key);
          for (let from = 0; from < size; from += piece) await sink.write(bytes.subarray(from, from + piece));
          await sink.finish();
          expect((await objects.stat(key))?.bytes).toBe(size);
          const source = await objects.open(key);
          try {
            expect(source.size).toBe(size);
            for (const [a, b] of [[0, size] as const, ...reads]) {
              const [from, to] = [a % (size + 1), b % (size + 1)].sort((x, y) => x - y) as [number, number];
              expect(Buffer.compare(await readBytes(source, from, to), bytes.subarray(from, to))).toBe(0);
            }
          } finally {
            await source.close();
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that is staged is what its last pieces say, also after it was taken up again behind a piece that was cut off', async () => {
    const pieces = fc.array(fc.tuple(fc.nat(1000), fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean(), fc.nat(600)), {
      minLength: 1,
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(pieces, async (all) => {
        const expected = Buffer.alloc(1300);
        let size = 0;
        let open = await own().stage(staged, true, 1300);
        for (const [position, bytes, isInterrupted, torn] of all) {
          await open.write(position, bytes);
          expected.set(bytes, position);
          size = Math.max(size, position + bytes.length);
          if (!isInterrupted) continue;
          await open.close();
          // What a crash leaves of the next piece: part of one like another, or something else.
          const log = readFileSync(path(staged));
          writeFileSync(path(staged), Buffer.concat([log, torn % 2 === 0 ? log.subarray(HEADER, HEADER + torn) : randomBytes(torn)]));
          open = await own().stage(staged, false, 1300);
        }
        await open.close();
        const source = await objects.open(staged);
        expect(source.size).toBe(size);
        // Some readers ask for several places at once.
        const found = await Promise.all(Array.from({ length: size }, (_, i) => readBytes(source, i, i + 40)));
        await source.close();
        expect(found.every((bytes, i) => expected.subarray(i, Math.min(i + 40, size)).equals(bytes))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('does not grow without end by pieces that come over and over again', async () => {
    const open = await own().stage(staged, true, 1 << 20);
    const piece = new Uint8Array(1 << 20);
    let count = 0;
    await expect(
      (async () => {
        for (; count < 100; count++) await open.write(0, piece);
      })(),
    ).rejects.toThrow('over and over again');
    expect(count).toBeGreaterThan(2);
    // What came before is kept.
    await open.sync();
    await open.close();
    expect((await readAll(objects, staged)).length).toBe(1 << 20);
  });

  it('is not read when one of its bits is another, it is cut off, or stands in the place of another', async () => {
    const bytes = randomBytes(3 * FRAME + 100);
    await own().write(key, bytes);
    const whole = readFileSync(path());
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Buffer.from(whole);
        changed[at] = (changed[at] as number) ^ (1 << bit);
        writeFileSync(path(), changed);
        // One that does not begin like an encrypted one is not taken for the one that was written either: its checksum is another.
        const read = await readAll(objects, key).catch((error) => error);
        if (at < 8) expect(Buffer.compare(read, bytes)).not.toBe(0);
        else expect(read).toBeInstanceOf(DamagedFile);
      }),
      { numRuns: 100 },
    );
    for (const length of [whole.length - 1, HEADER + 3 * (FRAME + TAG), HEADER + (FRAME + TAG), HEADER + TAG, HEADER]) {
      writeFileSync(path(), whole);
      truncateSync(path(), length);
      await expect(readAll(objects, key), `${length} bytes`).rejects.toThrow(DamagedFile);
    }
    const other = keyOf.dataset('246bacb3-b5bf-485b-a2e8-d1812b57eb63');
    writeFileSync(path(other), whole);
    await expect(readAll(objects, other)).rejects.toThrow(DamagedFile);
  });

  it('shows nothing of itself', async () => {
    await own().write(key, Buffer.from('something to hide '.repeat(10_000)));
    const open = await own().stage(staged, true, 1 << 20);
    await open.write(0, Buffer.from('something to hide '.repeat(10_000)));
    await open.close();
    for (const file of [path(), path(staged)]) expect(readFileSync(file).includes('hide')).toBe(false);
    // What was written before is read as it is.
    writeFileSync(path(), 'written before');
    expect(Buffer.from(await readAll(objects, key)).toString()).toBe('written before');
    expect(await objects.stat(key)).not.toHaveProperty('isEncrypted');
  });
});

describe('keys of projects', () => {
  it('are made on first use; of those that many make at a time each stays good, and one is used from then on', async () => {
    const stores = Array.from({ length: 8 }, () => openObjects(places));
    await Promise.all(
      stores.map((store, i) => store.of('shared').write(keyOf.dataset(`${i}46bacb3-b5bf-485b-a2e8-d1812b57eb63`), Buffer.from(`of ${i}`))),
    );
    const made = readdirSync(places.key_location);
    expect(new Set(made.map((name) => name.split('.')[0])).size).toBe(1);
    for (let i = 0; i < 8; i++)
      expect(Buffer.from(await readAll(objects, keyOf.dataset(`${i}46bacb3-b5bf-485b-a2e8-d1812b57eb63`))).toString()).toBe(`of ${i}`);
    await own().write(key, Buffer.from('of another'));
    await openObjects(places).of('shared').write(key, Buffer.from('of the same'));
    expect(readdirSync(places.key_location)).toHaveLength(made.length + 1);
    expect(await objects.destroyKey('shared')).toBe(true);
    expect(readdirSync(places.key_location)).toHaveLength(1);
  });

  it('can be destroyed; a project of the same id that comes later has another one', async () => {
    const later = keyOf.dataset('246bacb3-b5bf-485b-a2e8-d1812b57eb63');
    const elsewhere = openObjects(places);
    await own().write(key, Buffer.from('gone'));
    await elsewhere.of('own').write(later, Buffer.from('gone too'));
    expect(await objects.destroyKey('own')).toBe(true);
    expect(await objects.destroyKey('own')).toBe(false);
    for (const store of [objects, elsewhere]) await expect(readAll(store, key)).rejects.toThrow('was destroyed');
    await elsewhere.of('own').write(later, Buffer.from('of the new one'));
    expect(Buffer.from(await readAll(objects, later)).toString()).toBe('of the new one');
    await expect(readAll(objects, key)).rejects.toThrow('was destroyed');
  });

  it('are wrapped anew for another master key, without a change of the objects', async () => {
    await own().write(key, Buffer.from('stays'));
    const before = readFileSync(path());
    const next = { ...places, encryption_key: Buffer.alloc(32, 7).toString('base64') };
    await expect(verifyKeys(next)).rejects.toThrow('former_encryption_key');
    await expect(verifyKeys({ ...places, encryption_key: '' })).rejects.toThrow('set storage.encryption_key');
    const changing = { ...next, former_encryption_key: KEY };
    await verifyKeys(changing);
    await openObjects(changing).prepare();
    await verifyKeys(next);
    expect(Buffer.from(await readAll(openObjects(next), key)).toString()).toBe('stays');
    expect(readFileSync(path()).equals(before)).toBe(true);
    await expect(verifyKeys(places)).rejects.toThrow('is not the key that wraps');
  });

  it('are not taken when they were changed', async () => {
    await own().write(key, Buffer.from('of own'));
    const [name = ''] = readdirSync(places.key_location);
    const file = join(places.key_location, name);
    const text = readFileSync(file, 'utf8');
    for (const wrong of [text.replace('"own"', '"all"'), text.slice(0, -10), '', text.replace(/"id":"./, '"id":"x')]) {
      writeFileSync(file, wrong);
      await expect(verifyKeys(places)).rejects.toThrow(/damaged|is not the key/);
    }
  });
});

describe('the master key', () => {
  it('is given as it is, in a file, or by a command', async () => {
    const file = join(places.dataset_location, '..', 'master');
    writeFileSync(file, `${KEY}\n`);
    await own().write(key, Buffer.from('text'));
    for (const encryption_key of [
      KEY,
      KEY.toUpperCase(),
      Buffer.from(KEY, 'hex').toString('base64'),
      `file:${file}`,
      `command:cat '${file}'`,
    ])
      await verifyKeys({ ...places, encryption_key });
    // Threads are given the key itself, and no command.
    expect(openObjects({ ...places, encryption_key: `command:cat '${file}'` }).places).toMatchObject({ encryption_key: KEY });
    for (const [encryption_key, why] of [
      ['short', /no key of 32 bytes/],
      ['b'.repeat(63), /no key of 32 bytes/],
      ['file:/nowhere', /there is no key from file:\/nowhere/],
      ['command:exit 3', /there is no key from command:exit 3/],
      ['command:echo nothing', /no key of 32 bytes/],
    ] as const)
      expect(() => openObjects({ ...places, encryption_key }), encryption_key).toThrow(why);
    expect(existsSync(file)).toBe(true);
  });
});
