// What a security review did to a running server, and what has to happen instead. docs/security.md names these tests line by line.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { ClusterIO_MessageSchema, FileUpload_MessageSchema, toBase64 } from '@openhanami/contract';
import { BadRequest, Conflict, cluster, dataset, project, session, task, token as tokens, Unauthorized, user } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { newCluster, queueTraining, TEMPLATE, uploadDigits } from './digits.ts';
import { openDirect } from './direct-socket.ts';
import { useScratch } from './scratch.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const PASSPHRASE = 'a passphrase to look for';
const API = '/v1.0alpha';

let server: ServerProcess;
let address: string;
let admin: string;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_AUTH_LOGINS_PER_MINUTE: '0' });
  address = server.address;
  admin = await server.logIn();
  await project.createProject(admin, address, 'some_project', 'some project');
});
afterAll(() => server.remove());

const { start: another, temporary } = useScratch();

let count = 0;
async function member(role = 'member', on = { address, admin }): Promise<{ id: string; token: string }> {
  const id = `member_${++count}`;
  await user.createUser(on.admin, on.address, id, 'a member', PASSPHRASE);
  await user.addProjectToUser(on.admin, on.address, id, 'some_project', role);
  return { id, token: await tokens.requestToken(on.address, id, PASSPHRASE) };
}

const counts = (token: string) => async (): Promise<boolean> => (await server.call('GET', `${API}/cluster/all`, token)).status === 200;

/** An IDX file: magic of bytes in so many dimensions, the sizes, the bytes. */
function idx(
  sizes: readonly number[],
  bytes: Uint8Array = new Uint8Array(sizes.reduce((product, size) => product * size, 1)),
): Buffer<ArrayBuffer> {
  const header = Buffer.alloc(4 + 4 * sizes.length);
  header.writeUInt32BE(0x800 + sizes.length);
  for (const [i, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * i);
  return Buffer.concat([header, bytes]);
}

/** Asks for a token from one of this machine's own addresses. */
function logInFrom(localAddress: string, id: string, passphrase: string): Promise<number> {
  const { hostname, port } = new URL(address);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, localAddress, method: 'POST', path: `${API}/token`, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(JSON.stringify({ id, passphrase: toBase64(passphrase) }));
  });
}

describe('one GET', () => {
  it('of large pictures neither stops the server nor others', async () => {
    const { token } = await member();
    const side = 2048;
    const pictures = await dataset.uploadMnistFiles(
      token,
      address,
      'large pictures',
      new Blob([idx([2, side, side])]),
      new Blob([idx([2])]),
    );
    const query = new URLSearchParams({ uuid: pictures, reference_uuid: pictures, column_name: 'picture', reference_column: 'picture' });
    const answer = await server.call('GET', `${API}/dataset/evaluate?${query}`, token);
    // Of so many classes only the errors are told, and no matrix.
    expect([answer.status, (await answer.text()).length < 10_000]).toEqual([200, true]);
    const many = new URLSearchParams({ uuid: pictures, column_name: 'picture', number_of_rows: '2' });
    const content = await server.call('GET', `${API}/dataset/content?${many}`, token);
    expect([content.status, await content.text()]).toEqual([400, expect.stringContaining('1000000')]);
    expect(await counts(token)()).toBe(true);
  });
});

describe('a login in flight', () => {
  it.each<[string, (id: string) => Promise<unknown>]>([
    ['a deletion of its user', (id) => user.deleteUser(admin, address, id)],
    ['a reset of the passphrase', (id) => user.resetPassphrase(admin, address, id, 'quite another passphrase')],
  ])('does not outlive %s', async (_, end) => {
    const { id } = await member();
    const logins = Array.from({ length: 40 }, () => tokens.requestToken(address, id, PASSPHRASE).catch(() => undefined));
    await delay(30);
    await end(id);
    const given = (await Promise.all(logins)).filter((token) => token !== undefined);
    for (const token of given) expect(await counts(token)()).toBe(false);
  });
});

