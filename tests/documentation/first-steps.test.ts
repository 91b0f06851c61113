// The first sections of the reference documentation: installation, exceptions, insecure connections, tokens.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { join } from 'node:path';
import * as sdk from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as cli from '../hanamictl.ts';
import { PYTHON, python } from '../python.ts';
import type { ServerProcess } from '../server-process.ts';
import { ADMIN } from '../server-process.ts';
import { documented } from './setup.ts';

const REFERENCE = join(import.meta.dirname, '../../../shared/reference/cli-sdk-documentation.txt');

const inPython = it.skipIf(!PYTHON);
const on = documented();
const { shown, snippet } = on;
let address: string;
let folder: string;
let token: string;
let server: ServerProcess;
beforeAll(() => {
  ({ address, folder, token, server } = on);
});

describe('Installation / Compile', () => {
  it('gives the command line and both SDKs', async () => {
    expect(await shown('--help')).toContain('Usage: hanamictl');
    expect(Object.keys(sdk)).toEqual(
      expect.arrayContaining(['token', 'project', 'user', 'dataset', 'cluster', 'task', 'directIo', 'checkpoint', 'hosts', 'connect']),
    );
  });

  inPython('has every Python snippet of the documentation as it stands', async () => {
    if (!existsSync(REFERENCE)) return;
    const code = (line: string): boolean => line.trim() !== '' && !line.startsWith('#');
    const reference = readFileSync(REFERENCE, 'utf8').split('\n');
    const starts = reference.filter((line) => line.startsWith('from hanami_sdk import'));
    const files = readdirSync(join(import.meta.dirname, 'snippets'));
    expect(files).toHaveLength(starts.length);
    const flat = reference.filter(code).join('\n');
    for (const file of files) {
      const lines = readFileSync(join(import.meta.dirname, 'snippets', file), 'utf8').split('\n');
      // The text has lost the indentation of lines, all but that within quotes.
      expect(flat, file).toContain(
        lines
          .filter(code)
          .map((line) => line.replace(/^ {4}/, ''))
          .join('\n'),
      );
    }
  });
});

describe('Exceptions', () => {
  const faults = [
    ["project.get_project(token, address, 'absent')", "there is no project 'absent'\n", sdk.NotFound],
    ["hanami_token.request_token(address, 'asdf', 'wrong passphrase')", 'the user id or the passphrase is wrong\n', sdk.Unauthorized],
    [
      "project.get_project(token, address, 'a b c')",
      "'id' must begin with a letter and hold only letters, digits and '_'\n",
      sdk.BadRequest,
    ],
    ["user.delete_user(token, address, 'asdf')", 'nobody can delete themselves; ask another admin\n', sdk.Conflict],
    ['internal()', 'internal error\n', sdk.InternalServerError],
  ] as const;

  inPython.each(faults)('has one for each status: %s', async (command, printed) => {
    const names =
      'from hanami_sdk import hanami_exceptions, hanami_token, user\ndef internal():\n    raise hanami_exceptions.exception_for(500, "internal error 1")\n';
    const replace = { 'from hanami_sdk import hanami_exceptions\n': names, '(command)': command };
    expect((await snippet('exceptions', { replace, names: { address } })).printed).toBe(printed);
  });

  it('has one for each status in TypeScript too', async () => {
    await expect(sdk.project.getProject(token, address, 'absent')).rejects.toThrowError(sdk.NotFound);
    await expect(sdk.token.requestToken(address, 'asdf', 'wrong passphrase')).rejects.toThrowError(sdk.Unauthorized);
    await expect(sdk.project.getProject(token, address, 'a b c')).rejects.toThrowError(sdk.BadRequest);
    await expect(sdk.user.deleteUser(token, address, 'asdf')).rejects.toThrowError(sdk.Conflict);
    for (const [, , Fault] of faults) expect(Fault.prototype).toBeInstanceOf(sdk.HanamiError);
  });
});

const OPENSSL = spawnSync('openssl', ['version']).status === 0;
if (!OPENSSL && process.env['CI']) throw new Error('CI needs openssl');

describe.skipIf(!OPENSSL)('For insecure connections', () => {
  let secure: string;
  let close: () => void;
  beforeAll(async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const subject = ['-subj', '/CN=localhost', '-days', '1', '-keyout', key, '-out', certificate];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...subject], { stdio: 'ignore' });
    // TLS as a proxy before the server does it.
    const { hostname, port } = new URL(address);
    const proxy = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (request, response) => {
      const { method, url: path, headers } = request;
      request.pipe(
        httpRequest({ hostname, port, method, path, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        }),
      );
    });
    proxy.on('upgrade', ({ headers, url }, socket) => {
      const upstream = connectTo(Number(port), hostname, () => {
        const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
        upstream.write(`GET ${url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
        socket.pipe(upstream).pipe(socket);
      });
      for (const end of [socket, upstream]) end.on('error', () => {});
    });
    await new Promise<void>((ready) => proxy.listen(0, '127.0.0.1', ready));
    secure = `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    close = () => proxy.close();
  });
  afterAll(() => close());

  it('refuses a self-signed certificate, unless told otherwise', async () => {
    await expect(sdk.token.requestToken(secure, ADMIN.id, ADMIN.passphrase)).rejects.toThrowError(sdk.ConnectionError);
    const options = { verifyConnection: false };
    const key = await sdk.token.requestToken(secure, ADMIN.id, ADMIN.passphrase, options);
    const file = new Blob(['a,b\n1,2\n']);
    const uuid = await sdk.dataset.uploadCsvFiles(key, secure, 'over tls', file, undefined, options);
    await sdk.dataset.deleteDataset(key, secure, uuid, options);
  });

  it('does so in the command line with --insecure', async () => {
    const args = ['host', 'list'];
    expect((await cli.hanamictl(server, args, { HANAMI_ADDRESS: secure })).code).toBe(1);
    expect((await cli.hanamictl(server, [...args, '--insecure'], { HANAMI_ADDRESS: secure })).code).toBe(0);
  });

  inPython('does so in Python with verify_connection=False', async () => {
    const program = `
from hanami_sdk import dataset, hanami_token
address = "${secure}"
try:
    hanami_token.request_token(address, "asdf", "asdfasdf")
except Exception as error:
    print(type(error).__name__)
token = hanami_token.request_token(address, "asdf", "asdfasdf", verify_connection=False)
uuid = dataset.upload_csv_files(token, address, "over tls", "${join(folder, 'test.csv')}", verify_connection=False)
dataset.delete_dataset(token, address, uuid, verify_connection=False)
`;
    expect(await python(['-W', 'ignore', '-c', program])).toBe('SSLError\n');
  });
});

describe('Request Token', () => {
  it('gives a token that holds what is known of the user', async () => {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(JSON.parse(claims.user)).toEqual({
      id: 'asdf',
      name: 'asdf',
      is_admin: true,
      project_id: 'admin',
      role: 'admin',
      is_project_admin: true,
    });
    expect(claims.exp - Date.now() / 1000).toBeGreaterThan(3500);
  });

  inPython('gives it in Python from both modules', async () => {
    const ask = (module: string) =>
      `from hanami_sdk import ${module}\nprint(len(${module}.request_token("${address}", "asdf", "asdfasdf")))`;
    for (const module of ['token', 'hanami_token']) expect(Number(await python(['-c', ask(module)]))).toBeGreaterThan(100);
  });
});
