import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATE } from './digits.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const MAIN = join(import.meta.dirname, '../packages/cli/dist/main.js');
const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  folder = mkdtempSync(join(tmpdir(), 'hanami-cli-'));
  await writeMnist(drawDigits(600, 1), join(folder, 'images'), join(folder, 'labels'));
  writeFileSync(join(folder, 'template'), TEMPLATE);
  writeFileSync(join(folder, 'table.csv'), 'test_input,test_output\n1,2\n3,4\n');
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs hanamictl as a person without a terminal would. */
function hanamictl(args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { HANAMI_ADDRESS: server.address, HANAMI_USER: ADMIN.id, HANAMI_PASSPHRASE: ADMIN.passphrase, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.once('exit', (code) => resolve({ code, out, err }));
  });
}

/** Output of a command that must succeed; uuids and times are made alike. */
async function shown(...args: string[]): Promise<string> {
  const { code, out, err } = await hanamictl(args);
  expect(err.replace(/^(upload|train|request): .*\n/gm, '')).toBe('');
  expect(code).toBe(0);
  return out;
}

const alike = (text: string): string =>
  text
    .replaceAll(new RegExp(UUID, 'g'), '00000000-0000-0000-0000-000000000000')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2024-07-12 20:52:21');

async function uuidFrom(...args: string[]): Promise<string> {
  return UUID.exec(await shown(...args))?.[0] ?? '';
}

