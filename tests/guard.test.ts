// What keeps strangers out and one user from harming the others. Each promise of docs/security.md has its test here.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cluster, dataset, project, token as tokens, user } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { greet, openDirect } from './direct-socket.ts';
import { useScratch } from './scratch.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const PASSPHRASE = 'a passphrase to look for';

let server: ServerProcess;
let address: string;
let admin: string;

beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_DEBUG: 'true' });
  address = server.address;
  admin = await server.logIn();
  await project.createProject(admin, address, 'some_project', 'some project');
});
afterAll(() => server.remove());

let count = 0;
async function member(projectId = 'some_project'): Promise<{ id: string; token: string }> {
  const id = `member_${++count}`;
  await user.createUser(admin, address, id, 'a member', PASSPHRASE);
  await user.addProjectToUser(admin, address, id, projectId, 'member');
  return { id, token: await tokens.requestToken(address, id, PASSPHRASE) };
}

/** Other servers, of single tests. */
const { start: another } = useScratch();

describe('a token ends', () => {
  const list = (token: string) => cluster.listClusters(token, address);

  it('when its user is deleted, also if one of the same name comes', async () => {
    const { id, token } = await member();
    await expect(list(token)).resolves.toBeDefined();
    await user.deleteUser(admin, address, id);
    await expect(list(token)).rejects.toThrowError('the token was revoked');
    await user.createUser(admin, address, id, 'another one', PASSPHRASE);
    await expect(list(token)).rejects.toThrowError('the token was revoked');
  });

  it('when its user loses the project, for that project', async () => {
    await project.createProject(admin, address, 'second_project', 'second');
    const { id, token } = await member();
    await user.addProjectToUser(admin, address, id, 'second_project', 'member');
    const second = (await tokens.switchProject(token, address, 'second_project')).token;
    await user.removeProjectFromUser(admin, address, id, 'some_project');
    await expect(list(token)).rejects.toThrowError('the token was revoked');
    await expect(list(second)).resolves.toBeDefined();
    await project.deleteProject(admin, address, 'second_project', true);
    await expect(list(second)).rejects.toThrowError('the token was revoked');
  });

  it('when the passphrase changes, also after a restart; and a websocket with it', async () => {
    const { id, token } = await member();
    const uuid = await newCluster(token, address, 'talks');
    await server.call('PUT', '/v1.0alpha/cluster/set_mode', token, JSON.stringify({ uuid, new_state: 'DIRECT' }));
    const socket = await openDirect(address, token, uuid);
    const closed = once(socket, 'close');
    await user.changePassphrase(token, address, PASSPHRASE, `${PASSPHRASE} anew`);
    const [code, reason] = await closed;
    expect([code, String(reason)]).toEqual([1008, 'the token was revoked']);
    await expect(list(token)).rejects.toThrowError('the token was revoked');
    await server.stop('SIGKILL');
    await server.restart();
    address = server.address;
    await expect(list(token)).rejects.toThrowError('the token was revoked');
    await expect(list(await tokens.requestToken(address, id, `${PASSPHRASE} anew`))).resolves.toBeDefined();
    admin = await server.logIn();
  });
});

describe('wrong passphrases', () => {
  it('delay the next login, longer each time, and only of that user; each try stands in the audit log', async () => {
    const other = await another({ HANAMI_AUTH_FAILED_LOGINS: '3' });
    const attempt = async (id: string, passphrase: string): Promise<Response> =>
      other.call('POST', '/v1.0alpha/token', undefined, JSON.stringify({ id, passphrase: Buffer.from(passphrase).toString('base64') }));
    for (let i = 0; i < 3; i++) expect((await attempt(ADMIN.id, 'wrong passphrase')).status).toBe(401);
    const delayed = await attempt(ADMIN.id, ADMIN.passphrase);
    expect(delayed.status).toBe(429);
    expect(Number(delayed.headers.get('retry-after'))).toBe(1);
    expect(await delayed.text()).toContain('too many wrong passphrases; try again in 1 second');
    await new Promise((next) => setTimeout(next, 1050));
    expect((await attempt(ADMIN.id, 'wrong passphrase')).status).toBe(401);
    expect(Number((await attempt(ADMIN.id, ADMIN.passphrase)).headers.get('retry-after'))).toBe(2);
    expect((await attempt('somebody_else', ADMIN.passphrase)).status).toBe(401);
    await new Promise((next) => setTimeout(next, 2050));
    const token = await other.logIn();
    const log = await other.call('GET', `/v1.0alpha/audit_log?user_id=${ADMIN.id}&page=0`, token);
    expect(((await log.json()) as { body: unknown[] }).body).toHaveLength(7);
  });
});

