// A server whose files are in a bucket: what it does, what it does when the store does not, and how files come there and back.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { client, dataset, task } from '@openhanami/sdk';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { answersOf, digitFiles, learnDigits, newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { PostgresServer, postgresPrograms } from './postgres-server.ts';
import { uploadBytes } from './raw-upload.ts';
import { S3Server } from './s3-server.ts';
import { useScratch } from './scratch.ts';
import { failureOf, runWith } from './server-process.ts';
import { rentals } from './table-server.ts';

const { start, temporary } = useScratch();
let s3: S3Server;
beforeAll(async () => {
  s3 = await S3Server.start();
});
afterEach(() => s3.resume());
afterAll(() => s3.remove());

const inBucket = (location = s3.newPlace(), more: Record<string, string> = {}): Record<string, string> => ({
  HANAMI_STORAGE_LOCATION: location,
  ...s3.variables,
  ...more,
});

describe('a server with its files in a bucket', () => {
  it('keeps none of them on its disk, and loses nothing by kill -9 in the middle of a training', async () => {
    const server = await start(inBucket(undefined, { HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' }));
    const { token, answered, uuid } = await learnDigits(server);
    const before = await answersOf(token, server.address, answered);
    const many = await uploadDigits(token, server.address, 'many digits', 3000);
    const growing = await newCluster(token, server.address, 'growing');
    const training = await queueTraining(token, server.address, growing, many, 'train', 10);
    await expect
      .poll(async () => (await task.getTask(token, server.address, training, growing)).current_cycle, { interval: 20 })
      .toBeGreaterThan(1000);
    await server.stop('SIGKILL');
    await server.restart();
    const again = await server.logIn();
    expect(await task.waitForTask(again, server.address, training, growing)).toMatchObject({ state: 'finished', current_cycle: 30_000 });
    expect(await answersOf(again, server.address, answered)).toEqual(before);
    expect(readdirSync(server.folder).filter((name) => !/^(hanami\.db.*|token\.key)$/.test(name))).toEqual([]);
    expect(server.run('doctor')).toContain('nothing is damaged');
    // A backup is a folder; it is restored into a bucket again.
    const copy = join(temporary(), 'copy');
    expect(server.run('backup', copy)).toContain('3 data sets, 2 clusters and 1 checkpoints');
    const used = { ...server.place, HANAMI_DATA: temporary(), HANAMI_DATABASE: 'hanami.db' };
    expect(failureOf(() => runWith(used, ['restore', copy]))).toContain('already; restore into another prefix');
    const target = inBucket(undefined, { HANAMI_DATA: temporary() });
    expect(runWith(target, ['restore', copy])).toContain('restored the database, 3 data sets');
    const restored = await start(target);
    const there = await restored.logIn();
    expect(await answersOf(there, restored.address, answered)).toEqual(before);
    await task.waitForTask(there, restored.address, await queueRequest(there, restored.address, uuid, many), uuid);
  });

  it('waits for a store that is gone for some seconds: no call fails, no cycle is lost', async () => {
    const server = await start(inBucket(undefined, { HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' }));
    const { token, digits, uuid } = await learnDigits(server, 2000);
    const training = await queueTraining(token, server.address, uuid, digits, 'train', 20);
    await expect
      .poll(async () => (await task.getTask(token, server.address, training, uuid)).current_cycle, { interval: 20 })
      .toBeGreaterThan(1000);
    await s3.stop();
    const upload = uploadDigits(token, server.address, 'meanwhile', 100);
    const rows = client({ address: server.address, token }).getDatasetRows({ uuid: digits, number_of_rows: 3 });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await s3.restart();
    expect((await rows).rows).toHaveLength(3);
    const meanwhile = await upload;
    expect(await task.waitForTask(token, server.address, training, uuid)).toMatchObject({ state: 'finished', current_cycle: 40_000 });
    expect((await dataset.getDataset(token, server.address, meanwhile)).number_of_rows).toBe(100);
  });

  it('tells of one that does not come back, and works on when it does', async () => {
    const server = await start(inBucket(undefined, { HANAMI_STORAGE_RETRY_TIME: '1' }));
    const { token, digits, uuid } = await learnDigits(server);
    const { address } = server;
    const { images, labels } = digitFiles(100, 3);
    await s3.stop();
    const failed = await queueTraining(token, address, uuid, digits);
    await expect(task.waitForTask(token, address, failed, uuid)).rejects.toThrowError('the object store cannot be used at the moment');
    const answer = await server.call('GET', `/v1.0alpha/dataset/download?uuid=${digits}&format=arrow`, token);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await answer.text()).toMatch(/the object store cannot be used at the moment \(.*\); try again in some seconds/);
    expect(failureOf(() => server.run('check'))).toMatch(/fault: the storage s3:\/\/hanami\/[^:]*: .*cannot be used/);
    await s3.restart();
    const uploaded = await dataset.uploadMnistFiles(token, address, 'afterwards', images, labels);
    expect((await task.waitForTask(token, address, await queueTraining(token, address, uuid, uploaded), uuid)).state).toBe('finished');
    expect(server.run('check')).toContain('all that a server needs is there');
  });

  it('needs a bucket that there is, a store, and keys: check says which of these is missing', () => {
    const asked = (more: Record<string, string>): string =>
      failureOf(() => runWith({ ...inBucket(), HANAMI_DATA: temporary(), HANAMI_STORAGE_RETRY_TIME: '1', ...more }, ['check']));
    expect(asked({ HANAMI_STORAGE_LOCATION: 's3://another' })).toContain('there is no such bucket; make it first');
    expect(asked({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' })).toMatch(
      /cannot be used: .*AWS_ENDPOINT_URL_S3 is http:\/\/127\.0\.0\.1:9/,
    );
    expect(asked({ HANAMI_STORAGE_LOCATION: 's3://' })).toContain('must be like s3://bucket/prefix');
    expect(asked({ AWS_ACCESS_KEY_ID: '', AWS_EC2_METADATA_DISABLED: 'true' })).toContain('how to reach it is not said');
    expect(asked({ AWS_ACCESS_KEY_ID: 'nobody' })).toContain('may not use it (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)');
  });
});

describe.skipIf(postgresPrograms() === undefined)('an installation', () => {
  let postgres: PostgresServer;
  beforeAll(() => {
    postgres = PostgresServer.start();
  });
  afterAll(() => postgres.remove());

  it('moves to PostgreSQL and a bucket, where its data folder may be lost, and back', async () => {
    const small = await start();
    const { token, answered, uuid, digits } = await learnDigits(small);
    const before = await answersOf(token, small.address, answered);
    // An upload that is not finished comes along.
    const text = Buffer.from(rentals(300, 5));
    const body = { name: 'rentals', input_data_size: text.length };
    const announced = await small.call('POST', '/v1.0alpha/dataset/upload/csv', token, JSON.stringify(body));
    const upload = (await announced.json()) as { uuid: string; uuid_input_file: string };
    await uploadBytes(token, small.address, upload.uuid_input_file, text.subarray(0, 5000));
    await small.stop();
    const [database, files] = [postgres.newDatabase(), s3.newPlace()];
    const migrate = (...args: string[]): string => runWith({ HANAMI_DATA: small.folder, ...s3.variables }, ['migrate', ...args]);
    expect(migrate('--files', files)).toMatch(/^copied \d+ files to s3:\/\/hanami\//);
    const copied = migrate(database, '--files', files);
    expect(copied).toMatch(
      /^copied 0 files to .*; \d+ were there already\ncopied \d+ rows to postgresql:.*\nset database and storage.location to these/,
    );

    const large = await start(inBucket(files, { HANAMI_DATABASE: database }));
    const there = await large.logIn();
    expect(await answersOf(there, large.address, answered)).toEqual(before);
    const { uploads } = await client({ address: large.address, token: there }).listUploads({});
    expect(uploads[0]?.files[0]?.received).toEqual([[0, 5000]]);
    await uploadBytes(there, large.address, upload.uuid_input_file, text);
    const { uuid: rows, uuid_input_file } = upload;
    const finished = await large.call('PUT', '/v1.0alpha/dataset/upload/csv', there, JSON.stringify({ uuid: rows, uuid_input_file }));
    expect([finished.status, await finished.text()]).toEqual([200, expect.any(String)]);
    await task.waitForTask(there, large.address, await queueTraining(there, large.address, uuid, digits), uuid);
    await large.stop();
    // What was worked out there is not written over by the installation of before.
    expect(failureOf(() => migrate('--files', files))).toMatch(/there is s3:.* already, and it is not the same/);
    // Another machine, with nothing on its disk.
    const other = await start(inBucket(files, { HANAMI_DATABASE: database }));
    const elsewhere = await other.logIn();
    const asked = await queueRequest(elsewhere, other.address, uuid, digits);
    await task.waitForTask(elsewhere, other.address, asked, uuid);
    const after = await answersOf(elsewhere, other.address, asked);
    expect(other.run('doctor')).toContain('nothing is damaged');
    await other.stop();

    const back = temporary();
    expect(other.run('migrate', join(back, 'hanami.db'), '--files', back)).toMatch(/copied \d+ files to /);
    const again = await start({ HANAMI_DATA: back });
    const home = await again.logIn();
    expect(await answersOf(home, again.address, asked)).toEqual(after);
    await task.waitForTask(home, again.address, await queueTraining(home, again.address, uuid, digits), uuid);
  });
});