describe('hanamictl', () => {
  it('prints the documented tables of projects and users', async () => {
    expect(alike(await shown('project', 'create', '-n', 'cli test project', 'cli_test_project'))).toBe(
      `+------------+---------------------+
| ID         | cli_test_project    |
| NAME       | cli test project    |
| CREATOR ID | asdf                |
| CREATED AT | 2024-07-12 20:52:21 |
+------------+---------------------+
`,
    );
    expect(alike(await shown('project', 'list'))).toBe(
      `+------------------+------------------+------------+---------------------+
| ID               | NAME             | CREATOR ID | CREATED AT          |
+------------------+------------------+------------+---------------------+
| cli_test_project | cli test project | asdf       | 2024-07-12 20:52:21 |
+------------------+------------------+------------+---------------------+
`,
    );
    expect(alike(await shown('user', 'create', '-n', 'cli test user', '-p', 'asdfasdfasdf', 'cli_test_user'))).toBe(
      `+------------+---------------------+
| ID         | cli_test_user       |
| NAME       | cli test user       |
| IS ADMIN   | false               |
| PROJECTS   | []                  |
| CREATOR ID | asdf                |
| CREATED AT | 2024-07-12 20:52:21 |
+------------+---------------------+
`,
    );
    expect(alike(await shown('user', 'list'))).toContain(
      '| ID            | NAME          | IS ADMIN | PROJECTS | CREATOR ID  | CREATED AT          |',
    );
    expect(await shown('user', 'project', 'add', 'cli_test_user', 'cli_test_project')).toContain(
      '"project_id":"cli_test_project","role":"member"',
    );
    expect(await shown('user', 'project', 'list', 'cli_test_user')).toContain('| cli_test_project | member | false            |');
    await shown('user', 'project', 'remove', 'cli_test_user', 'cli_test_project');
    expect(await shown('user', 'delete', 'cli_test_user')).toBe("successfully deleted user 'cli_test_user'\n");
    expect(await shown('project', 'delete', 'cli_test_project')).toBe("successfully deleted project 'cli_test_project'\n");
  });

  it('does the main job', async () => {
    const images = ['-i', join(folder, 'images'), '-l', join(folder, 'labels')];
    const created = await shown('dataset', 'create', 'mnist', ...images, 'cli_test_dataset');
    const digits = UUID.exec(created)?.[0] ?? '';
    expect(alike(created)).toBe(
      `+-------------------+-----------------------------------------------------------------------------------------------+
| UUID              | 00000000-0000-0000-0000-000000000000                                                          |
| NAME              | cli_test_dataset                                                                              |
| VERSION           | v1.0alpha                                                                                     |
| NUMBER OF COLUMNS | 794                                                                                           |
| NUMBER OF ROWS    | 600                                                                                           |
| DESCRIPTION       | {"label":{"column_end":794,"column_start":784},"picture":{"column_end":784,"column_start":0}} |
| VISIBILITY        | private                                                                                       |
| OWNER ID          | asdf                                                                                          |
| PROJECT ID        | admin                                                                                         |
| CREATED AT        | 2024-07-12 20:52:21                                                                           |
+-------------------+-----------------------------------------------------------------------------------------------+
`,
    );
    expect(await shown('dataset', 'get', digits)).toBe(created);
    const network = await uuidFrom('cluster', 'create', '-t', join(folder, 'template'), 'cli_test_cluster');
    const train = await shown(
      ...[
        'task',
        'create',
        'train',
        '-i',
        `${digits}:picture:picture`,
        '-o',
        `${digits}:label:label`,
        '-c',
        network,
        '--wait',
        'train task',
      ],
    );
    expect(alike(train)).toBe(
      `+------------------------+--------------------------------------+
| UUID                   | 00000000-0000-0000-0000-000000000000 |
| STATE                  | finished                             |
| CURRENT CYCLE          | 600                                  |
| TOTAL NUMBER OF CYCLES | 600                                  |
| QUEUE TIMESTAMP        | 2024-07-12 20:52:21                  |
| START TIMESTAMP        | 2024-07-12 20:52:21                  |
| END TIMESTAMP          | 2024-07-12 20:52:21                  |
+------------------------+--------------------------------------+
`,
    );
    const result = await uuidFrom(
      ...[
        'task',
        'create',
        'request',
        '-i',
        `${digits}:picture:picture`,
        '-r',
        'label:test_output',
        '-c',
        network,
        '--wait',
        'request task',
      ],
    );
    expect(await shown('dataset', 'check', '-r', digits, result)).toMatch(/\| ACCURACY \| \d+(\.\d+)? *\|/);
    const content = await shown('dataset', 'content', '-c', 'test_output', '-o', '100', '-n', '2', result);
    expect(content).toMatch(/^\+-----\+(----------\+){10}\n\| {5}\| 0 {8}\| 1 {8}\|/);
    expect(content).toMatch(/\| 100 \| \d\.\d{6} \|/);
    expect(alike(await shown('task', 'list', '-c', network))).toBe(
      `+--------------------------------------+----------+
| UUID                                 | STATE    |
+--------------------------------------+----------+
| 00000000-0000-0000-0000-000000000000 | finished |
| 00000000-0000-0000-0000-000000000000 | finished |
+--------------------------------------+----------+
`,
    );
    expect(await shown('cluster', 'get', network)).toMatch(/\| NUMBER OF BLOCKS {3}\| \d+ +\|\n\| NUMBER OF SECTIONS \| \d+ +\|/);
    const saved = await uuidFrom('cluster', 'save', '-n', 'cli_test_checkpoint', network);
    expect(await shown('checkpoint', 'get', saved)).toContain('| NAME       | cli_test_checkpoint');
    expect(await shown('cluster', 'restore', '-c', saved, network)).toContain(`| UUID | ${network} |`);
    expect(await shown('checkpoint', 'delete', saved)).toBe(`successfully deleted checkpoint '${saved}'\n`);
    expect(await shown('task', 'delete', '-c', network, await uuidFrom('task', 'list', '-c', network))).toMatch(
      /^successfully deleted task/,
    );
    expect(await shown('cluster', 'delete', network)).toBe(`successfully deleted cluster '${network}'\n`);
    expect(await shown('dataset', 'delete', digits)).toBe(`successfully deleted dataset '${digits}'\n`);
  });

  it('prints JSON with -j, wherever the flag stands', async () => {
    const csv = ['dataset', 'create', 'csv', '-i', join(folder, 'table.csv')];
    const { uuid, number_of_rows } = JSON.parse(await shown(...csv, '-j', 'test_csv'));
    expect(number_of_rows).toBe(2);
    expect(JSON.parse(await shown('-j', 'dataset', 'get', uuid))).toMatchObject({ uuid, name: 'test_csv' });
    expect(JSON.parse(await shown('host', 'list', '--json_output')).header).toEqual(['uuid', 'type', 'clusters', 'threads', 'load', 'memory']);
  });

  it('tells progress in plain lines where there is no terminal', async () => {
    const { err } = await hanamictl(['dataset', 'create', 'csv', '-i', join(folder, 'table.csv'), 'with progress']);
    expect(err).toMatch(/^upload: [\d.]+ of [\d.]+ MB \(100 %\), [\d.]+ MB\/s, 0 s left\n$/);
  });

  it.each([
    ['HANAMI_ADDRESS', 'export HANAMI_ADDRESS=http://127.0.0.1:11418'],
    ['HANAMI_USER', 'export HANAMI_USER='],
    ['HANAMI_PASSPHRASE', 'export HANAMI_PASSPHRASE='],
  ])('says what to do when %s is not set', async (variable, hint) => {
    const { code, out, err } = await hanamictl(['host', 'list'], { [variable]: '' });
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(`${variable} is not set. Try: ${hint}`);
  });

  it.each([
    ['a server that is not there', ['host', 'list'], { HANAMI_ADDRESS: 'http://127.0.0.1:9' }, 'cannot be reached'],
    ['an address that is none', ['host', 'list'], { HANAMI_ADDRESS: 'localhost' }, 'should look like http://127.0.0.1:11418'],
    ['a wrong passphrase', ['host', 'list'], { HANAMI_PASSPHRASE: 'wrong passphrase' }, 'the user id or the passphrase is wrong'],
    ['an unknown uuid', ['dataset', 'get', '146bacb3-b5bf-485b-a2e8-d1812b57eb63'], {}, 'there is no data set'],
    ['a mistyped command', ['datset', 'list'], {}, 'Did you mean dataset?'],
    ['a missing option', ['dataset', 'check', '146bacb3-b5bf-485b-a2e8-d1812b57eb63'], {}, '--reference'],
    ['a source of another form', ['task', 'create', 'train', '-i', 'x', '-o', 'x:y:z', '-c', 'u', 'name'], {}, 'UUID:COLUMN:HEXAGON'],
    ['a template that is not there', ['cluster', 'create', '-t', '/nowhere', 'name'], {}, 'the template cannot be read'],
    ['a file that is not there', ['dataset', 'create', 'csv', '-i', '/nowhere', 'name'], {}, 'no such file'],
  ])('fails with a sentence on standard error: %s', async (_, args, env, reason) => {
    const { code, out, err } = await hanamictl(args, env as Record<string, string>);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(reason);
  });

  it('helps with an example', async () => {
    expect(await shown('cluster', 'create', '--help')).toContain(
      'Example:\n  hanamictl cluster create -t ./cluster_template cli_test_cluster',
    );
  });
});