describe('a stranger on a websocket', () => {
  it('fills no memory, and is cut', async () => {
    const victim = await another();
    const { hostname, port } = new URL(victim.address);
    const before = victim.memory;
    const closed: Promise<unknown>[] = [];
    for (let i = 0; i < 40; i++) {
      const socket = connectSocket(Number(port), hostname);
      socket.on('error', () => {});
      socket.resume();
      closed.push(once(socket, 'close').catch(() => {}));
      await once(socket, 'connect');
      socket.write(
        'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      // The begin of a message of 16 MB, masked with zeros.
      const header = Buffer.alloc(14);
      header[0] = 0x81;
      header[1] = 0x80 | 127;
      header.writeBigUInt64BE(16_000_000n, 2);
      socket.write(header);
      socket.write(Buffer.alloc(15_000_000));
    }
    await Promise.all(closed);
    expect(victim.memory - before).toBeLessThan(200);
  });
});

describe('a template', () => {
  it.each([
    ['with a line of blanks', () => `version: 1\nhexagons:\n1,1,1\n2,1,1\ninputs:\na${' '.repeat(4000)}: 1,1,1 x\noutputs:\nb: 2,1,1\n`],
    ['with a million blanks', () => `version: 1\nhexagons:\n1,1,1\n2,1,1\ninputs:\na: 1,1,1${' '.repeat(700_000)}x\noutputs:\nb: 2,1,1\n`],
    ['with a great many ways', () => grid(22, 100)],
    ['with too many hexagons', () => grid(110, 1)],
    ['with too many connections', () => grid(60, 100)],
  ])('%s keeps nobody waiting', async (_, template) => {
    const { token } = await member();
    const answer = await server.call(
      'POST',
      `${API}/cluster`,
      token,
      JSON.stringify({ name: `cluster ${++count}`, template: toBase64(template()) }),
    );
    expect([200, 400]).toContain(answer.status);
    await newCluster(token, address, `cluster ${++count}`);
  });

  it('that takes long does not keep the server from its end', async () => {
    const { token } = await member();
    const table = await dataset.uploadCsvFiles(token, address, 'rows', new Blob([`a,b\n${'1,2\n3,4\n'.repeat(20_000)}`]));
    const { uuid } = await cluster.createCluster(token, address, 'large grid', grid(22, 100));
    const source = (column: string) => [{ dataset_uuid: table, dataset_column: column, hexagon_name: column }];
    await task.createTrainTask(token, address, 'long', uuid, source('a'), source('b'), 1, 50);
    await delay(1000);
    const begin = performance.now();
    await server.stop();
    expect(performance.now() - begin).toBeLessThan(15_000);
    await server.restart();
    address = server.address;
    admin = await server.logIn();
    await cluster.deleteCluster(admin, address, uuid);
  });
});

function grid(side: number, distance: number): string {
  const places = Array.from({ length: side * side }, (_, i) => `${1 + Math.floor(i / side)},${1 + (i % side)},1`);
  return `version: 1\nsettings:\nmax_connection_distance: ${distance}\nhexagons:\n${places.join('\n')}\ninputs:\na: 1,1,1\noutputs:\nb: ${side},${side},1\n`;
}

describe('a single call', () => {
  it('with very many results is refused by their number', async () => {
    const { token } = await member();
    const results = Array.from({ length: 60_000 }, (_, i) => ({ dataset_column: `c${i}`, hexagon_name: 'x' }));
    const input = { dataset_uuid: crypto.randomUUID(), dataset_column: 'a', hexagon_name: 'a' };
    const body = JSON.stringify({
      name: 'many results',
      cluster_uuid: crypto.randomUUID(),
      inputs: [input],
      results: results.slice(0, 20_000),
    });
    const answer = await server.call('POST', `${API}/task/request`, token, body);
    const text = await answer.text();
    expect([answer.status, text]).toEqual([400, expect.stringContaining('results')]);
    expect(text.length).toBeLessThan(2500);
  });

  it.each([
    ['without a token', undefined, 413],
    ['with a wrong token', 'wrong', 401],
  ])('%s is refused before its body is read', async (_, token, status) => {
    const path = token === undefined ? `${API}/token` : `${API}/cluster`;
    const answer = await server.call('POST', path, token, JSON.stringify({ id: 'x'.repeat(1_500_000) })).catch(() => undefined);
    if (answer) {
      expect(answer.status).toBe(status);
      expect((await answer.text()).length).toBeLessThan(2500);
    }
  });
});

describe('a thread', () => {
  /** Ids of the threads of a process whose names begin so. */
  const workersOf = ({ pid }: ServerProcess): string[] =>
    readdirSync(`/proc/${pid}/task`).filter((id) => readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').startsWith('hanami-worker'));

  it('that has nothing to do is left alone, however long it says nothing', async () => {
    const one = await another({ HANAMI_PROCESSING_THREAD_TIMEOUT: '6' });
    const token = await one.logIn();
    const uuid = await newCluster(token, one.address, 'quiet cluster');
    const digits = await uploadDigits(token, one.address, 'digits', 500);
    await task.waitForTask(token, one.address, await queueTraining(token, one.address, uuid, digits), uuid);
    const before = workersOf(one);
    expect(before.length).toBeGreaterThan(0);
    await delay(7000);
    expect(workersOf(one)).toEqual(before);
  });
});

describe('expansion', () => {
  it('of a small file ends at the quota, and leaves nothing', async () => {
    const victim = await another();
    const token = await victim.logIn();
    await project.createProject(token, victim.address, 'some_project', 'some project');
    await project.setQuota(token, victim.address, 'some_project', { dataset_bytes: 3_000_000 });
    const owner = await member('member', { address: victim.address, admin: token });
    const images = gzipSync(idx([80_000, 28, 28]));
    const labels = gzipSync(idx([80_000]));
    const upload = dataset.uploadMnistFiles(
      owner.token,
      victim.address,
      'zeros',
      new Blob([new Uint8Array(images)]),
      new Blob([new Uint8Array(labels)]),
    );
    await expect(upload).rejects.toThrowError(BadRequest);
    await expect(upload).rejects.toThrowError('larger than it may be');
    const { use } = await project.getQuota(token, victim.address, 'some_project');
    expect(use.dataset_bytes).toBe(0);
  });
});

describe('a quota', () => {
  it('holds for creates that come at once', async () => {
    await project.createProject(admin, address, 'small_project', 'small project');
    await project.setQuota(admin, address, 'small_project', { clusters: 1, dataset_bytes: 1000, checkpoint_bytes: 1000 });
    const { id } = await member();
    await user.addProjectToUser(admin, address, id, 'small_project', 'member');
    const { token } = await tokens.switchProject(await tokens.requestToken(address, id, PASSPHRASE), address, 'small_project');
    const many = <Answer>(work: (i: number) => Promise<Answer>) => Promise.allSettled(Array.from({ length: 12 }, (_, i) => work(i)));
    const made = await many((i) => cluster.createCluster(token, address, `cluster of many ${i}`, TEMPLATE));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const announce = (path: string) => (i: number) =>
      server.call('POST', `${API}${path}`, token, JSON.stringify({ name: `announced ${i}`, input_data_size: 400 }));
    for (const path of ['/dataset/upload/csv', '/checkpoint/upload']) {
      const statuses = (await many(announce(path))).map((answer) => (answer.status === 'fulfilled' ? answer.value.status : 0));
      expect(statuses.filter((status) => status === 200)).toHaveLength(2);
      expect(statuses.filter((status) => status === 409)).toHaveLength(10);
    }
  });

  it('does not go on growing by the socket of a deleted upload', async () => {
    const { token } = await member();
    const announced = await server.call(
      'POST',
      `${API}/dataset/upload/csv`,
      token,
      JSON.stringify({ name: 'deleted', input_data_size: 1e6 }),
    );
    const { uuid, uuid_input_file } = (await announced.json()) as { uuid: string; uuid_input_file: string };
    const socket = new WebSocket(address.replace('http', 'ws'));
    await once(socket, 'open');
    socket.send(JSON.stringify({ token, target: 'file_upload', uuid: uuid_input_file }));
    await once(socket, 'message');
    const closed = once(socket, 'close');
    await dataset.deleteDataset(token, address, uuid);
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1008, 'the upload was deleted']);
    expect(server.files('tempfiles').join()).not.toContain(uuid_input_file);
  });
});