describe('a token that was stolen', () => {
  it('does not help to guess the passphrase', async () => {
    const { token } = await member();
    const guess = () => user.changePassphrase(token, address, 'a wrong passphrase', 'a new passphrase');
    for (let i = 0; i < 5; i++) await expect(guess()).rejects.toThrowError('the passphrase is wrong');
    await expect(guess()).rejects.toThrowError('there were too many wrong passphrases; try again in 1 second');
    await new Promise((next) => setTimeout(next, 1050));
    await expect(user.changePassphrase(token, address, PASSPHRASE, 'a new passphrase')).resolves.toBeDefined();
  });

  it('does not keep others from changing theirs, however many are stolen', async () => {
    for (let i = 0; i < 10; i++) {
      const { token } = await member();
      const guess = () => user.changePassphrase(token, address, 'a wrong passphrase', 'a new passphrase');
      for (let j = 0; j < 5; j++) await expect(guess()).rejects.toThrowError('the passphrase is wrong');
    }
    const { token } = await member();
    await expect(user.changePassphrase(token, address, PASSPHRASE, 'a new passphrase')).resolves.toBeDefined();
  });
});

describe('keys', () => {
  it('are rotated: tokens of the old key stay valid, new ones have the new', async () => {
    const before = readFileSync(join(server.folder, 'token.key'), 'utf8');
    const old = await server.logIn();
    const told = server.run('rotate-key');
    expect(told).toContain('has 2 keys now');
    process.kill(server.pid, 'SIGHUP');
    await expect.poll(() => server.log).toContain('token keys and certificate were read anew');
    await expect(cluster.listClusters(old, address)).resolves.toBeDefined();
    const fresh = await server.logIn();
    await expect(cluster.listClusters(fresh, address)).resolves.toBeDefined();
    const after = readFileSync(join(server.folder, 'token.key'), 'utf8');
    expect(after).toContain(before);
    expect(after.startsWith(before)).toBe(false);
  });
});

describe('the wire', () => {
  it('is plain on the loopback only', async () => {
    await expect(ServerProcess.start({ HANAMI_HTTP_IP: '0.0.0.0' })).rejects.toThrowError(
      'set http.certificate and http.key, or http.allow_insecure=true',
    );
    const open = await another({ HANAMI_HTTP_IP: '0.0.0.0', HANAMI_HTTP_ALLOW_INSECURE: 'true' });
    expect(open.address).toMatch(/^http:/);
  });

  it('is TLS with a certificate', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hanami-tls-'));
    try {
      const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
      const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-keyout',
          key,
          '-out',
          certificate,
          '-days',
          '1',
          ...subject,
        ],
        { stdio: 'ignore' },
      );
      const secure = await another({ HANAMI_HTTP_CERTIFICATE: certificate, HANAMI_HTTP_KEY: key, HANAMI_HTTP_IP: '0.0.0.0' });
      expect(secure.address).toMatch(/^https:/);
      const port = Number(new URL(secure.address).port);
      const [response] = await once(
        httpsRequest({ host: '127.0.0.1', port, path: '/health', ca: readFileSync(certificate) }).end(),
        'response',
      );
      expect(response.statusCode).toBe(200);
      expect(response.headers['strict-transport-security']).toContain('max-age');
      process.kill(secure.pid, 'SIGHUP');
      await expect.poll(() => secure.log).toContain('certificate were read anew');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('has headers for browsers, an id for each request, and no CORS unless it is set', async () => {
    const response = await server.call('GET', '/health', undefined, undefined, {
      origin: 'https://evil.example',
      'x-request-id': 'my-id.1',
    });
    const headers = Object.fromEntries(response.headers);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'x-request-id': 'my-id.1',
    });
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect((await server.call('GET', '/health', undefined, undefined, { 'x-request-id': 'a b' })).headers.get('x-request-id')).toMatch(
      /^[0-9a-f-]{36}$/,
    );
    const shared = await another({ HANAMI_HTTP_CORS_ORIGINS: 'https://good.example, https://fine.example' });
    const allowed = async (origin: string) =>
      (await shared.call('GET', '/health', undefined, undefined, { origin })).headers.get('access-control-allow-origin');
    expect([await allowed('https://fine.example'), await allowed('https://evil.example')]).toEqual(['https://fine.example', null]);
  });
});

