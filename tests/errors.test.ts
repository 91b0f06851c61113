import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, toBase64 } from '@openhanami/contract';
import { client, cluster, dataset } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, TEMPLATE, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const NOBODY = '146bacb3-b5bf-485b-a2e8-d1812b57eb63';
const V = '/v1.0alpha';

let server: ServerProcess;
let token: string;
let digits: string;
let uuid: string;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_HTTP_BODY_LIMIT: '100000' });
  token = await server.logIn();
  digits = await uploadDigits(token, server.address, 'digits', 50);
  uuid = await newCluster(token, server.address, 'cluster');
});
afterAll(() => server.remove());

async function answer(
  method: string,
  path: string,
  body?: unknown,
  headers = {},
  key: string | undefined = token,
): Promise<[number, string]> {
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
  const response = await server.call(method, path, key, text, headers);
  return [response.status, await response.text()];
}

const source = (change = {}) => ({ dataset_uuid: digits, dataset_column: 'picture', hexagon_name: 'picture', ...change });
const target = (change = {}) => ({ dataset_uuid: digits, dataset_column: 'label', hexagon_name: 'label', ...change });
const training = (change = {}) => ({ name: 'some task', cluster_uuid: uuid, inputs: [source()], outputs: [target()], ...change });
const asking = (change = {}) => ({
  name: 'some task',
  cluster_uuid: uuid,
  inputs: [source()],
  results: [{ dataset_column: 'digit', hexagon_name: 'label' }],
  ...change,
});

describe('conventions of the wire', () => {
  it('answer 404 to a wrong path and 405 to a wrong method', async () => {
    expect(await answer('GET', `${V}/nothing`)).toEqual([404, `there is no path ${V}/nothing`]);
    expect((await answer('PUT', `${V}/cluster/all`))[0]).toBe(405);
    expect((await answer('PATCH', `${V}/cluster`, {}))[0]).toBe(405);
  });

  it('take doubled slashes and question marks, and a token in either header', async () => {
    expect((await answer('GET', `/${V}/cluster??uuid=${uuid}`))[0]).toBe(200);
    expect((await answer('GET', `${V}/cluster/all`, undefined, { Authorization: `Bearer ${token}` }, ''))[0]).toBe(200);
  });

  it('take JSON of any content type, and ignore a field token', async () => {
    const body = { name: 'typed as text', template: toBase64(TEMPLATE), token: 'ignored' };
    expect((await answer('POST', `${V}/cluster`, body, { 'Content-Type': 'text/plain' }))[0]).toBe(200);
    expect((await answer('GET', `${V}/cluster?uuid=${uuid}&token=x`))[0]).toBe(200);
  });

  it('answer errors as text, or as a problem document to whom wants JSON', async () => {
    const response = await server.call('GET', `${V}/cluster?uuid=${NOBODY}`, token);
    expect(response.headers.get('content-type')).toMatch('text/plain');
    expect(await response.text()).toBe(`there is no cluster '${NOBODY}'`);
    const problem = await server.call('GET', `${V}/cluster?uuid=${NOBODY}`, token, undefined, { Accept: 'application/problem+json' });
    expect(problem.headers.get('content-type')).toMatch('application/problem+json');
    expect(await problem.json()).toEqual({
      type: 'about:blank',
      title: 'NotFound',
      status: 404,
      code: 'not_found',
      detail: `there is no cluster '${NOBODY}'`,
    });
  });

  it('say who is there', async () => {
    expect(await answer('GET', '/health')).toEqual([200, '{"status":"ok"}']);
    expect(await answer('GET', '/ready')).toEqual([200, '{"status":"ready"}']);
  });
});