describe('guesses', () => {
  it('of which a thousand come at once are tested a few times only', async () => {
    const { id } = await member();
    const statuses = await Promise.all(Array.from({ length: 1000 }, (_, i) => logInFrom('127.0.0.1', id, `wrong passphrase ${i}`)));
    const tested = statuses.filter((status) => status === 401).length;
    expect(tested).toBeGreaterThan(0);
    expect(tested).toBeLessThan(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(1000 - tested);
  });

  it('from elsewhere lock out neither the owner nor the neighbours', async () => {
    const { id } = await member();
    const other = await member();
    expect(await logInFrom('127.0.0.2', id, PASSPHRASE)).toBe(200);
    // The right one comes behind a hundred wrong ones, and is not even looked at.
    const guesses = Array.from({ length: 100 }, (_, i) => logInFrom('127.0.0.3', id, `wrong passphrase ${i}`));
    expect((await Promise.all([...guesses, logInFrom('127.0.0.3', id, PASSPHRASE)])).at(-1)).toBe(429);
    expect(await logInFrom('127.0.0.2', id, PASSPHRASE)).toBe(200);
    expect(await logInFrom('127.0.0.3', other.id, PASSPHRASE)).toBe(200);
  });
});

describe('a websocket', () => {
  it('obeys the policy', async () => {
    const policy = join(temporary(), 'policy');
    const shipped = readFileSync(join(import.meta.dirname, '../packages/server/policies/default'), 'utf8');
    // A role that may do all that a member may, but train and upload CSV files.
    const rules = shipped.split('\n').map((line, i, lines) => {
      const path = lines.slice(0, i).findLast((before) => /^\/?v1/.test(before)) ?? '';
      const closed = /- POST/.test(line) && /task\/train$|upload\/csv$/.test(path.trim());
      return /^\s*-/.test(line) && !closed && line.includes('member') ? `${line}, asker` : line;
    });
    writeFileSync(policy, rules.join('\n'));
    const guarded = await another({ HANAMI_AUTH_POLICIES: policy });
    const key = await guarded.logIn();
    await project.createProject(key, guarded.address, 'some_project', 'some project');
    const asker = await member('asker', { address: guarded.address, admin: key });
    const uuid = await newCluster(asker.token, guarded.address, 'not to be trained');
    await cluster.setMode(asker.token, guarded.address, uuid, 'DIRECT');
    const socket = await openDirect(guarded.address, asker.token, uuid);
    const closed = once(socket, 'close');
    const message = { bufferName: 'picture', isLast: false, processType: 1, numberOfValues: 1n, values: [1] };
    socket.send(toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, message)));
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1008, expect.stringContaining("the role 'asker' may not call POST /v1.0alpha/task/train")]);
  });
});

