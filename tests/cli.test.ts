import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATE } from './digits.ts';
import { hanamictl as run, shown as show } from './hanamictl.ts';
import { ServerProcess } from './server-process.ts';

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

const hanamictl = (args: string[], env: Record<string, string> = {}) => run(server, args, env);
const shown = (...args: string[]) => show(server, ...args);

describe('hanamictl', () => {
  it('prints JSON with -j, wherever the flag stands', async () => {
    const csv = ['dataset', 'create', 'csv', '-i', join(folder, 'table.csv')];
    const { uuid, number_of_rows } = JSON.parse(await shown(...csv, '-j', 'test_csv'));
    expect(number_of_rows).toBe(2);
    expect(JSON.parse(await shown('-j', 'dataset', 'get', uuid))).toMatchObject({ uuid, name: 'test_csv' });
    expect(JSON.parse(await shown('host', 'list', '--json_output')).header).toEqual([
      'uuid',
      'type',
      'clusters',
      'threads',
      'load',
      'memory',
    ]);
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
  const hanami = (args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; text: string }> =>
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
    expect((await hanami(['--help'])).text).toContain('--http-port <value>');
    const good = await hanami(['--check-config', '--http-port', '1234']);
    expect([good.code, good.text]).toEqual([0, expect.stringContaining('"port": 1234')]);
    const bad = await hanami(['--check-config'], { HANAMI_HTTP_PORT: 'many' });
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
    const { code, text } = await hanami(['--http-port', '0'], { HANAMI_ADMIN_USER_ID: 'asdf' });
    expect(code).toBe(1);
    expect(text).toContain('set HANAMI_ADMIN_USER_NAME, HANAMI_ADMIN_PASSPHRASE in the environment');
  });

  it('says which port is taken', async () => {
    const port = new URL(server.address).port;
    const admin = { HANAMI_ADMIN_USER_ID: 'asdf', HANAMI_ADMIN_USER_NAME: 'asdf', HANAMI_ADMIN_PASSPHRASE: 'asdfasdf' };
    const { code, text } = await hanami(['--http-port', port], admin);
    expect(code).toBe(1);
    expect(text).toContain('another server uses the port');
  });
});
