// What those who run a server look at: logs, the machine, numbers for Prometheus, the API page, the policy.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { API_PREFIX, eachEndpoint } from '@openhanami/contract';
import { cluster, dataset, logs, machine, project, task, token as tokens, Unauthorized, user } from '@openhanami/sdk';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const PASSPHRASE = 'passphrase';

let folder: string;
let server: ServerProcess;
let admin: string;
let member: string;
let address: string;
let policy: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hanami-operations-'));
  policy = join(folder, 'policy');
  writeFileSync(policy, readFileSync(join(import.meta.dirname, '../packages/server/policies/default')));
  server = await ServerProcess.start({ HANAMI_AUTH_POLICIES: policy });
  address = server.address;
  admin = await server.logIn();
  await project.createProject(admin, address, 'some_project', 'some project');
  await user.createUser(admin, address, 'member', 'a member', PASSPHRASE);
  await user.addProjectToUser(admin, address, 'member', 'some_project', 'member');
  member = await tokens.requestToken(address, 'member', PASSPHRASE);
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe('the audit log', () => {
  it('notes every call that is no GET, the newest first', async () => {
    const { uuid } = await cluster.createCluster(member, address, 'noted cluster');
    await cluster.getCluster(member, address, uuid);
    await cluster.deleteCluster(member, address, uuid);
    const { header, body } = await logs.getAuditLog(member, address);
    expect(header).toEqual(['created_at', 'user_id', 'endpoint', 'request_type', 'status', 'address', 'object']);
    expect(body.slice(0, 3).map((row) => row.slice(1, 4))).toEqual([
      ['member', 'v1.0alpha/cluster', 'DELETE'],
      ['member', 'v1.0alpha/cluster', 'POST'],
      ['member', 'v1.0alpha/token', 'POST'],
    ]);
  });

  it('shows members their own entries, admins all, or those of a user', async () => {
    const users = async (token: string, filter: logs.LogFilter) =>
      new Set((await logs.getAuditLog(token, address, filter)).body.map((row) => row[1]));
    expect(await users(member, {})).toEqual(new Set(['member']));
    expect(await users(member, { user_id: 'member' })).toEqual(new Set(['member']));
    await expect(logs.getAuditLog(member, address, { user_id: 'asdf' })).rejects.toThrowError(Unauthorized);
    expect(await users(admin, {})).toEqual(new Set(['member', 'asdf']));
    expect(await users(admin, { user_id: 'member' })).toEqual(new Set(['member']));
  });

  it('notes logins that fail', async () => {
    await expect(tokens.requestToken(address, 'burglar', 'some passphrase')).rejects.toThrowError(Unauthorized);
    expect((await logs.getAuditLog(admin, address, { user_id: 'burglar' })).body).toHaveLength(1);
  });

  it('has pages of a hundred, and takes the calls of old clients', async () => {
    for (let i = 0; i < 110; i++) await tokens.switchProject(member, address, 'some_project');
    const all = await logs.getAuditLog(member, address, { page: 0 });
    expect(all.body).toHaveLength(100);
    expect((await logs.getAuditLog(member, address, { page: 1 })).body.length).toBeGreaterThan(10);
    expect((await logs.getAuditLog(member, address, { page: 99 })).body).toEqual([]);
    // Doubled slashes and a doubled question mark, as the Go SDK sends them.
    const old = await server.call('GET', '//v1.0alpha/audit_log??page=0', member);
    expect([old.status, ((await old.json()) as { body: unknown[] }).body]).toEqual([200, all.body]);
  });
});