describe('a task that waits', () => {
  it('is refused when it starts, if its owner may not do it any more', async () => {
    const owner = await member();
    const digits = await uploadDigits(owner.token, address, 'digits', 2000);
    const uuid = await newCluster(owner.token, address, 'left behind');
    const sources = (column: string) => [{ dataset_uuid: digits, dataset_column: column, hexagon_name: column }];
    const first = await task.createTrainTask(owner.token, address, 'first', uuid, sources('picture'), sources('label'), 1, 1000);
    const second = await queueTraining(owner.token, address, uuid, digits, 'second');
    await user.removeProjectFromUser(admin, address, owner.id, 'some_project');
    await task.deleteTask(admin, address, first.uuid, uuid);
    await expect(task.waitForTask(admin, address, second, uuid)).rejects.toThrowError(
      "is not assigned to the project 'some_project' any more",
    );
  });
});

describe('sessions', () => {
  it('are listed, and ended by who began them or by an admin, with their tokens', async () => {
    const { id, token } = await member();
    const phone = await tokens.requestToken(address, id, PASSPHRASE);
    const renewed = (await tokens.switchProject(phone, address, 'some_project')).token;
    const { header, body } = await session.listSessions(token, address);
    expect(body).toHaveLength(2);
    const [uuid, current] = [header.indexOf('uuid'), header.indexOf('current')];
    const other = body.find((row) => row[current] !== true)?.[uuid];
    const stranger = await member();
    await expect(session.endSession(stranger.token, address, String(other))).rejects.toThrowError('there is no session');
    await expect(session.listSessions(stranger.token, address, { user: id })).rejects.toThrowError(Unauthorized);
    await session.endSession(token, address, String(other));
    for (const ended of [phone, renewed]) expect(await counts(ended)()).toBe(false);
    expect(await counts(token)()).toBe(true);
    const { body: left } = await session.listSessions(admin, address, { user: id });
    await session.endSession(admin, address, String(left[0]?.[uuid]));
    expect(await counts(token)()).toBe(false);
  });

  it('end with a logout, also after a restart', async () => {
    const one = await another();
    const token = await one.logIn();
    await session.logOut(token, one.address);
    const kept = await one.logIn();
    await one.stop();
    await one.restart();
    const status = async (key: string): Promise<number> => (await one.call('GET', `${API}/cluster/all`, key)).status;
    expect([await status(token), await status(kept)]).toEqual([401, 200]);
  });

  it('cannot be renewed for ever', async () => {
    const brief = await another({ HANAMI_AUTH_SESSION_LIMIT: '1' });
    const token = await brief.logIn();
    await tokens.switchProject(token, brief.address, 'admin');
    await delay(1100);
    await expect(tokens.switchProject(token, brief.address, 'admin')).rejects.toThrowError('auth.session_limit');
  });
});

