// Encryption at rest: a server with storage.encryption_key, and the commands around it.
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkpoint, client, cluster, dataset, project, type Stream, table, task } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { answersOf, learnDigits, newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { uploadBytes } from './raw-upload.ts';
import { useScratch } from './scratch.ts';
import { failureOf, runServer, runWith, type ServerProcess } from './server-process.ts';
import { rentals } from './table-server.ts';

const { start, temporary } = useScratch();
const newKey = (): string => randomBytes(32).toString('hex');
const encryptedBy = (key: string) => ({ HANAMI_STORAGE_ENCRYPTION_KEY: key });

/** Text that stands in each file of the tests, and the beginnings of the formats of files. */
const PLAIN = ['note 7, of', 'ARROW1', 'hired'];

/** The files in which one of these texts stands. */
function filesWith(server: ServerProcess, ...texts: string[]): string[] {
  return server.everyFile().filter((file) => {
    const bytes = readFileSync(file);
    return texts.some((text) => bytes.includes(text) || bytes.includes(Buffer.from(text).toString('base64').slice(0, 8)));
  });
}

/** All bytes of a download. */
const bytesOf = async (stream: Promise<Stream>): Promise<Buffer<ArrayBuffer>> =>
  Buffer.from(await new Response((await stream).bytes).arrayBuffer());

describe('a server that encrypts its files', () => {
  it('does all that one does which does not, also after a crash in the middle of an upload and of a training', async () => {
    const key = newKey();
    const server = await start({ ...encryptedBy(key), HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
    const text = Buffer.from(rentals(3000, 5));
    const body = { name: 'rentals', input_data_size: text.length };
    const announced = await server.call('POST', '/v1.0alpha/dataset/upload/csv', await server.logIn(), JSON.stringify(body));
    const { uuid, uuid_input_file } = (await announced.json()) as Record<string, string>;
    const half = text.length >> 1;
    await uploadBytes(await server.logIn(), server.address, String(uuid_input_file), text.subarray(0, half));
    expect(server.files('tempfiles')).toHaveLength(1);
    expect(filesWith(server, ...PLAIN)).toEqual([]);
    await server.stop('SIGKILL');
    await server.restart();
    const token = await server.logIn();
    const { address } = server;
    const api = client({ address, token });
    const { uploads } = await api.listUploads({});
    // How much of it is known depends on when exactly the server was killed.
    const received = uploads[0]?.files[0]?.received ?? [];
    expect(received.every(([from, to]) => from === 0 && to <= half)).toBe(true);
    await uploadBytes(token, address, String(uuid_input_file), text);
    const finished = await server.call('PUT', '/v1.0alpha/dataset/upload/csv', token, JSON.stringify({ uuid, uuid_input_file }));
    expect([finished.status, await finished.text()]).toEqual([200, expect.any(String)]);
    const { rows } = await api.getDatasetRows({ uuid: String(uuid), number_of_rows: 3 });
    expect(rows.map((row) => row[3])).toEqual(['note 0, of 5', 'note 1, of 5', 'note 2, of 5']);
    const learnt = await table.learnDataset(token, address, String(uuid), { target: 'hired', passes: 2 });
    const of = learnt.cluster.uuid;
    const predicted = await api.predictRows({ cluster_uuid: of, rows: [{ warm: 20, sky: 'sun' }] });
    const saved = await cluster.saveCluster(token, address, 'saved', of);
    const digits = await uploadDigits(token, address, 'digits', 3000);
    const growing = await newCluster(token, address, 'growing');
    const training = await queueTraining(token, address, growing, digits);
    expect(filesWith(server, ...PLAIN)).toEqual([]);
    await server.stop('SIGKILL');
    await server.restart();
    const [here, again] = [server.address, await server.logIn()];
    await task.waitForTask(again, here, training, growing);
    await cluster.restoreCluster(again, here, saved.uuid, of);
    expect(await client({ address: here, token: again }).predictRows({ cluster_uuid: of, rows: [{ warm: 20, sky: 'sun' }] })).toEqual(
      predicted,
    );
    // What is downloaded is as it was before; a checkpoint of another server is kept encrypted too.
    const downloaded = await bytesOf(checkpoint.downloadCheckpoint(again, here, saved.uuid));
    const other = await checkpoint.uploadCheckpoint(again, here, 'uploaded', new Blob([downloaded]));
    expect((await checkpoint.getCheckpoint(again, here, other)).size).toBe(downloaded.length);
    expect((await bytesOf(dataset.downloadDataset(again, here, String(uuid)))).toString()).toContain('note 7, of 5');
    expect(filesWith(server, ...PLAIN)).toEqual([]);
    expect(server.files('keys')).toHaveLength(1);
    expect(server.run('doctor')).not.toContain('not encrypted');
  });

  it('takes the pieces of an upload from many connections that come at once', async () => {
    const server = await start(encryptedBy(newKey()));
    const token = await server.logIn();
    const text = Buffer.from(rentals(3000, 6));
    for (let turn = 0; turn < 5; turn++) {
      const body = { name: `rentals ${turn}`, input_data_size: text.length };
      const announced = await server.call('POST', '/v1.0alpha/dataset/upload/csv', token, JSON.stringify(body));
      const { uuid, uuid_input_file } = (await announced.json()) as Record<string, string>;
      await Promise.all(Array.from({ length: 8 }, () => uploadBytes(token, server.address, String(uuid_input_file), text)));
      const finished = await server.call('PUT', '/v1.0alpha/dataset/upload/csv', token, JSON.stringify({ uuid, uuid_input_file }));
      expect([finished.status, await finished.text()]).toEqual([200, expect.any(String)]);
    }
  });

  it('keeps the key from others', async () => {
    const key = newKey();
    const server = await start(encryptedBy(key));
    await learnDigits(server);
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const file = `/proc/${pid}/cmdline`;
      expect(existsSync(file) ? readFileSync(file, 'latin1') : '').not.toContain(key);
    }
    expect(server.log).not.toContain(key);
    const shown = runWith({ ...server.place, ...encryptedBy(key) }, ['--check-config']);
    expect([shown.includes(key), shown.includes('"encryption_key": "***"')]).toEqual([false, true]);
    expect(filesWith(server, key)).toEqual([]);
  });

  it('does not start without its key, or with another one; a changed key is taken with the one before', async () => {
    const [first, second] = [newKey(), newKey()];
    const server = await start(encryptedBy(first));
    const { uuid, digits, token, answered } = await learnDigits(server);
    const before = await answersOf(token, server.address, answered);
    await server.stop();
    const settings = server.settings;
    for (const [wrong, why] of [
      [{ HANAMI_STORAGE_ENCRYPTION_KEY: '' }, 'set storage.encryption_key'],
      [encryptedBy(second), 'storage.former_encryption_key'],
      [encryptedBy('letmein'), 'no key of 32 bytes'],
    ] as const) {
      server.settings = { ...settings, ...wrong };
      await expect(server.restart()).rejects.toThrowError(why);
      for (const command of ['doctor', 'check'])
        expect(
          failureOf(() => server.run(command)),
          command,
        ).toContain(why);
    }
    const [file = ''] = server.files('datasets');
    const bytes = readFileSync(server.fileOf('datasets', file));
    server.settings = { ...settings, ...encryptedBy(second), HANAMI_STORAGE_FORMER_ENCRYPTION_KEY: first };
    await server.restart();
    await server.stop();
    server.settings = { ...settings, ...encryptedBy(second) };
    await server.restart();
    expect(readFileSync(server.fileOf('datasets', file)).equals(bytes)).toBe(true);
    expect(await answersOf(token, server.address, answered)).toEqual(before);
    await task.waitForTask(token, server.address, await queueTraining(token, server.address, uuid, digits), uuid);
  });

  it('encrypts what was there before, and decrypts it again', async () => {
    const off = { HANAMI_STORAGE_ENCRYPTION_KEY: '' };
    const server = await start(off);
    const { uuid, token, digits, answered } = await learnDigits(server);
    const before = await answersOf(token, server.address, answered);
    const on = { ...server.settings, ...encryptedBy(newKey()) };
    await server.stop();
    expect(failureOf(() => server.run('encrypt'))).toContain('storage.encryption_key is not set');
    // Without the command, only what is written from now on is encrypted.
    server.settings = on;
    await server.restart();
    expect(failureOf(() => server.run('encrypt'))).toMatch(/in use|another server/);
    expect(await answersOf(token, server.address, answered)).toEqual(before);
    await task.waitForTask(token, server.address, await queueTraining(token, server.address, uuid, digits), uuid);
    expect(server.run('doctor')).toContain('plain: 3 files are not encrypted yet');
    await server.stop();
    expect(server.run('encrypt')).toContain('encrypted 3 files; 1 were so already');
    expect(server.run('encrypt')).toContain('encrypted 0 files; 4 were so already');
    expect(filesWith(server, 'ARROW1')).toEqual([]);
    expect(server.run('doctor')).not.toContain('plain');
    await server.restart();
    expect(await answersOf(token, server.address, answered)).toEqual(before);
    await server.stop();
    expect(server.run('decrypt')).toContain('decrypted 4 files; 0 were so already');
    server.settings = { ...on, ...off };
    await server.restart();
    expect(await answersOf(token, server.address, answered)).toEqual(before);
    expect(filesWith(server, 'ARROW1')).toHaveLength(2);
    expect(server.run('doctor')).toContain('nothing is damaged');
  });

  it('forgets the key of a project with it, and at the command of an administrator', async () => {
    const server = await start(encryptedBy(newKey()));
    const { token } = await learnDigits(server);
    const { address } = server;
    await project.createProject(token, address, 'doomed', 'doomed project');
    const inDoomed = (await client({ address, token }).renewToken({ project_id: 'doomed' })).token;
    const digits = await dataset.uploadTable(inDoomed, address, 'rentals', new Blob([rentals(100, 1)]));
    expect(server.files('keys')).toHaveLength(2);
    await project.deleteProject(token, address, 'doomed', true);
    expect(server.files('keys')).toHaveLength(1);
    expect(existsSync(server.fileOf('datasets', `${digits}.arrow`))).toBe(false);
    expect(failureOf(() => server.run('destroy-key', 'admin'))).toMatch(/in use|another server/);
    await server.stop();
    expect(failureOf(() => server.run('destroy-key', 'nobody'))).toContain("the project 'nobody' has no key");
    expect(server.run('destroy-key', 'admin')).toContain("the key of the project 'admin' is gone");
    const told = failureOf(() => server.run('doctor'));
    expect(told).toMatch(/4 things are damaged/);
    expect(told).toContain('was destroyed; nobody can read it any more');
    expect(server.run('decrypt')).toContain(
      'decrypted 0 files; 0 were so already; 4 cannot be read: hanami doctor tells which. The keys stay',
    );
    // The server works on, and what is new has a new key.
    await server.restart();
    const again = await server.logIn();
    const anew = await uploadDigits(again, server.address, 'anew', 300);
    const growing = await newCluster(again, server.address, 'anew');
    await task.waitForTask(again, server.address, await queueTraining(again, server.address, growing, anew), growing);
  });

  it('is backed up as it is, and restored with the same key', async () => {
    const key = newKey();
    const server = await start(encryptedBy(key));
    const { token, answered, uuid, digits } = await learnDigits(server);
    const before = await answersOf(token, server.address, answered);
    const copy = join(temporary(), 'copy');
    expect(server.run('backup', copy)).toContain('backed up the database, 2 data sets, 1 clusters and 1 checkpoints');
    for (const name of readdirSync(join(copy, 'datasets')))
      expect(readFileSync(join(copy, 'datasets', name)).includes('ARROW1')).toBe(false);
    const target = temporary();
    const database = server.settings['HANAMI_DATABASE'] === undefined ? {} : { HANAMI_DATABASE: join(target, 'hanami.db') };
    expect(runServer(target, 'restore', copy)).toContain('restored the database, 2 data sets');
    const restored = await start({ HANAMI_DATA: target, ...database, ...encryptedBy(key) });
    const there = await restored.logIn();
    expect(await answersOf(there, restored.address, answered)).toEqual(before);
    await task.waitForTask(there, restored.address, await queueRequest(there, restored.address, uuid, digits), uuid);
  });
});
