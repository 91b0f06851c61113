// What is said to people who did something that cannot work: what, where, and what would help.
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, request as httpRequest } from 'node:http';
import { type AddressInfo, connect as connectTo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBase64 } from '@openhanami/contract';
import { cluster, dataset, token as tokens } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { HANAMICTL, hanamictl } from './hanamictl.ts';
import { freePort } from './ports.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const SOME = '146bacb3-b5bf-485b-a2e8-d1812b57eb63';
const SERVER = join(import.meta.dirname, '../packages/server/bin/hanami.js');

let server: ServerProcess;
let secure: ServerProcess;
let folder: string;
let certificate: string;
let gone: string;
const closing: (() => void)[] = [];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hanami-messages-'));
  certificate = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1', '-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], { stdio: 'ignore' });
  gone = `http://127.0.0.1:${await freePort()}`;
  server = await ServerProcess.start();
  secure = await ServerProcess.start({ HANAMI_HTTP_CERTIFICATE: certificate, HANAMI_HTTP_KEY: key });
  writeFileSync(join(folder, 'table.csv'), 'a,b\n1,2\n');
});
afterAll(async () => {
  for (const close of closing) close();
  await server.remove();
  await secure.remove();
  rmSync(folder, { recursive: true, force: true });
});

const ask = (address: string, env: Record<string, string> = {}) => hanamictl(server, ['host', 'list'], { HANAMI_ADDRESS: address, ...env });