describe('a passphrase', () => {
  it('that is new has eight characters, or as many as the setting says', async () => {
    await expect(user.createUser(admin, address, 'short_one', 'short one', '1234567')).rejects.toThrowError('auth.passphrase_length');
    await user.createUser(admin, address, 'long_enough', 'long enough', '12345678');
  });

  it('that was stolen elsewhere is refused where that is wanted, for the first admin too', async () => {
    const listed = { HANAMI_AUTH_REFUSE_BREACHED: 'true', HANAMI_ADMIN_PASSPHRASE: 'Password1' };
    await expect(another(listed)).rejects.toThrowError('HANAMI_ADMIN_PASSPHRASE stands in a list');
    const passphrase = 'of my own making';
    const one = await another({ ...listed, HANAMI_ADMIN_PASSPHRASE: passphrase });
    const key = await one.logIn({ id: ADMIN.id, passphrase });
    await expect(user.createUser(key, one.address, 'some_user', 'some user', 'asdfasdf')).rejects.toThrowError('auth.refuse_breached');
    await user.createUser(key, one.address, 'some_user', 'some user', 'another of their own');
  });

  it('of the first admin can be read from a file, so that no list of processes shows it', async () => {
    const file = join(temporary(), 'passphrase');
    writeFileSync(file, 'of my own making\n');
    const one = await another({ HANAMI_ADMIN_PASSPHRASE: '', HANAMI_ADMIN_PASSPHRASE_FILE: file });
    expect(await one.logIn({ id: ADMIN.id, passphrase: 'of my own making' })).toBeTruthy();
    expect(readFileSync(`/proc/${one.pid}/environ`, 'utf8')).not.toContain('of my own making');
    await expect(another({ HANAMI_ADMIN_PASSPHRASE: '', HANAMI_ADMIN_PASSPHRASE_FILE: `${file}s` })).rejects.toThrowError('cannot be read');
  });

  it('of the last admin is reset on the server, while it does not run', async () => {
    const one = await another();
    const token = await one.logIn();
    const reset = (input: string, id: string = ADMIN.id) =>
      spawnSync(process.execPath, [join(import.meta.dirname, '../packages/server/bin/hanami.js'), 'reset-passphrase', id], {
        encoding: 'utf8',
        input,
        env: { PATH: process.env['PATH'], ...one.place },
      });
    expect(reset('another passphrase\n').stderr).toContain('is in use by another server');
    await one.stop();
    expect(reset('short\n').stderr).toContain('auth.passphrase_length');
    expect(reset('another passphrase\n', 'nobody_here').stderr).toContain("there is no user 'nobody_here'");
    expect(reset('another passphrase\n').stdout).toContain("the passphrase of 'asdf' is another one now");
    await one.restart();
    expect((await one.call('GET', `${API}/cluster/all`, token)).status).toBe(401);
    await expect(one.logIn()).rejects.toThrowError(Unauthorized);
    expect(await one.logIn({ id: ADMIN.id, passphrase: 'another passphrase' })).toBeTruthy();
  });
});

