import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATE } from './digits.ts';
import { hanamictl as run, shown as show, uuidFrom } from './hanamictl.ts';
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

const hanamictl = (args: string[], env: Record<string, string> = {}, input = '') => run(server, args, env, input);
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
    expect(err).toMatch(/^upload: [\d.]+ of [\d.]+ kB \(100 %\), [\d.]+ kB\/s, 0 s left\n$/);
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
    [
      'a source of another form',
      ['task', 'create', 'train', '-i', 'x', '-o', 'x:y:z', '-c', '146bacb3-b5bf-485b-a2e8-d1812b57eb63', 'name'],
      {},
      'UUID:COLUMN:HEXAGON',
    ],
    ['a template that is not there', ['cluster', 'create', '-t', '/nowhere', 'name'], {}, 'the template cannot be read'],
    ['a file that is not there', ['dataset', 'create', 'csv', '-i', '/nowhere', 'name'], {}, 'no such file'],
  ])('fails with a sentence on standard error: %s', async (_, args, env, reason) => {
    const { code, out, err } = await hanamictl(args, env as Record<string, string>);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(reason);
  });

  it('starts without what reads tables, which only few commands need', () => {
    const bundle = readFileSync(join(import.meta.dirname, '../packages/cli/dist/bundle/main.js'), 'utf8');
    expect(bundle.match(/^import .* from ["'].*$/gm)?.filter((line) => !/["'](node:|\.\/)/.test(line))).toEqual([]);
    expect(bundle).toContain('import("@openhanami/datasets")');
  });

  it('helps with an example', async () => {
    expect(await shown('cluster', 'create', '--help')).toContain(
      'Example:\n  hanamictl cluster create -t ./cluster_template cli_test_cluster',
    );
  });
});

/** Every command that does something, as words. */
async function commands(...path: string[]): Promise<string[][]> {
  const help = await shown(...path, '--help');
  const [, list] = /\nCommands:\n((?: {2}.*\n?)+)/.exec(help) ?? [];
  if (list === undefined) return [path];
  const names = (list.match(/^ {2}([a-z-]+)/gm) ?? []).map((name) => name.trim()).filter((name) => name !== 'help');
  return (await Promise.all(names.map((name) => commands(...path, name)))).flat();
}

describe('every command of hanamictl', () => {
  it('helps with an example of itself', async () => {
    const all = await commands();
    expect(all.length).toBeGreaterThan(50);
    for (const path of all) {
      const help = await shown(...path, '--help');
      expect(help, path.join(' ')).toMatch(new RegExp(`\\nExample:\\n {2}(source <\\()?hanamictl ${path.join(' ')}`));
    }
  });
});

describe('hanamictl on the way', () => {
  let digits: string;
  let network: string;
  let result: string;
  beforeAll(async () => {
    const images = ['-i', join(folder, 'images'), '-l', join(folder, 'labels')];
    digits = await uuidFrom(server, 'dataset', 'create', 'mnist', ...images, 'cli digits');
    network = await uuidFrom(server, 'cluster', 'create', '-t', join(folder, 'template'), 'cli cluster');
    const sources = ['-i', `${digits}:picture:picture`, '-c', network, '--wait'];
    await shown('task', 'create', 'train', ...sources, '-o', `${digits}:label:label`, '--epochs', '3', 'train task');
    result = await uuidFrom(server, 'task', 'create', 'request', ...sources, '-r', 'label:digit', 'request task');
  });

  it('trains for several epochs', async () => {
    const [, , train = ''] = /(\| )([0-9a-f-]{36})/.exec(await shown('task', 'list', '-c', network)) ?? [];
    expect(await shown('task', 'get', '-c', network, train)).toContain('| TOTAL NUMBER OF CYCLES | 1800 ');
  });

  it('compares a result with what would be right', async () => {
    const out = await shown('dataset', 'evaluate', '-r', digits, result);
    expect(out).toMatch(/^\+.*\n\| COLUMN \| REFERENCE \| +ACCURACY +\| +MSE +\| +MAE +\| +R2 +\|/);
    expect(out).toMatch(/\| digit {2}\| label {5}\| \d+\.\d{6} +\|/);
    expect(out).toMatch(/\| CLASS \| PRECISION \| +RECALL +\| ROWS \| AS 0 \| AS 1 \|/);
  });

  it('prints content as CSV', async () => {
    expect(await shown('dataset', 'content', '-c', 'label', '-n', '2', '--csv', digits)).toMatch(/^([01],){9}[01]\n([01],){9}[01]\n$/);
  });

  it('saves a whole data set, goes on where a download broke, and overwrites nothing', async () => {
    const file = join(folder, 'result.csv');
    expect(await shown('dataset', 'download', '-o', file, result)).toMatch(/^saved .*result\.csv \(\d+ bytes\)\n$/);
    const whole = readFileSync(file, 'utf8');
    expect(whole.split('\n')).toHaveLength(602);
    const again = await hanamictl(['dataset', 'download', '-o', file, result]);
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('is there already; --force overwrites it')]);
    writeFileSync(`${file}.part`, whole.slice(0, 1000));
    await shown('dataset', 'download', '-o', file, '--force', result);
    expect(readFileSync(file, 'utf8')).toBe(whole);
    writeFileSync(`${file}.part`, whole);
    await shown('dataset', 'download', '-o', file, '--force', result);
    expect(readFileSync(file, 'utf8')).toBe(whole);
    expect(existsSync(`${file}.part`)).toBe(false);
    expect(await shown('dataset', 'download', '-o', '-', result)).toBe(whole);
    const arrow = join(folder, 'result.arrow');
    await shown('dataset', 'download', '-f', 'arrow', '-o', arrow, result);
    expect(await shown('dataset', 'create', 'arrow', '-i', arrow, 'result again')).toContain('| NUMBER OF ROWS    | 600 ');
  });

  it('takes checkpoints from server to server, and makes clusters of them', async () => {
    const saved = await uuidFrom(server, 'cluster', 'save', '-n', 'cli checkpoint', network);
    const file = join(folder, 'saved.checkpoint');
    await shown('checkpoint', 'download', '-o', file, saved);
    const uploaded = await uuidFrom(server, 'checkpoint', 'upload', '-i', file, 'cli checkpoint again');
    const made = await uuidFrom(server, 'cluster', 'create', '--checkpoint', uploaded, 'made of a checkpoint');
    const blocks = (text: string): string => /NUMBER OF BLOCKS +\| (\d+)/.exec(text)?.[1] ?? '';
    expect(blocks(await shown('cluster', 'get', made))).toBe(blocks(await shown('cluster', 'get', network)));
  });

  it('talks directly to a cluster with rows of a file', async () => {
    writeFileSync(join(folder, 'rows.csv'), `${Array.from({ length: 784 }, (_, i) => i % 2).join(',')}\n`.repeat(3));
    const out = await shown('direct', 'request', '-c', network, join(folder, 'rows.csv'));
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(',').length),
    ).toEqual([10, 10, 10]);
    const json = await shown('direct', 'request', '-j', '-c', network, join(folder, 'rows.csv'));
    expect(JSON.parse(json.split('\n')[0] ?? '')).toEqual({ label: expect.any(Array) });
    const bad = await hanamictl(['direct', 'request', '-c', network], {}, '1,2,3\n');
    expect([bad.code, bad.err]).toEqual([1, 'line 1 has 3 values; expected 784\n']);
    const text = await hanamictl(['direct', 'request', '-c', network], {}, 'a,b\n1,x\n');
    expect([text.code, text.err]).toEqual([1, "line 2, value 2: 'x' is no number\n"]);
    // It is back in TASK mode, also after a fault.
    expect(JSON.parse(await shown('-j', 'cluster', 'get', network)).mode).toBe('TASK');
  });

  it('says who sees what, what hosts do, what happened, and what the machine is', async () => {
    expect(await shown('dataset', 'visibility', digits, 'shared')).toContain('| VISIBILITY | shared ');
    expect((await hanamictl(['dataset', 'visibility', digits, 'secret'])).err).toBe(
      "the visibility is one of private, shared, public, not 'secret'\n",
    );
    expect(await shown('host', 'usage')).toMatch(/\| +UUID +\| TYPE \| CLUSTERS \| THREADS \| +LOAD +\| +MEMORY +\|/);
    expect(await shown('log', 'audit', '-u', 'asdf')).toMatch(/\| asdf +\| PUT +\| v1.0alpha\/dataset\/visibility +\|/);
    expect(await shown('log', 'error')).toContain('| COMPONENT |');
    expect(await shown('machine', 'info')).toMatch(/\| CPU THREADS +\| \d+ +\|/);
    for (const what of ['threads', 'speed', 'power', 'temperature'])
      expect(await shown('machine', what)).toMatch(/\| AVAILABLE +\| (true|false) +\|/);
  });

  it('changes a passphrase', async () => {
    await shown('user', 'create', '-n', 'passing user', '-p', 'passphrase', '--is_admin', 'passing_user');
    const as = (passphrase: string) => ({ HANAMI_USER: 'passing_user', HANAMI_PASSPHRASE: passphrase });
    const change = ['user', 'passphrase', '-p', 'passphrase', '-n', 'another passphrase'];
    expect((await hanamictl(change, as('passphrase'))).out).toBe('successfully changed the passphrase\n');
    expect((await hanamictl(['host', 'list'], as('passphrase'))).code).toBe(1);
    expect((await hanamictl(['host', 'list'], as('another passphrase'))).code).toBe(0);
  });

  it('prints a template to start from, and checks one', async () => {
    const template = await shown('cluster', 'template');
    writeFileSync(join(folder, 'own_template'), template);
    expect(await shown('cluster', 'template', '--check', join(folder, 'own_template'))).toBe(
      "the template is fine: 3 hexagons, inputs 'picture', outputs 'label'\n",
    );
    await shown('cluster', 'create', '-t', join(folder, 'own_template'), 'of a printed template');
    writeFileSync(join(folder, 'own_template'), template.replace('    picture: 1,1,1', '    picture: 9,9,9'));
    const { code, err } = await hanamictl(['cluster', 'template', '--check', join(folder, 'own_template')]);
    expect([code, err]).toEqual([1, expect.stringMatching(/^template line \d+: there is no hexagon 9,9,9/)]);
  });

  it('keeps a token by login, for nobody else to read, and forgets it by logout', async () => {
    const config = join(folder, 'config');
    const bare = { HANAMI_ADDRESS: '', HANAMI_USER: '', HANAMI_PASSPHRASE: '', XDG_CONFIG_HOME: config };
    const before = await hanamictl(['host', 'list'], bare);
    expect([before.code, before.err]).toEqual([1, expect.stringContaining('Try: hanamictl login')]);
    const login = await hanamictl(['login', '-a', server.address, '-u', 'asdf', '-p', 'asdfasdf'], bare);
    const file = join(config, 'hanamictl/login.json');
    expect([login.err, login.out]).toEqual([
      expect.stringContaining('list of processes'),
      `logged in as 'asdf'; the token is kept in ${file}\n`,
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('asdfasdf');
    expect((await hanamictl(['host', 'list'], bare)).code).toBe(0);
    // The environment comes first.
    expect(
      (await hanamictl(['host', 'list'], { ...bare, HANAMI_ADDRESS: server.address, HANAMI_USER: 'asdf', HANAMI_PASSPHRASE: 'wrong one' }))
        .code,
    ).toBe(1);
    await hanamictl(['project', 'create', '-n', 'own project', 'own_project'], bare);
    await hanamictl(['project', 'switch', 'own_project'], bare);
    expect((await hanamictl(['cluster', 'create', 'of the project'], bare)).out).toContain('| PROJECT ID | own_project ');
    expect((await hanamictl(['cluster', 'create', 'of the env'], { HANAMI_PROJECT: 'own_project' })).out).toContain(
      '| PROJECT ID | own_project ',
    );
    const { token: kept } = JSON.parse(readFileSync(file, 'utf8')) as { token: string };
    expect((await server.call('GET', '/v1.0alpha/host/all', kept)).status).toBe(200);
    expect((await hanamictl(['logout'], bare)).out).toBe('logged out\n');
    expect((await server.call('GET', '/v1.0alpha/host/all', kept)).status).toBe(401);
    expect((await hanamictl(['logout'], bare)).out).toBe('you were not logged in\n');
    expect((await hanamictl(['host', 'list'], bare)).code).toBe(1);
    const wrong = await hanamictl(['login', '-a', server.address, '-u', 'asdf', '-p', 'wrong passphrase'], bare);
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('the user id or the passphrase is wrong\n')]);
    expect((await hanamictl(['login', '-a', server.address, '-u', 'asdf'], { ...bare })).err).toContain('there is no terminal to ask');
  });

  it.each(['bash', 'zsh', 'fish'])('completes commands in %s', async (shell) => {
    expect(await shown('completion', shell)).toContain('hanamictl');
    const { out } = await hanamictl(['complete', '--', 'cluster', 's']);
    expect(out).toMatch(/^save\t/m);
    expect(out).toMatch(/^switch-host\t/m);
  });

  it('completes in a real bash', () => {
    const main = join(import.meta.dirname, '../packages/cli/dist/bundle/main.js');
    const script = join(import.meta.dirname, 'files/complete.sh');
    const out = execFileSync('bash', [script, process.execPath, main], { encoding: 'utf8', timeout: 120_000 });
    expect(out).toContain('dataset');
  });

  it('suggests what is near to a mistyped command or option', async () => {
    expect((await hanamictl(['cluster', 'creat', 'name'])).err).toContain('Did you mean create?');
    expect((await hanamictl(['user', 'project', 'ad', 'a', 'b'])).err).toContain('Did you mean add?');
    expect((await hanamictl(['dataset', 'content', '-c', 'a', '--offst', '1', 'b'])).err).toContain('Did you mean --offset?');
  });

  it('is quiet when nobody reads its output to the end', () => {
    const main = join(import.meta.dirname, '../packages/cli/dist/bundle/main.js');
    const out = execFileSync('bash', ['-c', `"${process.execPath}" "${main}" --help 2>&1 | head -1`], { encoding: 'utf8' });
    expect(out).toBe('Usage: hanamictl [options] [command]\n');
  });

  it('has no colours where they are not wanted', async () => {
    const colour = String.fromCharCode(27);
    for (const env of [{ NO_COLOR: '1' }, {}]) {
      for (const args of [['host', 'list'], ['--help'], ['dataset', 'get', 'x']]) {
        const { out, err } = await hanamictl(args, env as Record<string, string>);
        expect(out + err).not.toContain(colour);
      }
    }
    // Where they are wanted, a fault is red; NO_COLOR has the last word.
    const red = await hanamictl(['dataset', 'get', 'x'], { FORCE_COLOR: '1' });
    expect(red.err).toContain(`${colour}[31m`);
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
    expect(good.text).toContain('recommended: auth.refuse_breached is off');
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
    await expect.poll(log).toContain('OpenHanami is ready');
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