describe('codes of errors', () => {
  const codeOf = async (method: string, path: string, body?: object, key: string | null = token): Promise<string | null> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return (await server.call(method, V + path, key ?? undefined, text)).headers.get('x-error-code');
  };

  it('stand in a header, in a problem document, and in the answer to a first message', async () => {
    const { address } = server;
    expect(await codeOf('GET', '/cluster/all', undefined, null)).toBe('token_missing');
    expect(await codeOf('GET', '/cluster/all', undefined, 'nonsense')).toBe('token_ended');
    expect(await codeOf('POST', '/token', { id: 'nobody', passphrase: toBase64('nothing at all') }, null)).toBe('wrong_login');
    expect(await codeOf('POST', '/cluster', { name: 'ab' })).toBe('invalid_input');
    expect(await codeOf('POST', '/cluster', { name: 'cluster', template: toBase64(TEMPLATE) })).toBe('already_exists');
    expect(await codeOf('POST', '/project', { id: 'admin', name: 'some project' })).toBe('already_exists');
    expect(await codeOf('POST', '/user', { id: 'short_one', name: 'short one', passphrase: toBase64('1234567') })).toBe('weak_passphrase');
    expect(await codeOf('GET', `/cluster?uuid=${NOBODY}`)).toBe('not_found');
    expect(await codeOf('PUT', '/cluster/all')).toBe('method_not_allowed');
    expect(await codeOf('GET', '/cluster/all')).toBeNull();
    const fresh = await newCluster(token, address, 'untrained cluster');
    expect(await codeOf('POST', '/task/request', asking({ cluster_uuid: fresh }))).toBe('cluster_untrained');
    const file = dataset.uploadCsvFiles(token, address, 'some table', new Blob(['a\n']));
    await expect(file).rejects.toMatchObject({ status: 400, code: 'invalid_file' });
    await expect(cluster.connectDirectly(token, address, fresh)).rejects.toMatchObject({ code: 'cluster_in_task_mode' });
    const problem = await server.call('GET', `${V}/cluster?uuid=${NOBODY}`, token, undefined, { accept: 'application/json' });
    expect(await problem.json()).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('are listed in docs/errors.md', () => {
    const rows = Object.entries(ERROR_CODES).map(([code, { status, meaning }]) => `| \`${code}\` | ${status} | ${meaning} |`);
    expect(readFileSync(join(import.meta.dirname, '../docs/errors.md'), 'utf8')).toContain(rows.join('\n'));
  });
});

describe('an endpoint as a function', () => {
  it('takes the fields of the REST API, and answers as it does', async () => {
    const api = client({ address: server.address, token });
    const made = await api.createCluster({ name: 'cluster of the client' });
    expect(await api.getCluster({ uuid: made.uuid })).toMatchObject({ name: 'cluster of the client', mode: 'TASK' });
    const { header, body } = await api.listClusters({ name: 'of the client' });
    expect(body.map((row) => row[header.indexOf('uuid')])).toEqual([made.uuid]);
    expect((await api.listHosts()).body).toHaveLength(1);
    await expect(api.getCluster({ uuid: NOBODY })).rejects.toMatchObject({ name: 'NotFound', status: 404, code: 'not_found' });
    const { bytes } = await api.downloadDataset({ uuid: digits, format: 'arrow' });
    expect(Buffer.from(await new Response(bytes).arrayBuffer()).toString('latin1', 0, 6)).toBe('ARROW1');
    const stranger = client({ address: server.address });
    await expect(stranger.listClusters()).rejects.toMatchObject({ code: 'token_missing' });
    expect((await stranger.createToken({ id: 'asdf', passphrase: toBase64('asdfasdf') })).is_admin).toBe(true);
  });
});

describe('an internal error', () => {
  it('tells an id only, under which the log tells the rest', async () => {
    const doomed = await uploadDigits(token, server.address, 'doomed', 5);
    rmSync(server.fileOf('datasets', `${doomed}.arrow`));
    const [code, text] = await answer('GET', `${V}/dataset/content?uuid=${doomed}&column_name=label`);
    expect(code).toBe(500);
    expect(text).toMatch(/^internal error [0-9a-f-]{36}$/);
    await expect.poll(() => server.log).toContain(text.slice(-36));
  });
});

describe('tokens', () => {
  it('are needed, and must be whole', async () => {
    expect((await answer('GET', `${V}/cluster/all`, undefined, {}, ''))[0]).toBe(401);
    for (const bad of ['nonsense', `${token}x`, token.slice(0, -5)])
      expect((await answer('GET', `${V}/cluster/all`, undefined, {}, bad))[0]).toBe(401);
  });

  it('are refused alike for a wrong user and a wrong passphrase', async () => {
    const wrongUser = await answer('POST', `${V}/token`, { id: 'nobody', passphrase: toBase64('asdfasdf') });
    const wrongPassphrase = await answer('POST', `${V}/token`, { id: 'asdf', passphrase: toBase64('asdfasdg') });
    expect(wrongUser).toEqual([401, 'the user id or the passphrase is wrong']);
    expect(wrongPassphrase).toEqual(wrongUser);
  });

  it('expire', async () => {
    const shortLived = await ServerProcess.start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '8' });
    try {
      const key = await shortLived.logIn();
      expect((await shortLived.call('GET', `${V}/cluster/all`, key)).status).toBe(200);
      await new Promise((next) => setTimeout(next, 9100));
      const late = await shortLived.call('GET', `${V}/cluster/all`, key);
      expect([late.status, await late.text()]).toEqual([401, 'the token has expired; log in again']);
    } finally {
      await shortLived.remove();
    }
  });

  it('can be had for another project, if it is there', async () => {
    const switched = () => server.call('PUT', `${V}/token`, token, JSON.stringify({ project_id: 'another_project' }));
    const absent = await switched();
    expect([absent.status, await absent.text()]).toEqual([401, "there is no project 'another_project'"]);
    await server.call('POST', `${V}/project`, token, JSON.stringify({ id: 'another_project', name: 'another project' }));
    expect(await (await switched()).json()).toMatchObject({ id: 'asdf', name: 'asdf_user', is_admin: true });
  });
});