describe('names', () => {
  it.each(['__proto__', 'constructor', 'toString'])('%s works like any other', async (name) => {
    const { token } = await member();
    const table = await dataset.uploadCsvFiles(token, address, 'odd names', new Blob([`${name},other\n${'1,2\n3,4\n'.repeat(50)}`]));
    const { description } = await dataset.getDataset(token, address, table);
    expect(Object.keys(description)).toEqual([name, 'other']);
    const template = `version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\n${name}: 1,1,1\noutputs:\nother: 3,1,1\n`;
    const { uuid } = await cluster.createCluster(token, address, `cluster ${++count}`, template);
    const source = (column: string) => [{ dataset_uuid: table, dataset_column: column, hexagon_name: column }];
    const training = await task.createTrainTask(token, address, 'training', uuid, source(name), source('other'));
    await task.waitForTask(token, address, training.uuid, uuid);
    const results = [{ dataset_column: name, hexagon_name: 'other' }];
    const request = await task.createRequestTask(token, address, 'request', uuid, source(name), results);
    await task.waitForTask(token, address, request.uuid, uuid);
    expect((await dataset.downloadDatasetContent(token, address, request.uuid, name, 3)).data).toHaveLength(3);
  });

  it('of users and projects differ in more than capital letters, and none is the server itself', async () => {
    await user.createUser(admin, address, 'Some_Body', 'somebody', PASSPHRASE);
    await expect(user.createUser(admin, address, 'some_body', 'somebody', PASSPHRASE)).rejects.toThrowError(Conflict);
    await expect(user.createUser(admin, address, 'hanami_init', 'somebody', PASSPHRASE)).rejects.toThrowError(BadRequest);
    await expect(project.createProject(admin, address, 'Some_Project', 'some project')).rejects.toThrowError(Conflict);
    await expect(project.createProject(admin, address, 'Admin', 'some project')).rejects.toThrowError(Conflict);
  });
});

describe('pages for those who watch', () => {
  it('ask for a token where one is set', async () => {
    const one = await another({ HANAMI_HTTP_METRICS_TOKEN: 'let me see' });
    for (const path of ['/metrics', '/docs/', '/openapi.json']) {
      const status = async (authorization?: string): Promise<number> =>
        (await fetch(one.address + path, authorization === undefined ? {} : { headers: { authorization } })).status;
      expect([await status(), await status('Bearer wrong')]).toEqual([401, 401]);
      expect([await status('Bearer let me see'), await status(`Basic ${btoa('anybody:let me see')}`)]).toEqual([200, 200]);
    }
    expect((await fetch(`${one.address}/health`)).status).toBe(200);
  });
});