describe('the error log', () => {
  it('has what went wrong inside, with the id that the client saw, and no secrets', async () => {
    const digits = await uploadDigits(member, address, 'digits', 50);
    // A file that vanishes is nothing that a client did wrong.
    rmSync(server.fileOf('datasets', `${digits}.arrow`));
    const broken = await dataset.downloadDatasetContent(member, address, digits, 'label').then(
      () => '',
      (error: Error) => error.message,
    );
    const [, id = ''] = /^internal error ([0-9a-f-]{36})$/.exec(broken) ?? [];
    expect(id).not.toBe('');
    const { header, body } = await logs.getErrorLog(admin, address);
    expect(header).toEqual(['created_at', 'user_id', 'component', 'context', 'input_values', 'message']);
    const [, who, component, context, input, message] = body[0] ?? [];
    expect([who, component, context]).toEqual(['member', 'http', 'GET /v1.0alpha/dataset/content']);
    expect(input).toContain(digits);
    expect(message).toContain(id);
    expect(server.log).toContain(id);
    expect((await logs.getErrorLog(admin, address, { user_id: 'nobody' })).body).toEqual([]);
    await expect(logs.getErrorLog(member, address)).rejects.toThrowError(Unauthorized);
  });

  it('has tasks that failed for no fault of their user', async () => {
    const digits = await uploadDigits(member, address, 'digits', 50);
    const uuid = await newCluster(member, address, 'broken cluster');
    rmSync(server.fileOf('datasets', `${digits}.arrow`));
    const training = await queueTraining(member, address, uuid, digits);
    await expect(task.waitForTask(member, address, training, uuid)).rejects.toThrowError(/failed: internal error/);
    await expect
      .poll(async () => (await logs.getErrorLog(admin, address)).body[0]?.slice(1, 4))
      .toEqual(['member', 'task queue', `task ${training}`]);
  });
});

describe('the machine', () => {
  it('tells cores, memory and threads as they are', async () => {
    const { info } = await machine.systemInfo(member, address);
    const threads = readFileSync('/proc/cpuinfo', 'utf8').match(/^processor/gm)?.length;
    expect(info).toMatchObject({ cpu: { threads }, memory: { total_bytes: expect.any(Number) } });
    const { thread_map } = await machine.threading(member, address);
    expect(Object.keys((thread_map as { threads: object }).threads)).toContain(String(server.pid));
  });

  it.each([
    ['speed', async () => (await machine.speed(member, address)).current_speed],
    ['power', async () => (await machine.powerConsumption(member, address)).power],
    ['temperature', async () => (await machine.temperature(member, address)).temperature],
  ])('tells its %s, or why it cannot', async (_, look) => {
    const reading = await look();
    if (reading['available'] === false) expect(reading['reason']).toEqual(expect.stringMatching(/.{10,}/));
    else expect(reading).toMatchObject({ available: true, unit: expect.any(String) });
  });
});

describe('the numbers for Prometheus', () => {
  const value = async (name: string): Promise<number> => {
    const text = await (await server.call('GET', '/metrics')).text();
    const line = text.split('\n').find((candidate) => candidate.startsWith(name));
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ')));
  };

  it('count requests, cycles, tasks, clusters, memory and websockets', async () => {
    const digits = await uploadDigits(member, address, 'digits', 500);
    const uuid = await newCluster(member, address, 'counted cluster');
    const before = await value('hanami_cycles_total{kind="train"}');
    await task.waitForTask(member, address, await queueTraining(member, address, uuid, digits), uuid);
    expect((await value('hanami_cycles_total{kind="train"}')) - before).toBe(500);
    expect(await value('hanami_tasks{state="queued"}')).toBe(0);
    expect(await value('hanami_clusters{')).toBeGreaterThan(0);
    expect(await value('hanami_cluster_memory_bytes{')).toBeGreaterThan(10_000);
    expect(await value('hanami_http_request_seconds_count{method="POST",path="/v1.0alpha/task/train",status="200"}')).toBeGreaterThan(0);
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(1e7);
    const connection = await cluster.switchToDirectMode(member, address, uuid);
    expect(await value('hanami_websockets{target="cluster"}')).toBe(1);
    await connection.close();
    await expect.poll(() => value('hanami_websockets{target="cluster"}')).toBe(0);
  });

  it('are not made up by clients', async () => {
    await server.call('GET', '/v1.0alpha/made/up/by/somebody', member);
    expect(await (await server.call('GET', '/metrics')).text()).not.toContain('made/up');
  });

  it('are not served where that is not wanted', async () => {
    const quiet = await ServerProcess.start({ HANAMI_HTTP_METRICS: 'false' });
    try {
      expect((await quiet.call('GET', '/metrics')).status).toBe(404);
    } finally {
      await quiet.remove();
    }
  });
});