describe('hanami', () => {
  const run = (args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; text: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [join(import.meta.dirname, '../packages/server/dist/main.js'), ...args], {
        env: { HANAMI_DATA: join(folder, 'data'), ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += data));
      child.once('exit', (code) => resolve({ code, text }));
    });

  it('explains its settings and checks them', async () => {
    expect((await run(['--help'])).text).toContain('--http-port <value>');
    const good = await run(['--check-config', '--http-port', '1234']);
    expect([good.code, good.text]).toEqual([0, expect.stringContaining('"port": 1234')]);
    const bad = await run(['--check-config'], { HANAMI_HTTP_PORT: 'many' });
    expect([bad.code, bad.text]).toEqual([1, expect.stringContaining('HANAMI_HTTP_PORT must be a whole number')]);
  });

  it('writes its log into a file where that is wanted, and stops in order', async () => {
    const admin = { HANAMI_ADMIN_USER_ID: 'asdf', HANAMI_ADMIN_USER_NAME: 'asdf', HANAMI_ADMIN_PASSPHRASE: 'asdfasdf' };
    const logs = join(folder, 'logs');
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, '../packages/server/dist/main.js'), '--http-port', '0', '--log-path', logs],
      {
        env: { HANAMI_DATA: join(folder, 'logged'), ...admin },
        stdio: 'ignore',
      },
    );
    const log = (): string => (existsSync(join(logs, 'hanami.log')) ? readFileSync(join(logs, 'hanami.log'), 'utf8') : '');
    await expect.poll(log, { timeout: 20_000 }).toContain('OpenHanami is ready');
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(log()).toContain('"msg":"stopped"');
    expect(log()).not.toContain('asdfasdf');
  });

  it('does not start without a first admin on an empty database', async () => {
    const { code, text } = await run(['--http-port', '0'], { HANAMI_ADMIN_USER_ID: 'asdf' });
    expect(code).toBe(1);
    expect(text).toContain('set HANAMI_ADMIN_USER_NAME, HANAMI_ADMIN_PASSPHRASE in the environment');
  });

  it('says which port is taken', async () => {
    const port = new URL(server.address).port;
    const admin = { HANAMI_ADMIN_USER_ID: 'asdf', HANAMI_ADMIN_USER_NAME: 'asdf', HANAMI_ADMIN_PASSPHRASE: 'asdfasdf' };
    const { code, text } = await run(['--http-port', port], admin);
    expect(code).toBe(1);
    expect(text).toContain('another server uses the port');
  });
});