/** A proxy before the server, as nginx with a base path is. @param upgrades whether websockets pass. */
async function proxy(base: string, upgrades: boolean): Promise<string> {
  const { hostname, port } = new URL(server.address);
  const inside = (path = ''): string => (path.startsWith(base) ? path.slice(base.length) || '/' : '/nowhere');
  const before = createHttp(({ method, url, headers }, response) => {
    const { upgrade: _, connection: __, ...passed } = headers;
    const sent = httpRequest({ hostname, port, method, path: inside(url), headers: upgrades ? headers : passed }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    response.req.pipe(sent);
  });
  if (upgrades) {
    before.on('upgrade', ({ headers, url }, socket) => {
      const upstream = connectTo(Number(port), hostname, () => {
        upstream.write(
          `GET ${inside(url)} HTTP/1.1\r\n${Object.entries(headers)
            .map(([name, value]) => `${name}: ${value}\r\n`)
            .join('')}\r\n`,
        );
        socket.pipe(upstream).pipe(socket);
      });
      for (const end of [socket, upstream]) end.on('error', () => {});
    });
  }
  before.listen(0, '127.0.0.1');
  await once(before, 'listening');
  closing.push(() => before.close());
  return `http://127.0.0.1:${(before.address() as AddressInfo).port}${base}`;
}

describe('an address', () => {
  it.each([
    ['https to a server of http', () => server.address.replace('http:', 'https:'), () => `it does not speak HTTPS; try ${server.address}`],
    ['http to a server of https', () => secure.address.replace('https:', 'http:'), () => `if it speaks HTTPS, try ${secure.address}`],
    ['without a scheme', () => 'localhost:11418', () => 'should look like http://127.0.0.1:11418; did you mean http://localhost:11418?'],
    ['of nobody', () => 'http://nobody.invalid:11418', () => "there is no host 'nobody.invalid'"],
    ['where nothing listens', () => 'http://127.0.0.1:11', () => 'port 11 is one that HTTP clients do not talk to'],
    ['of a server that is gone', () => gone, () => `nothing listens on ${gone.slice(7)} (ECONNREFUSED); is the server running?`],
    ['of a self-signed certificate', () => secure.address, () => 'NODE_EXTRA_CA_CERTS=<file.pem> trusts its signer, --insecure'],
  ])('%s says what would be right', async (_, address, sentence) => {
    const { code, err } = await ask(address());
    expect(err).toContain(sentence());
    expect(code).toBe(1);
  });

  it('takes a blank at its end, a path of its own, and the certificate that is trusted', async () => {
    expect((await ask(`${server.address} `)).code).toBe(0);
    expect((await ask(secure.address, { NODE_EXTRA_CA_CERTS: certificate })).code).toBe(0);
    const address = await proxy('/hanami', true);
    for (const at of [address, `${address}/`]) {
      const key = await tokens.requestToken(at, ADMIN.id, ADMIN.passphrase);
      await expect(dataset.uploadCsvFiles(key, at, 'behind a path', new Blob(['a\n1\n']))).resolves.toBeDefined();
    }
  });

  it('of a proxy that passes no websockets says so', async () => {
    const address = await proxy('', false);
    const created = await hanamictl(server, ['dataset', 'create', 'csv', '-i', join(folder, 'table.csv'), 'no upgrade'], {
      HANAMI_ADDRESS: address,
    });
    expect(created.err).toContain("a proxy before the server must pass on 'Upgrade' and 'Connection'");
    expect(created.code).toBe(1);
  });

  it('is reached through HTTP_PROXY, but for NO_PROXY', async () => {
    // What a proxy does: it connects to what CONNECT names, or fetches the whole address of the request line.
    const asked: string[] = [];
    const forward = createTcp((socket) => {
      socket.on('error', () => {});
      socket.once('data', (head) => {
        const [method = '', target = ''] = String(head).split(' ');
        asked.push(`${method} ${target}`);
        const { hostname, port } = new URL(method === 'CONNECT' ? `http://${target}` : target);
        const upstream = connectTo(Number(port), hostname, () => {
          if (method === 'CONNECT') socket.write('HTTP/1.1 200 OK\r\n\r\n');
          else upstream.write(String(head).replace(/http:\/\/[^/]+/, ''));
          socket.pipe(upstream).pipe(socket);
        });
        upstream.on('error', () => socket.destroy());
      });
    }).listen(0, '127.0.0.1');
    await once(forward, 'listening');
    closing.push(() => forward.close());
    const env = { HTTP_PROXY: `http://127.0.0.1:${(forward.address() as AddressInfo).port}` };
    const create = (name: string, more = {}) =>
      hanamictl(server, ['dataset', 'create', 'csv', '-i', join(folder, 'table.csv'), name], { ...env, ...more });
    expect((await create('proxied')).code).toBe(0);
    expect(asked.length).toBeGreaterThan(0);
    asked.length = 0;
    expect((await create('direct', { NO_PROXY: '127.0.0.1' })).code).toBe(0);
    expect(asked).toEqual([]);
  });
});

describe('hanamictl', () => {
  it.each([
    ['a folder as input', ['dataset', 'create', 'csv', '-i', '/tmp', 'some name'], "'/tmp' is a folder; a file is needed"],
    ['an empty file', ['dataset', 'create', 'csv', '-i', '/dev/null', 'some name'], "'/dev/null' is no file whose size is known"],
    ['nothing on standard input', ['dataset', 'create', 'csv', '-i', '-', 'some name'], 'standard input is empty'],
    ['a passphrase that is too short', ['user', 'create', '-n', 'some user', '-p', 'abc', 'some_user'], 'must have 4 to 3072 characters'],
    ['an id that is too short', ['user', 'create', '-n', 'some user', '-p', 'abcdefgh', 'abc'], "'id' must have 4 to 254 characters"],
    ['switch-host -h alone', ['cluster', 'switch-host', '-h'], 'missing required argument'],
    ['a number that is none', ['dataset', 'content', '-c', 'a', '-n', 'x', SOME], "--rows must be a whole number, not 'x'"],
    ['a state that is none', ['task', 'list', '-c', SOME, '--state', 'done'], '--state is one of queued, active'],
    ['a name that none has', ['cluster', 'get', 'nobody'], "there is no cluster 'nobody'; give its uuid or its name"],
    ['a mode that is none', ['cluster', 'mode', SOME, 'fast'], "the mode is task or direct, not 'fast'"],
  ])('says what is wrong with %s', async (_, args, sentence) => {
    const { code, err } = await hanamictl(server, args);
    expect(err).toContain(sentence);
    expect(code).toBe(1);
  });

  it('takes standard input as a file', async () => {
    const { code, out } = await hanamictl(server, ['dataset', 'create', 'csv', '-i', '-', 'piped'], {}, 'a,b\n1,2\n3,4\n');
    expect([code, out]).toEqual([0, expect.stringMatching(/\| NUMBER OF ROWS +\| 2 +\|/)]);
  });

  it('names the flag --force, where a project is not empty', async () => {
    const admin = await server.logIn();
    await server.call('POST', '/v1.0alpha/project', admin, JSON.stringify({ id: 'full_project', name: 'full' }));
    const { token } = await tokens.switchProject(admin, server.address, 'full_project');
    await cluster.createCluster(token, server.address, 'a cluster');
    expect((await hanamictl(server, ['project', 'delete', 'full_project'])).err).toContain('(hanamictl: --force)');
  });

  it('says that a switched project needs HANAMI_PROJECT, where the environment logs in', async () => {
    const admin = await server.logIn();
    await server.call('POST', '/v1.0alpha/project', admin, JSON.stringify({ id: 'next_project', name: 'next' }));
    const { code, err } = await hanamictl(server, ['project', 'switch', 'next_project']);
    expect([code, err]).toEqual([0, expect.stringContaining('export HANAMI_PROJECT=next_project')]);
  });

  it('warns of a mistyped variable, and marks in its help what is required', async () => {
    expect((await ask(server.address, { HANAMI_PROJEKT: 'x' })).err).toContain('did you mean HANAMI_PROJECT?');
    expect((await hanamictl(server, ['dataset', 'create', 'csv', '--help'])).out).toMatch(/-i, --input <file>.*\n?.*\(required\)/);
  });

  it('shows nothing of a picture that is no template, neither raw nor at length', async () => {
    const picture = join(folder, 'picture.png');
    writeFileSync(picture, Buffer.from(Array.from({ length: 500_000 }, (_, i) => (i * 7919) % 256)));
    const local = await hanamictl(server, ['cluster', 'create', '-t', picture, 'some cluster']);
    expect([local.code, local.err]).toEqual([1, `the template '${picture}' is no text file\n`]);
    const text = join(folder, 'escape');
    writeFileSync(text, `version: 1\nhexagons:\n\x1b]0;owned\x07${'x'.repeat(500_000)}\n`);
    const { code, err } = await hanamictl(server, ['cluster', 'create', '-t', text, 'some cluster']);
    expect(code).toBe(1);
    expect(err.length).toBeLessThan(500);
    expect(err).not.toContain('\x1b');
    for (const template of [toBase64('a'.repeat(900_000)), Buffer.alloc(900_000, 255).toString('base64')]) {
      const answer = await server.call('POST', '/v1.0alpha/cluster', await server.logIn(), JSON.stringify({ name: 'huge', template }));
      expect(answer.status).toBe(400);
      expect((await answer.text()).length).toBeLessThan(300);
    }
  });

  it('prints names of others without what would steer the terminal', async () => {
    const file = join(folder, 'names.csv');
    writeFileSync(file, 'a\x1b[2Jb,c\u202ed\n1,2\n');
    const { out } = await hanamictl(server, ['dataset', 'create', 'csv', '-i', file, 'escaping names']);
    expect(out).toContain('NUMBER OF COLUMNS');
    for (const character of ['\x1b', '\u202e']) expect(out).not.toContain(character);
  });
});

describe('a command that fails', () => {
  it('says so as JSON where JSON is wanted, with status and code', async () => {
    const { code, out, err } = await hanamictl(server, ['-j', 'cluster', 'get', SOME]);
    expect([code, out]).toEqual([1, '']);
    expect(JSON.parse(err)).toEqual({ error: `there is no cluster '${SOME}'`, status: 404, code: 'not_found' });
  });

  it('names the option that is wrong, not the field of the REST API', async () => {
    const token = await server.logIn();
    const uuid = await dataset.uploadCsvFiles(token, server.address, 'two rows', new Blob(['a,b\n1,2\n3,4\n']));
    const { err } = await hanamictl(server, ['dataset', 'content', '-c', 'a', '-o', '7', uuid]);
    expect(err).toBe('--offset is 7, but the data set has only 2 rows\n');
  });

  it('tells of data sets that do not have the same rows', async () => {
    const token = await server.logIn();
    const upload = (name: string, rows: number) =>
      dataset.uploadCsvFiles(token, server.address, name, new Blob([`a\n${'1\n'.repeat(rows)}`]));
    const [long, short] = [await upload('longer', 30), await upload('shorter', 20)];
    const template = 'version: 1\nhexagons:\n 1,1,1\n 2,1,1\ninputs:\n a: 1,1,1\noutputs:\n b: 2,1,1\n';
    const { uuid } = await cluster.createCluster(token, server.address, 'side by side', template);
    const args = ['task', 'create', 'train', '-i', `${long}:a:a`, '-o', `${short}:a:b`, '-c', uuid, 'some task'];
    const { code, err } = await hanamictl(server, args);
    expect([code, err]).toEqual([1, `data sets of one task must have the same rows; '${long}' has 30, '${short}' has 20\n`]);
  });

  it('is known by its help, at every level', async () => {
    expect((await hanamictl(server, ['help', 'dataset', 'create'])).out).toContain('Usage: hanamictl dataset create');
    expect((await hanamictl(server, ['dataset', 'help', 'list'])).out).toContain('Usage: hanamictl dataset list');
    const { code, err } = await hanamictl(server, ['help', 'datset']);
    expect([code, err]).toEqual([1, "error: unknown command 'datset'\n(Did you mean dataset?)\n"]);
  });
});

describe('hanami', () => {
  const run = (args: string[], env: Record<string, string> = {}) =>
    spawnSync(process.execPath, [SERVER, ...args], { encoding: 'utf8', timeout: 120_000, env: { PATH: process.env['PATH'], ...env } });

  it.each([
    [['foo'], {}, "there is no command 'foo', only backup, restore, doctor, check, migrate, rotate-key"],
    [['--data', '/proc/x'], {}, 'the folder /proc/x cannot be made: ENOENT'],
  ])('ends with a sentence: %j', (args, env, sentence) => {
    const { status, stderr } = run(args, env);
    expect(stderr).toContain(sentence);
    expect(status).toBe(1);
  });

  it('leaves nothing behind of a first start that failed', () => {
    const data = join(folder, 'never');
    const { status } = run(['--data', data, '--http-port', '0'], { HANAMI_ADMIN_USER_ID: 'asdf' });
    expect([status, existsSync(data)]).toEqual([1, false]);
  });

  it('warns of variables that are no settings, and tells its version', () => {
    const { stderr } = run(['--check-config', '--data', join(folder, 'data')], {
      HANAMI_HTTP_PROT: '80',
      HANAMI_USER: 'asdf',
      HANAMI_AUTH_REFUSE_BREACHED: 'true',
    });
    expect(stderr).toBe('hanami: warning: HANAMI_HTTP_PROT is no setting and means nothing; did you mean HANAMI_HTTP_PORT?\n');
    for (const main of [SERVER, HANAMICTL]) {
      const { stdout } = spawnSync(process.execPath, [main, '--version'], { encoding: 'utf8' });
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  it('takes origins with a slash at their end', async () => {
    const open = await ServerProcess.start({ HANAMI_HTTP_CORS_ORIGINS: 'https://good.example/' });
    try {
      const answer = await open.call('GET', '/health', undefined, undefined, { origin: 'https://good.example' });
      expect(answer.headers.get('access-control-allow-origin')).toBe('https://good.example');
    } finally {
      await open.remove();
    }
  });
});

const OLD_NODE = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  return Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 99) < 24;
});
// Skipped where no Node older than 24 is installed.
describe.skipIf(!OLD_NODE)('an old Node', () => {
  it.each([
    ['hanami', SERVER],
    ['hanamictl', HANAMICTL],
  ])('is told what %s needs', (name, main) => {
    const { status, stderr } = spawnSync(OLD_NODE as string, [main, 'dataset', 'list'], { encoding: 'utf8' });
    expect(stderr).toMatch(new RegExp(`^${name} needs Node 24 or newer, and this is Node \\d+\\.\\d+\\.\\d+\\.\\n$`));
    expect(status).toBe(1);
  });
});

describe('no message to a client', () => {
  it('holds a path of the server, whatever is broken there', async () => {
    const broken = await ServerProcess.start({ HANAMI_HTTP_PORT: String(await freePort()) });
    try {
      const { address } = broken;
      const token = await broken.logIn();
      const digits = await uploadDigits(token, address, 'digits', 50);
      const uuid = await newCluster(token, address, 'a cluster');
      const saved = (await cluster.saveCluster(token, address, 'a state', uuid)).uuid;
      const said: string[] = [];
      const say = async (method: string, path: string, body?: object): Promise<void> => {
        said.push(await (await broken.call(method, `/v1.0alpha${path}`, token, body && JSON.stringify(body))).text());
      };
      await say('GET', `/checkpoint?uuid=${saved}`);
      expect(said[0]).toContain(`"location":"${saved}.checkpoint"`);
      await broken.stop();
      for (const kind of ['datasets', 'checkpoints', 'clusters']) {
        const path = join(broken.folder, kind);
        for (const name of readdirSync(path)) {
          rmSync(join(path, name));
          mkdirSync(join(path, name));
        }
      }
      await broken.restart();
      await say('GET', `/dataset/content?uuid=${digits}&column_name=label`);
      await say('GET', `/dataset/download?uuid=${digits}&format=arrow`);
      await say('GET', `/dataset/check?uuid=${digits}&reference_uuid=${digits}`);
      await say('GET', `/checkpoint/download?uuid=${saved}`);
      await say('POST', '/cluster/load', { cluster_uuid: uuid, checkpoint_uuid: saved });
      await say('POST', '/cluster/save', { name: 'another state', cluster_uuid: uuid });
      const task = await queueTraining(token, address, uuid, digits);
      await expect.poll(async () => (await broken.call('GET', `/v1.0alpha/task?uuid=${task}`, token)).text()).toContain('"failed"');
      await say('GET', `/task?uuid=${task}`);
      for (const text of said) expect(text).not.toMatch(/hanami-test-|\/tmp|\/work|datasets\/|clusters\//);
      expect(said.at(-1)).toMatch(/"reason":"/);
    } finally {
      await broken.remove();
    }
  });
});