describe('the description of the API', () => {
  it('has every call that exists, and none besides', async () => {
    const response = await server.call('GET', '/openapi.json');
    const { openapi, paths } = (await response.json()) as { openapi: string; paths: Record<string, Record<string, object>> };
    expect(openapi).toBe('3.1.0');
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const defined = eachEndpoint().map(([, { method, path }]) => `${method} ${API_PREFIX}${path}`);
    expect(described.sort()).toEqual(defined.sort());
    for (const call of described) {
      const [method = '', path = ''] = call.split(' ');
      // A route that exists asks for a token or input; one that does not is a 404 with this sentence.
      expect(await (await server.call(method, path)).text(), call).not.toContain('there is no path');
    }
  });

  it('is a valid document', async () => {
    const { valid, errors } = await new Validator().validate(await (await server.call('GET', '/openapi.json')).json());
    expect([valid, errors]).toEqual([true, undefined]);
  });

  it('has types and defaults of fields that arrive as strings', async () => {
    const { paths } = (await (await server.call('GET', '/openapi.json')).json()) as {
      paths: Record<string, { get: { parameters: { name: string; required: boolean; schema: object }[] } }>;
    };
    const parameters = paths['/v1.0alpha/dataset/content']?.get.parameters;
    expect(parameters?.find(({ name }) => name === 'number_of_rows')).toEqual({
      name: 'number_of_rows',
      in: 'query',
      required: false,
      schema: { type: 'integer', minimum: 1, maximum: 10_000, default: 1 },
    });
  });

  it('is a page for people', async () => {
    const response = await server.call('GET', '/docs/');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    expect(await response.text()).toContain('swagger-ui');
    expect(await (await server.call('GET', '/docs/json')).json()).toEqual(await (await server.call('GET', '/openapi.json')).json());
  });
});

describe('the policy file', () => {
  const settled = (text: string) => expect.poll(() => server.log).toContain(text);

  it('is read anew by SIGHUP; a faulty one changes nothing and is told with its line', async () => {
    const listing = (token: string) => cluster.listClusters(token, address);
    await expect(listing(member)).resolves.toBeDefined();
    const roles = async (): Promise<unknown> =>
      (await user.getPolicy(member, address)).body.find(
        ([endpoint, method]) => endpoint === 'v1.0alpha/cluster/all' && method === 'GET',
      )?.[2];
    expect(await roles()).toEqual(['admin', 'member']);
    const text = readFileSync(policy, 'utf8');
    writeFileSync(policy, text.replace('v1.0alpha/cluster/all\n- GET: admin, member', 'v1.0alpha/cluster/all\n- GET: admin'));
    process.kill(server.pid, 'SIGHUP');
    await settled('policy, token keys and certificate were read anew');
    await expect(listing(member)).rejects.toThrowError("the role 'member' may not call GET /v1.0alpha/cluster/all");
    await expect(listing(admin)).resolves.toBeDefined();
    expect(await roles()).toEqual(['admin']);
    writeFileSync(policy, 'v1.0alpha/cluster/all\n- FETCH: member\n');
    process.kill(server.pid, 'SIGHUP');
    await settled(`${policy} line 2: unknown method 'FETCH'`);
    await expect(listing(member)).rejects.toThrowError('may not call');
    writeFileSync(policy, text);
  });

  it('stops the start where it is faulty', async () => {
    const faulty = join(folder, 'faulty');
    writeFileSync(faulty, '# roles\n- GET: admin\n');
    await expect(ServerProcess.start({ HANAMI_AUTH_POLICIES: faulty })).rejects.toThrowError(
      `${faulty} line 2: a rule must stand below an endpoint`,
    );
  });
});