describe('an upload', () => {
  it('message beyond what is announced is refused, and the connection goes on', async () => {
    const { token } = await member();
    const announced = await server.call('POST', `${API}/dataset/upload/csv`, token, JSON.stringify({ name: 'small', input_data_size: 10 }));
    const { uuid_input_file: uuid } = (await announced.json()) as { uuid_input_file: string };
    const socket = new WebSocket(address.replace('http', 'ws'));
    await once(socket, 'open');
    socket.send(JSON.stringify({ token, target: 'file_upload', uuid }));
    await once(socket, 'message');
    socket.send(toBinary(FileUpload_MessageSchema, create(FileUpload_MessageSchema, { position: 5n, data: new Uint8Array(10) })));
    const [answer] = await once(socket, 'message');
    expect(String(answer)).toContain('outside of the announced 10 bytes');
    socket.close();
  });
});

describe('the audit log', () => {
  it('tells how calls ended, from where, and what about; an admin who reads what is private; and shows what was removed', async () => {
    const one = await another({ HANAMI_AUDIT_FILE: 'audit.jsonl' });
    const key = await one.logIn();
    await project.createProject(key, one.address, 'some_project', 'some project');
    const owner = await member('member', { address: one.address, admin: key });
    const uuid = await newCluster(owner.token, one.address, 'private cluster');
    await one.logIn({ id: owner.id, passphrase: 'wrong passphrase' }).catch(() => {});
    await one.call('DELETE', `${API}/user?id=nobody_here`, key);
    await cluster.getCluster(owner.token, one.address, uuid);
    await cluster.getCluster(key, one.address, uuid);
    const answer = await one.call('GET', `${API}/audit_log`, key);
    const { header, body } = (await answer.json()) as { header: string[]; body: unknown[][] };
    const entries = body.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
    const endpoint = (path: string) => `v1.0alpha${path}`;
    expect(entries.slice(0, 4)).toMatchObject([
      { user_id: ADMIN.id, request_type: 'GET', endpoint: endpoint('/cluster'), status: 200, object: uuid, address: '127.0.0.1' },
      { user_id: ADMIN.id, request_type: 'DELETE', endpoint: endpoint('/user'), status: 404, object: 'nobody_here' },
      { user_id: owner.id, request_type: 'POST', endpoint: endpoint('/token'), status: 401 },
      { user_id: owner.id, request_type: 'POST', endpoint: endpoint('/cluster'), status: 200, object: uuid },
    ]);
    await one.stop();
    const lines = readFileSync(join(one.folder, 'audit.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).endpoint).reverse()).toEqual(entries.map((entry) => entry['endpoint']));
    expect(one.run('doctor')).toContain('nothing is damaged');
    one.execute('DELETE FROM audit_log WHERE key = 3');
    expect(() => one.run('doctor')).toThrowError('the audit log: entry 4 does not follow from the one before');
  });
});

describe('a CSV file', () => {
  it('has no column names that a spreadsheet takes for formulas, unless it is asked for', async () => {
    const { token } = await member();
    const names = ['=cmd()', '+one', '-two', '@three', 'four'];
    const uuid = await dataset.uploadCsvFiles(token, address, 'formulas', new Blob([`${names.join(',')}\n1,2,3,4,-5\n`]));
    const text = async (query = '', headers = {}): Promise<string> => {
      const url = `${address}${API}/dataset/download?uuid=${uuid}${query}`;
      return (await fetch(url, { headers: { 'x-auth-token': token, ...headers } })).text();
    };
    const guarded = `${names.map((name) => (name === 'four' ? name : `"'${name}"`)).join(',')}\n1,2,3,4,-5\n`;
    expect(await text()).toBe(guarded);
    expect(await text('', { range: 'bytes=3-' })).toBe(guarded.slice(3));
    expect(await text('', { range: 'bytes=-8' })).toBe(guarded.slice(-8));
    const plain = `${names.join(',')}\n1,2,3,4,-5\n`;
    expect(await text('&escape_formulae=false')).toBe(plain);
    expect(await text('&escape_formulae=false', { range: 'bytes=-30' })).toBe(plain.slice(-30));
  });
});