describe('bad input', () => {
  it.each([
    ['a body that is no JSON', 'POST', '/cluster', '{"name":', 400, 'the body is no JSON'],
    ['a body that is a list', 'POST', '/cluster', [1], 400, 'must be a JSON object'],
    ['a missing field', 'POST', '/cluster', {}, 400, "'name' is missing"],
    ['an unknown field', 'POST', '/cluster', { name: 'good name', colour: 1 }, 400, "unknown field 'colour'"],
    ['an unknown query field', 'GET', '/cluster/all?colour=1', undefined, 400, "unknown field 'colour'"],
    ['a name that is too short', 'POST', '/cluster', { name: 'abc' }, 400, "'name' must have 4 to 254 characters"],
    ['a name with other characters', 'POST', '/cluster', { name: 'ab/cd' }, 400, "'name' must begin with a letter"],
    ['a uuid that is none', 'GET', '/dataset?uuid=1', undefined, 400, "'uuid' must be a uuid"],
    ['base64 that is none', 'POST', '/cluster', { name: 'good name', template: '***' }, 400, "'template' must be valid base64"],
    [
      'a passphrase that is too short',
      'POST',
      '/token',
      { id: 'asdf', passphrase: 'YQ==' },
      400,
      "'passphrase' must have 4 to 3072 characters",
    ],
    ['a body that is too large', 'POST', '/cluster', { name: 'x'.repeat(200_000) }, 413, 'too large'],
    [
      'an upload of no bytes',
      'POST',
      '/dataset/upload/csv',
      { name: 'good name', input_data_size: 0 },
      400,
      "'input_data_size' must be a whole number from 1",
    ],
    ['an upload of too many', 'POST', '/dataset/upload/csv', { name: 'good name', input_data_size: 1e11 }, 400, "'input_data_size'"],
    ['a data set that is not there', 'GET', `/dataset?uuid=${NOBODY}`, undefined, 404, `there is no data set '${NOBODY}'`],
    ['a checkpoint that is not there', 'GET', `/checkpoint?uuid=${NOBODY}`, undefined, 404, `there is no checkpoint '${NOBODY}'`],
    ['a cluster to delete that is not there', 'DELETE', `/cluster?uuid=${NOBODY}`, undefined, 404, `there is no cluster '${NOBODY}'`],
    ['an upload that is not there', 'PUT', '/dataset/upload/csv', { uuid: NOBODY, uuid_input_file: NOBODY }, 404, 'there is no data set'],
  ])('is refused: %s', async (_, method, path, body, status, reason) => {
    const [code, text] = await answer(method, V + path, body);
    expect(text).toContain(reason);
    expect(code).toBe(status);
  });

  it.each([
    ['version: 2', "template line 1: version '2' is not known"],
    [TEMPLATE.replace('2,1,1', '1,1,1'), 'template line 4: hexagon 1,1,1 appears a second time'],
    [TEMPLATE.replace('label: 3,1,1', 'label: 5,1,1'), 'template line 9: there is no hexagon 5,1,1'],
    [TEMPLATE.replaceAll('3,1,1', '3,3,1'), 'neither a neighbour nor an axon'],
    [
      TEMPLATE.replace('hexagons:', 'settings:\nneuron_cooldown: 1\nhexagons:'),
      'template line 3: neuron_cooldown must be a number greater than 1',
    ],
  ])('is refused: a faulty template', async (template, reason) => {
    const [code, text] = await answer('POST', `${V}/cluster`, { name: 'faulty', template: toBase64(template) });
    expect(text).toContain(reason);
    expect(code).toBe(400);
    expect((await cluster.listClusters(token, server.address)).body.some((row) => row[5] === 'faulty')).toBe(false);
  });

  it('is refused: a cluster name that is taken', async () => {
    expect(await answer('POST', `${V}/cluster`, { name: 'cluster' })).toEqual([409, "the project 'admin' has a cluster 'cluster' already"]);
  });

  it.each([
    [
      'a hexagon that does not exist',
      () => training({ inputs: [source({ hexagon_name: 'nope' })] }),
      404,
      "no input 'nope'; it has 'picture'",
    ],
    [
      'an output that does not exist',
      () => training({ outputs: [target({ hexagon_name: 'nope' })] }),
      404,
      "no output 'nope'; it has 'label'",
    ],
    [
      'a column that does not exist',
      () => training({ inputs: [source({ dataset_column: 'nope' })] }),
      404,
      "no column 'nope'; it has 'picture', 'label'",
    ],
    ['a data set that does not exist', () => training({ inputs: [source({ dataset_uuid: NOBODY })] }), 404, 'there is no data set'],
    ['a cluster that does not exist', () => training({ cluster_uuid: NOBODY }), 404, 'there is no cluster'],
    ['an input named twice', () => training({ inputs: [source(), source()] }), 400, "names 'picture' 2 times"],
    ['no inputs', () => training({ inputs: [] }), 400, "'inputs' must have at least one entry"],
    [
      'a missing key',
      () => training({ inputs: [{ dataset_uuid: digits, hexagon_name: 'picture' }] }),
      400,
      "'inputs[0]' must have either 'dataset_column' or 'dataset_columns'",
    ],
    [
      'a window longer than the data',
      () => training({ time_length: 51 }),
      400,
      'a time_length of 51 needs at least as many rows; there are 50',
    ],
    ['a window beyond the limit', () => training({ time_length: 1001 }), 400, "'time_length' must be a whole number from 1 to 1000"],
  ])('is refused in a training: %s', async (_, body, status, reason) => {
    const [code, text] = await answer('POST', `${V}/task/train`, body());
    expect(text).toContain(reason);
    expect(code).toBe(status);
  });

  it.each([
    ['before any training', () => asking(), 409, 'has not been trained yet'],
    [
      'an output that does not exist',
      () => asking({ results: [{ dataset_column: 'digit', hexagon_name: 'nope' }] }),
      404,
      "no output 'nope'",
    ],
    [
      'a column named twice',
      () => asking({ results: Array.from({ length: 2 }, () => ({ dataset_column: 'digit', hexagon_name: 'label' })) }),
      400,
      "names the column 'digit' twice",
    ],
  ])('is refused in a request: %s', async (_, body, status, reason) => {
    const [code, text] = await answer('POST', `${V}/task/request`, body());
    expect(text).toContain(reason);
    expect(code).toBe(status);
  });

  it('is refused when reading a data set', async () => {
    const content = (query: string) => answer('GET', `${V}/dataset/content?uuid=${digits}&${query}`);
    expect(await content('column_name=nope')).toEqual([404, `the data set '${digits}' has no column 'nope'; it has 'picture', 'label'`]);
    expect(await content('column_name=label&row_offset=50')).toEqual([400, "'row_offset' is 50, but the data set has only 50 rows"]);
    expect((await content('column_name=label&number_of_rows=10001'))[0]).toBe(400);
    expect((await content('column_name=label&row_offset=-1'))[0]).toBe(400);
    expect(JSON.parse((await content('column_name=label&row_offset=49&number_of_rows=10'))[1]).data).toHaveLength(1);
  });

  it('is refused when comparing data sets', async () => {
    const csv = await dataset.uploadCsvFiles(token, server.address, 'a table', new Blob(['label\n1\n2\n']));
    const check = (a: string, b: string) => answer('GET', `${V}/dataset/check?uuid=${a}&reference_uuid=${b}`);
    expect((await check(csv, digits))[1]).toContain('the data set has 2 rows, but the reference 50');
    const other = await dataset.uploadCsvFiles(token, server.address, 'another table', new Blob(['x\n1\n2\n']));
    expect((await check(csv, other))[1]).toContain("has no column 'label'; it has 'x'");
  });

  it('is refused: a checkpoint of a cluster with other names', async () => {
    const saved = await cluster.saveCluster(token, server.address, 'a checkpoint', uuid);
    const other = await cluster.createCluster(token, server.address, 'other names');
    const [code, text] = await answer('POST', `${V}/cluster/load`, { cluster_uuid: other.uuid, checkpoint_uuid: saved.uuid });
    expect([code, text]).toEqual([409, "the checkpoint has the inputs 'picture', but the cluster has 'input'; they must be the same"]);
  });

  it('is refused: a delete of oneself, and doubles of users and projects', async () => {
    const user = { id: 'some_user', name: 'some user', passphrase: toBase64('passphrase') };
    expect((await answer('POST', `${V}/user`, user))[0]).toBe(200);
    expect((await answer('POST', `${V}/user`, user))[0]).toBe(409);
    expect((await answer('DELETE', `${V}/user?id=asdf`))[0]).toBe(409);
    expect(await answer('DELETE', `${V}/user?id=some_user`)).toEqual([200, '{}']);
    expect((await answer('POST', `${V}/user`, user))[0]).toBe(200);
    expect((await answer('POST', `${V}/project`, { id: 'some_project', name: 'some project' }))[0]).toBe(200);
    expect((await answer('POST', `${V}/project`, { id: 'some_project', name: 'some project' }))[0]).toBe(409);
    expect((await answer('DELETE', `${V}/project?id=no_project`))[0]).toBe(404);
  });
});