describe('limits', () => {
  it('on calls a minute are for each user, and say when to come again', async () => {
    const small = await another({ HANAMI_HTTP_REQUESTS_PER_MINUTE: '20' });
    const token = await small.logIn();
    const statuses = await Promise.all(
      Array.from({ length: 30 }, async () => (await small.call('GET', '/v1.0alpha/cluster/all', token)).status),
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    const refused = await small.call('GET', '/v1.0alpha/cluster/all', token);
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect(await refused.text()).toContain('more than 20 calls in a minute');
    expect((await small.call('GET', '/health')).status).toBe(200);
  });

  it('on headers, connections and slow requests cut who goes beyond', async () => {
    const small = await another({
      HANAMI_HTTP_HEADER_LIMIT: '2048',
      HANAMI_HTTP_CONNECTIONS_PER_ADDRESS: '20',
      HANAMI_HTTP_REQUEST_TIMEOUT: '1',
    });
    expect((await small.call('GET', `/v1.0alpha/cluster/all?x=${'y'.repeat(3000)}`)).status).toBe(431);
    const port = Number(new URL(small.address).port);
    let cut = 0;
    const sockets = Array.from({ length: 60 }, () =>
      connectSocket(port, '127.0.0.1')
        .on('error', () => {})
        .on('close', () => cut++),
    );
    await expect.poll(() => cut).toBeGreaterThanOrEqual(40);
    for (const socket of sockets) socket.destroy();
    await expect.poll(async () => (await small.call('GET', '/health').catch(() => undefined))?.status).toBe(200);
    // One byte a second.
    const slow = connectSocket(port, '127.0.0.1').on('error', () => {});
    const writing = setInterval(() => slow.write('G'), 1000);
    await new Promise((closed) => slow.once('close', closed));
    clearInterval(writing);
  });

  it('on uploads are told when these are announced', async () => {
    const small = await another({ HANAMI_HTTP_UPLOAD_LIMIT: '100000' });
    const token = await small.logIn();
    const announced = (size: number) =>
      small.call('POST', '/v1.0alpha/dataset/upload/csv', token, JSON.stringify({ name: `table ${size}`, input_data_size: size }));
    expect((await announced(100_000)).status).toBe(200);
    const refused = await announced(100_001);
    expect([refused.status, await refused.text()]).toEqual([413, expect.stringContaining('http.upload_limit')]);
    expect((await dataset.listDatasets(token, small.address)).body).toEqual([]);
    const checkpoint = JSON.stringify({ name: 'checkpoint', input_data_size: 1e9 });
    expect((await small.call('POST', '/v1.0alpha/checkpoint/upload', token, checkpoint)).status).toBe(413);
  });

  it('on websockets are for each user; one that does not read is cut', async () => {
    const small = await another({ HANAMI_HTTP_WEBSOCKETS_PER_USER: '2', HANAMI_HTTP_PING_INTERVAL: '1' });
    const token = await small.logIn();
    const uuid = await newCluster(token, small.address, 'talks');
    await small.call('PUT', '/v1.0alpha/cluster/set_mode', token, JSON.stringify({ uuid, new_state: 'DIRECT' }));
    const open = () => greet(small.address, token, uuid);
    const first = await open();
    const second = await open();
    expect([first.welcome['success'], second.welcome['success']]).toEqual([true, true]);
    expect((await open()).welcome['error']).toContain('you have 2 open websockets already');
    first.socket.pause();
    const closed = once(first.socket, 'close');
    setTimeout(() => first.socket.resume(), 4000);
    await closed;
    expect((await open()).welcome['success']).toBe(true);
    second.socket.close();
  });

  it('on a project are its quota', async () => {
    await project.createProject(admin, address, 'small_project', 'small');
    const { token } = await member('small_project');
    const set = await project.setQuota(admin, address, 'small_project', { clusters: 1, queued_tasks: 1, dataset_bytes: 1_000_000 });
    expect(set).toMatchObject({
      clusters: 1,
      memory: null,
      dataset_bytes: 1_000_000,
      queued_tasks: 1,
      use: { clusters: 0, dataset_bytes: 0 },
    });
    const uuid = await newCluster(token, address, 'first');
    await expect(newCluster(token, address, 'second')).rejects.toThrowError("the project 'small_project' may have 1 clusters, and has 1");
    const digits = await uploadDigits(token, address, 'few digits', 1000);
    await expect(uploadDigits(token, address, 'many digits', 1000)).rejects.toThrowError('bytes in data sets');
    await queueTraining(token, address, uuid, digits);
    await expect(Promise.all([1, 2, 3].map(() => queueTraining(token, address, uuid, digits)))).rejects.toThrowError(
      'tasks that wait or run',
    );
    // A result counts before it is written.
    await expect.poll(async () => (await project.getQuota(admin, address, 'small_project')).use.queued_tasks).toBe(0);
    const before = (await project.getQuota(admin, address, 'small_project')).use.dataset_bytes;
    await project.setQuota(admin, address, 'small_project', { dataset_bytes: before + 1000 * 10 * 4 - 1 });
    await expect(queueRequest(token, address, uuid, digits)).rejects.toThrowError('bytes in data sets');
    const { use } = await project.getQuota(admin, address, 'small_project');
    expect(use.clusters).toBe(1);
    expect(use.memory).toBeGreaterThan(0);
    expect(use.dataset_bytes).toBeGreaterThan(784_000);
    await project.setQuota(admin, address, 'small_project', { clusters: null });
    await expect(newCluster(token, address, 'second')).resolves.toBeDefined();
    await expect(project.setQuota(token, address, 'small_project', { clusters: 9 })).rejects.toThrowError();
  });

  it('on memory: idle clusters leave it and come back as they were; what does not fit is refused', async () => {
    const small = await another({ HANAMI_PROCESSING_MEMORY_LIMIT: '12', HANAMI_PROCESSING_WORKERS: '1' });
    const token = await small.logIn();
    const digits = await uploadDigits(token, small.address, 'digits', 300);
    const uuids: string[] = [];
    for (let i = 0; i < 12; i++) {
      const uuid = await newCluster(token, small.address, `cluster ${i}`);
      uuids.push(uuid);
      const training = await queueTraining(token, small.address, uuid, digits);
      await expect
        .poll(
          async () => (await (await small.call('GET', `/v1.0alpha/task?uuid=${training}&cluster_uuid=${uuid}`, token)).json()) as object,
        )
        .toMatchObject({ state: 'finished' });
    }
    const memories = await Promise.all(uuids.map(async (uuid) => (await cluster.getCluster(token, small.address, uuid)).memory));
    expect(memories.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThan(12 * 2 ** 20);
    const metrics = await (await small.call('GET', '/metrics')).text();
    const held = [...metrics.matchAll(/^hanami_cluster_memory_bytes\{.*\} (\d+)/gm)].reduce((sum, [, bytes]) => sum + Number(bytes), 0);
    expect(held).toBeLessThanOrEqual(12 * 2 ** 20);
    for (const uuid of uuids) {
      const saved = await cluster.saveCluster(token, small.address, `saved ${uuid}`, uuid);
      expect(saved.uuid).toBeDefined();
    }
    const tiny = await another({ HANAMI_PROCESSING_MEMORY_LIMIT: '1', HANAMI_PROCESSING_WORKERS: '32' });
    const refused = await tiny.call('POST', '/v1.0alpha/cluster', await tiny.logIn(), JSON.stringify({ name: 'too large' }));
    expect([refused.status, await refused.text()]).toEqual([507, expect.stringContaining('processing.memory_limit')]);
    expect((await tiny.call('GET', '/health')).status).toBe(200);
  });
});

it('no secret stands in the log', async () => {
  await expect(tokens.requestToken(address, 'some_user', 'another secret passphrase')).rejects.toThrowError();
  await expect(dataset.listDatasets('a.false.token', address)).rejects.toThrowError();
  const own = await server.logIn();
  const secrets = [PASSPHRASE, 'another secret passphrase', ADMIN.passphrase, own, admin, 'a.false.token'];
  for (const secret of [...secrets, ...secrets.map((text) => Buffer.from(text).toString('base64'))])
    expect(server.log).not.toContain(secret);
  for (const line of readFileSync(join(server.folder, 'token.key'), 'utf8').split('\n')) {
    const [key = ''] = line.split(' ');
    if (key !== '') expect(server.log).not.toContain(key);
  }
});
