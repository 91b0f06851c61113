// Every section of the reference documentation, by its name: its table as hanamictl prints it, its function in TypeScript and Python.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import * as sdk from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEMPLATE } from './digits.ts';
import * as cli from './hanamictl.ts';
import { PYTHON, python, runSnippet, type Snippet } from './python.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const REFERENCE = join(import.meta.dirname, '../../shared/reference/cli-sdk-documentation.txt');
const NEW_USER = { id: 'new_user', passphrase: 'asdfasdf' };

let server: ServerProcess;
let folder: string;
let address: string;
let token: string;
/** Uuids that sections leave for those after them. */
const made = { digits: '', table: '', cluster: '', checkpoint: '', train: '', request: '' };

beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_ADMIN_USER_NAME: 'asdf', HANAMI_HOSTS: '2' });
  address = server.address;
  token = await server.logIn();
  folder = mkdtempSync(join(tmpdir(), 'hanami-documentation-'));
  await writeMnist(drawDigits(600, 1), join(folder, 'train-images-idx3-ubyte'), join(folder, 'train-labels-idx1-ubyte'));
  writeFileSync(join(folder, 'test.csv'), `test_input,test_output\n${'1,2\n3,4\n'.repeat(5)}`);
  writeFileSync(join(folder, 'cluster_template'), TEMPLATE);
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

const shown = (...args: string[]): Promise<string> => cli.shown(server, ...args);
const uuidFrom = (...args: string[]): Promise<string> => cli.uuidFrom(server, ...args);
const { alike } = cli;
const snippet = (name: string, given?: Snippet) => runSnippet(address, name, given);
const answerOf = async (name: string, given?: Snippet) => JSON.parse(String((await snippet(name, given)).variables['result']));
const inPython = it.skipIf(!PYTHON);

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
    const files = readdirSync(join(import.meta.dirname, 'documentation/snippets'));
    expect(files).toHaveLength(starts.length);
    const flat = reference.filter(code).join('\n');
    for (const file of files) {
      const lines = readFileSync(join(import.meta.dirname, 'documentation/snippets', file), 'utf8').split('\n');
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

describe('Project', () => {
  it('Create Project', async () => {
    expect(alike(await shown('project', 'create', '-n', 'cli test project', 'cli_test_project'))).toBe(
      `+------------+-------------------------+
| ID         | cli_test_project        |
| NAME       | cli test project        |
| CREATOR ID | asdf                    |
| CREATED AT | 2024-07-12 20:52:21 UTC |
+------------+-------------------------+
`,
    );
  });
  inPython('Create Project in Python', async () => {
    const answer = await answerOf('create-project', { names: { projet_id: 'test_project' } });
    expect(answer).toMatchObject({ creator_id: 'asdf', id: 'test_project', name: 'Test Project' });
  });

  it('Get Project', async () => {
    expect(await shown('project', 'get', 'cli_test_project')).toContain('| NAME       | cli test project        |');
  });
  inPython('Get Project in Python', async () => {
    const answer = await answerOf('get-project', { names: { projet_id: 'test_project' } });
    expect(answer).toMatchObject({ creator_id: 'asdf', id: 'test_project', name: 'Test Project' });
  });

  it('List Project', async () => {
    expect(alike(await shown('project', 'list'))).toMatch(
      `+------------------+------------------+------------+-------------------------+
|        ID        |       NAME       | CREATOR ID |       CREATED AT        |
+------------------+------------------+------------+-------------------------+
| cli_test_project | cli test project | asdf       | 2024-07-12 20:52:21 UTC |
`,
    );
  });
  inPython('List Project in Python', async () => {
    const { header, body } = await answerOf('list-project');
    expect(header).toEqual(['created_at', 'id', 'name', 'creator_id']);
    expect(body.at(-1).slice(1)).toEqual(['test_project', 'Test Project', 'asdf']);
  });

  it('Delete Project', async () => {
    expect(await shown('project', 'delete', 'cli_test_project')).toBe("successfully deleted project 'cli_test_project'\n");
    if (!PYTHON) await sdk.project.createProject(token, address, 'test_project', 'Test Project');
  });
});

describe('User', () => {
  it('Create User', async () => {
    expect(alike(await shown('user', 'create', '-n', 'cli test user', '-p', 'asdfasdfasdf', 'cli_test_user'))).toBe(
      `+------------+-------------------------+
| ID         | cli_test_user           |
| NAME       | cli test user           |
| IS ADMIN   | false                   |
| PROJECTS   | []                      |
| CREATOR ID | asdf                    |
| CREATED AT | 2024-07-12 20:52:21 UTC |
+------------+-------------------------+
`,
    );
  });
  inPython('Create User in Python', async () => {
    const created = { creator_id: 'asdf', id: 'new_user', is_admin: true, name: 'new_user', projects: [] };
    expect(await answerOf('create-user')).toMatchObject(created);
  });

  it('Get User', async () => {
    expect(await shown('user', 'get', 'cli_test_user')).toContain('| IS ADMIN   | false                   |');
  });
  inPython('Get User in Python', async () => {
    expect(await answerOf('get-user')).toMatchObject({ id: 'new_user', is_admin: true });
  });

  it('List User', async () => {
    expect(alike(await shown('user', 'list'))).toContain(
      `+---------------+---------------+----------+----------+-------------+-------------------------+
|      ID       |     NAME      | IS ADMIN | PROJECTS | CREATOR ID  |       CREATED AT        |
+---------------+---------------+----------+----------+-------------+-------------------------+
| asdf          | asdf          | true     | []       | HANAMI_INIT | 2024-07-12 20:52:21 UTC |
| cli_test_user | cli test user | false    | []       | asdf        | 2024-07-12 20:52:21 UTC |
`,
    );
  });
  inPython('List User in Python', async () => {
    const { header, body } = await answerOf('list-user');
    expect(header).toEqual(['created_at', 'id', 'name', 'creator_id', 'projects', 'is_admin']);
    expect(body.at(-1).slice(1)).toEqual(['new_user', 'new_user', 'asdf', [], true]);
  });

  it('Delete User', async () => {
    expect(await shown('user', 'delete', 'cli_test_user')).toBe("successfully deleted user 'cli_test_user'\n");
    if (PYTHON) await sdk.user.deleteUser(token, address, NEW_USER.id);
    // From here on the new user is none of the admins, so that projects mean something.
    await sdk.user.createUser(token, address, NEW_USER.id, NEW_USER.id, NEW_USER.passphrase);
  });

  inPython('Add project to user in Python', async () => {
    const { projects } = await answerOf('add-project-to-user');
    expect(projects).toEqual([{ project_id: 'test_project', role: 'member', is_project_admin: true }]);
    const program = `from hanami_sdk import hanami_token, user
token = hanami_token.request_token("${address}", "asdf", "asdfasdf")
user.remove_project_fromUser(token, "${address}", "new_user", "test_project")`;
    await python(['-c', program]);
  });
  it('Add project to user', async () => {
    const added = await shown('user', 'project', 'add', '--is_project_admin', NEW_USER.id, 'test_project');
    expect(added).toContain('[{"is_project_admin":true,"project_id":"test_project","role":"member"}]');
  });

  const asNewUser = async (...args: string[]): Promise<string> =>
    (await cli.hanamictl(server, args, { HANAMI_USER: NEW_USER.id, HANAMI_PASSPHRASE: NEW_USER.passphrase })).out;

  it('List projects of current user', async () => {
    const table = `+--------------+--------+------------------+
|  PROJECT ID  |  ROLE  | IS PROJECT ADMIN |
+--------------+--------+------------------+
| test_project | member | true             |
+--------------+--------+------------------+
`;
    expect(await asNewUser('user', 'project', 'list')).toBe(table);
    expect(await shown('user', 'project', 'list', NEW_USER.id)).toBe(table);
  });

  it('Switch project-scrope of current user', async () => {
    await sdk.project.createProject(token, address, 'other_project', 'Other Project');
    await sdk.user.addProjectToUser(token, address, NEW_USER.id, 'other_project', 'member');
    expect(await asNewUser('project', 'switch', 'other_project')).toMatch(/\| ID {7}\| new_user +\|\n(.*\n)*\| TOKEN {4}\| ey/);
    const first = await server.logIn(NEW_USER);
    const { token: switched } = await sdk.user.switchProject(first, address, 'other_project');
    expect(Buffer.from(switched.split('.')[1] ?? '', 'base64url').toString()).toContain('other_project');
  });
  inPython('Switch project-scrope of current user in Python', async () => {
    const program = `import json
from hanami_sdk import hanami_token, user
token = hanami_token.request_token("${address}", "new_user", "asdfasdf")
print(user.list_projects_of_user(token, "${address}", False).decode())
print(json.loads(user.switch_project(token, "${address}", "other_project"))["id"])`;
    const [projects = '', id] = (await python(['-c', program])).trim().split('\n');
    expect(JSON.parse(projects).projects).toHaveLength(2);
    expect(id).toBe('new_user');
  });

  it('Remove project from user', async () => {
    expect(await shown('user', 'project', 'remove', NEW_USER.id, 'other_project')).not.toContain('other_project');
  });
});

describe('Data-Set', () => {
  it('Upload MNIST-Data-Set', async () => {
    const files = ['-i', join(folder, 'train-images-idx3-ubyte'), '-l', join(folder, 'train-labels-idx1-ubyte')];
    const created = await shown('dataset', 'create', 'mnist', ...files, 'cli_test_dataset');
    made.digits = cli.UUID.exec(created)?.[0] ?? '';
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
| CREATED AT        | 2024-07-12 20:52:21 UTC                                                                       |
+-------------------+-----------------------------------------------------------------------------------------------+
`,
    );
  });
  inPython('Upload MNIST-Data-Set in Python', async () => {
    const replace = {
      '/tmp/mnist/train-images.idx3-ubyte': join(folder, 'train-images-idx3-ubyte'),
      '/tmp/mnist/train-labels.idx1-ubyte': join(folder, 'train-labels-idx1-ubyte'),
    };
    expect((await snippet('upload-mnist-data-set', { replace })).variables['dataset_uuid']).toMatch(cli.UUID);
  });

  it('Upload CSV-Data-Set', async () => {
    const created = await shown('dataset', 'create', 'csv', '-i', join(folder, 'test.csv'), 'test_csv');
    made.table = cli.UUID.exec(created)?.[0] ?? '';
    expect(alike(created)).toBe(
      `+-------------------+--------------------------------------------------------------------------------------------------+
| UUID              | 00000000-0000-0000-0000-000000000000                                                             |
| NAME              | test_csv                                                                                         |
| VERSION           | v1.0alpha                                                                                        |
| NUMBER OF COLUMNS | 2                                                                                                |
| NUMBER OF ROWS    | 10                                                                                               |
| DESCRIPTION       | {"test_input":{"column_end":1,"column_start":0},"test_output":{"column_end":2,"column_start":1}} |
| VISIBILITY        | private                                                                                          |
| OWNER ID          | asdf                                                                                             |
| PROJECT ID        | admin                                                                                            |
| CREATED AT        | 2024-07-12 20:52:21 UTC                                                                          |
+-------------------+--------------------------------------------------------------------------------------------------+
`,
    );
  });
  inPython('Upload CSV-Data-Set in Python', async () => {
    const replace = { '/tmp/csv/test-file.csv': join(folder, 'test.csv') };
    expect((await snippet('upload-csv-data-set', { replace })).variables['dataset_uuid']).toMatch(cli.UUID);
  });

  it('Get Data-Set', async () => {
    expect(await shown('dataset', 'get', made.digits)).toContain('| NUMBER OF ROWS    | 600 ');
  });
  inPython('Get Data-Set in Python', async () => {
    const replace = { '6f2bbcd2-7081-4b08-ae1d-16e6cd6f54c4': made.digits };
    const found = { name: 'cli_test_dataset', owner_id: 'asdf', project_id: 'admin', uuid: made.digits, visibility: 'private' };
    expect(await answerOf('get-data-set', { replace })).toMatchObject(found);
  });

  it('List Data-Sets', async () => {
    const [, header, , first] = alike(await shown('dataset', 'list')).split('\n');
    // How wide the column of names is depends on who uploaded before.
    const cells = (line = ''): string => line.replaceAll(/ +/g, ' ');
    expect(cells(header)).toBe('| UUID | NAME | VISIBILITY | OWNER ID | PROJECT ID | CREATED AT |');
    expect(cells(first)).toBe(
      '| 00000000-0000-0000-0000-000000000000 | cli_test_dataset | private | asdf | admin | 2024-07-12 20:52:21 UTC |',
    );
  });
  inPython('List Data-Sets in Python', async () => {
    expect((await answerOf('list-data-sets')).header).toEqual(['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name']);
  });

  it('Delete Data-Set', async () => {
    expect(await shown('dataset', 'delete', made.table)).toBe(`successfully deleted dataset '${made.table}'\n`);
  });
});

describe('Cluster', () => {
  it('Create Cluster', async () => {
    const created = await shown('cluster', 'create', '-t', join(folder, 'cluster_template'), 'cli_test_cluster');
    made.cluster = cli.UUID.exec(created)?.[0] ?? '';
    expect(alike(created)).toBe(
      `+------------+--------------------------------------+
| UUID       | 00000000-0000-0000-0000-000000000000 |
| NAME       | cli_test_cluster                     |
| VISIBILITY | private                              |
| OWNER ID   | asdf                                 |
| PROJECT ID | admin                                |
| CREATED AT | 2024-07-12 20:52:21 UTC              |
+------------+--------------------------------------+
`,
    );
  });
  inPython('Create Cluster in Python', async () => {
    const created = { name: 'test_cluster', owner_id: 'asdf', project_id: 'admin', visibility: 'private' };
    expect(await answerOf('create-cluster')).toMatchObject(created);
  });

  it('Get Cluster', async () => {
    expect(
      alike(await shown('cluster', 'get', made.cluster)).replace(
        /(MEMORY +\| )(\d+)( +)/,
        (_, name, bytes, blanks) => `${name}0${' '.repeat(bytes.length - 1)}${blanks}`,
      ),
    ).toBe(
      `+--------------------+--------------------------------------+
| UUID               | 00000000-0000-0000-0000-000000000000 |
| NAME               | cli_test_cluster                     |
| VISIBILITY         | private                              |
| OWNER ID           | asdf                                 |
| NUMBER OF BLOCKS   | 0                                    |
| NUMBER OF SECTIONS | 0                                    |
| PROJECT ID         | admin                                |
| CREATED AT         | 2024-07-12 20:52:21 UTC              |
| NEURONS            | 0                                    |
| MEMORY             | 0                                    |
| MODE               | TASK                                 |
+--------------------+--------------------------------------+
`,
    );
  });
  inPython('Get Cluster in Python', async () => {
    const answer = await answerOf('get-cluster', { replace: { 'd94f2b53-f404-4215-9a33-63c4a03e3202': made.cluster } });
    expect(answer).toMatchObject({ name: 'cli_test_cluster', number_of_blocks: 0, number_of_sections: 0, uuid: made.cluster });
  });

  it('List Cluster', async () => {
    expect(alike(await shown('cluster', 'list'))).toMatch(
      `+--------------------------------------+------------------+------------+----------+------------+-------------------------+
|                 UUID                 |       NAME       | VISIBILITY | OWNER ID | PROJECT ID |       CREATED AT        |
+--------------------------------------+------------------+------------+----------+------------+-------------------------+
| 00000000-0000-0000-0000-000000000000 | cli_test_cluster | private    | asdf     | admin      | 2024-07-12 20:52:21 UTC |
`,
    );
  });
  inPython('List Cluster in Python', async () => {
    expect((await answerOf('list-cluster')).header).toEqual(['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name']);
  });

  it('Delete Cluster', async () => {
    const uuid = await uuidFrom('cluster', 'create', 'short lived');
    expect(await shown('cluster', 'delete', uuid)).toBe(`successfully deleted cluster '${uuid}'\n`);
  });

  inPython('Create Checkpoint of Cluster in Python', async () => {
    const answer = await answerOf('create-checkpoint-of-cluster', { names: { cluster_uuid: made.cluster } });
    expect(answer).toEqual({ name: 'test_checkpoint', uuid: expect.stringMatching(cli.UUID) });
  });
  it('Create Checkpoint of Cluster', async () => {
    const saved = await shown('cluster', 'save', '-n', 'cli_test_checkpoint', made.cluster);
    made.checkpoint = cli.UUID.exec(saved)?.[0] ?? '';
    expect(alike(saved)).toBe(
      `+------+--------------------------------------+
| UUID | 00000000-0000-0000-0000-000000000000 |
| NAME | cli_test_checkpoint                  |
+------+--------------------------------------+
`,
    );
  });

  it('Restore Checkpoint of Cluster', async () => {
    expect(await shown('cluster', 'restore', '-c', made.checkpoint, made.cluster)).toBe(
      `+------+--------------------------------------+
| UUID | ${made.cluster} |
+------+--------------------------------------+
`,
    );
  });
  inPython('Restore Checkpoint of Cluster in Python', async () => {
    const replace = { 'cc6120c7-cc31-4f17-baee-c6c606f00512': made.checkpoint, 'd94f2b53-f404-4215-9a33-63c4a03e3202': made.cluster };
    expect(await answerOf('restore-checkpoint-of-cluster', { replace })).toEqual({ uuid: made.cluster });
  });

  const hostOf = async () => (await sdk.cluster.getCluster(token, address, made.cluster)).host;
  const otherHost = async (): Promise<string> => {
    const now = await hostOf();
    return String((await sdk.hosts.listHosts(token, address)).body.map((row) => row[0]).find((uuid) => uuid !== now));
  };
  it('Switch Host', async () => {
    const target = await otherHost();
    expect(await shown('cluster', 'switch-host', '-h', target, made.cluster)).toContain(
      '| NAME       | cli_test_cluster                     |',
    );
    expect(await hostOf()).toBe(target);
  });
  inPython('Switch Host in Python', async () => {
    const target = await otherHost();
    const replace = { 'cc6120c7-cc31-4f17-baee-c6c606f00512': target, 'd94f2b53-f404-4215-9a33-63c4a03e3202': made.cluster };
    expect(await answerOf('switch-host', { replace })).toMatchObject({ name: 'cli_test_cluster', owner_id: 'asdf', uuid: made.cluster });
    expect(await hostOf()).toBe(target);
  });
});

describe('Task', () => {
  const inTask = () => ({
    '9f86921d-9a7c-44a2-836c-1683928d9354': made.cluster,
    '6f2bbcd2-7081-4b08-ae1d-16e6cd6f54c4': made.digits,
    picture_hex: 'picture',
    label_hex: 'label',
  });

  it('Create Train-Task', async () => {
    const sources = ['-i', `${made.digits}:picture:picture`, '-o', `${made.digits}:label:label`];
    const table = await shown('task', 'create', 'train', ...sources, '-c', made.cluster, '--wait', 'cli_train_test_task');
    made.train = cli.UUID.exec(table)?.[0] ?? '';
    expect(alike(table)).toBe(
      `+------------------------+--------------------------------------+
| UUID                   | 00000000-0000-0000-0000-000000000000 |
| STATE                  | finished                             |
| CURRENT CYCLE          | 600                                  |
| TOTAL NUMBER OF CYCLES | 600                                  |
| QUEUE TIMESTAMP        | 2024-07-12 20:52:21 UTC              |
| START TIMESTAMP        | 2024-07-12 20:52:21 UTC              |
| END TIMESTAMP          | 2024-07-12 20:52:21 UTC              |
+------------------------+--------------------------------------+
`,
    );
  });
  inPython('Create Train-Task in Python', async () => {
    const { printed, variables } = await snippet('create-train-task', { replace: inTask() });
    expect(printed).toContain('wait for finish task');
    expect(variables).toMatchObject({ task_uuid: expect.stringMatching(cli.UUID), inputs: [{ dataset_uuid: made.digits }] });
  });

  it('Create Request-Task', async () => {
    const sources = ['-i', `${made.digits}:picture:picture`, '-r', 'label:test_output'];
    const table = await shown('task', 'create', 'request', ...sources, '-c', made.cluster, '--wait', 'cli_request_test_task');
    made.request = cli.UUID.exec(table)?.[0] ?? '';
    expect(table).toContain('| STATE                  | finished ');
  });
  inPython('Create Request-Task in Python', async () => {
    const { variables } = await snippet('create-request-task', { replace: inTask() });
    expect(variables['task_uuid']).toMatch(cli.UUID);
  });

  it('Get Task', async () => {
    expect(await shown('task', 'get', '-c', made.cluster, made.train)).toContain('| TOTAL NUMBER OF CYCLES | 600 ');
  });
  inPython('Get Task in Python', async () => {
    const answer = await answerOf('get-task', { replace: { ...inTask(), 'c7f7e274-5d7d-4696-8591-18441cb1b685': made.train } });
    expect(answer).toMatchObject({ state: 'finished', queue_timestamp: expect.any(String), end_timestamp: expect.any(String) });
  });

  it('List Task', async () => {
    expect(alike(await shown('task', 'list', '-c', made.cluster))).toMatch(
      `+--------------------------------------+----------+-----------------------+----------+
|                 UUID                 |  STATE   |         NAME          | PROGRESS |
+--------------------------------------+----------+-----------------------+----------+
| 00000000-0000-0000-0000-000000000000 | finished | cli_train_test_task   | 100.0 %  |
`,
    );
  });
  inPython('List Task in Python', async () => {
    const { header, body } = await answerOf('list-task', { replace: inTask() });
    expect(header).toEqual(['uuid', 'state', 'percentage', 'queued', 'start', 'end', 'name']);
    expect(body[0].slice(0, 3)).toEqual([made.train, 'finished', '1.000000']);
  });

  it('Delete Task', async () => {
    const [uuid = ''] = (await sdk.task.listTasks(token, address, made.cluster)).body.map((row) => String(row[0]));
    expect(await shown('task', 'delete', '-c', made.cluster, uuid)).toBe(`successfully deleted task '${uuid}'\n`);
  });
  inPython('Delete Task in Python', async () => {
    const uuids = async () => (await sdk.task.listTasks(token, address, made.cluster)).body.map((row) => String(row[0]));
    const [uuid = ''] = await uuids();
    await snippet('delete-task', { replace: { ...inTask(), 'c7f7e274-5d7d-4696-8591-18441cb1b685': uuid } });
    expect(await uuids()).not.toContain(uuid);
  });
});

describe('Data-Set, with a result', () => {
  it('Check MNIST Dataset Result', async () => {
    expect(await shown('dataset', 'check', '-r', made.digits, made.request)).toMatch(
      /^\+-+\+-+\+\n\| ACCURACY \| \d+(\.\d+)? *\|\n\+-+\+-+\+\n$/,
    );
  });
  const replace = () => ({ 'c7f7e274-5d7d-4696-8591-18441cb1b685': made.digits, 'd40c0c06-bd28-49a4-b872-6a70c4750bb9': made.request });
  inPython('Check MNIST Dataset Result in Python', async () => {
    expect((await answerOf('check-mnist-dataset-result', { replace: replace() })).accuracy).toBeGreaterThan(50);
  });

  it('Download Dataset content', async () => {
    const lines = (await shown('dataset', 'content', '-c', 'test_output', '-o', '100', '-n', '10', made.request)).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '+-----+----------+----------+----------+----------+----------+----------+----------+----------+----------+----------+',
      '|     |    0     |    1     |    2     |    3     |    4     |    5     |    6     |    7     |    8     |    9     |',
      '+-----+----------+----------+----------+----------+----------+----------+----------+----------+----------+----------+',
    ]);
    for (const [i, line] of lines.slice(3, 13).entries()) expect(line).toMatch(new RegExp(`^\\| ${100 + i} (\\| \\d\\.\\d{6} ){10}\\|$`));
    expect(lines).toHaveLength(15);
  });
  inPython('Download Dataset content in Python', async () => {
    const { data } = await answerOf('download-dataset-content', { replace: replace() });
    expect(data.map((row: number[]) => row.length)).toEqual([10, 10]);
  });
});

describe('Direct-IO', () => {
  const TALKING = 'version: 1\nhexagons:\n 1,1,1\n 2,1,1\ninputs:\n test_input: 1,1,1\noutputs:\n test_output: 2,1,1\n';
  let talking: string;
  beforeAll(async () => {
    talking = (await sdk.cluster.createCluster(token, address, 'talking cluster', TALKING)).uuid;
  });
  const values = [0, 2, 0, 10, 0.5];

  it('direct train', async () => {
    const connection = await sdk.cluster.switchToDirectMode(token, address, talking);
    await sdk.directIo.sendTrainInput(connection, 'test_input', values, false);
    await sdk.directIo.sendTrainInput(connection, 'test_output', [1, 0], true);
    await connection.close();
    await sdk.cluster.switchToTaskMode(token, address, talking);
  });
  it('direct train in the command line, from standard input', async () => {
    const args = ['direct', 'train', '-c', talking, '-o', 'test_output:2'];
    const { out, err } = await cli.hanamictl(server, args, {}, 'a,b,c,d,e,x,y\n0,2,0,10,0.5,1,0\n0,2,0,10,0.5,1,0\n');
    expect([out, err]).toEqual(['trained 2 cycles\n', '']);
  });
  inPython('direct train in Python', async () => {
    expect((await snippet('direct-train', { replace: { '9f86921d-9a7c-44a2-836c-1683928d9354': talking } })).answers).toEqual([null, null]);
  });

  it('direct request', async () => {
    const connection = await sdk.cluster.switchToDirectMode(token, address, talking);
    const [yes = 0, no = 1] = await sdk.directIo.sendRequestInput(connection, 'test_input', values, true);
    expect(yes).toBeGreaterThan(no);
    await connection.close();
    await sdk.cluster.switchToTaskMode(token, address, talking);
  });
  it('direct request in the command line, from standard input', async () => {
    const { out, err } = await cli.hanamictl(server, ['direct', 'request', '-c', talking], {}, '0,2,0,10,0.5\n');
    expect([out, err]).toEqual([expect.stringMatching(/^[\d.e-]+,[\d.e-]+\n$/), '']);
  });
  inPython('direct request in Python', async () => {
    const { answers } = await snippet('direct-request', { replace: { '9f86921d-9a7c-44a2-836c-1683928d9354': talking } });
    expect(answers).toEqual([[expect.any(Number), expect.any(Number)]]);
  });
});

describe('Checkpoint', () => {
  it('List Checkpoints', async () => {
    expect(alike(await shown('checkpoint', 'list'))).toContain(
      `+--------------------------------------+---------------------+------------+----------+------------+-------------------------+
|                 UUID                 |        NAME         | VISIBILITY | OWNER ID | PROJECT ID |       CREATED AT        |
+--------------------------------------+---------------------+------------+----------+------------+-------------------------+
`,
    );
    expect(alike(await shown('checkpoint', 'list'))).toContain(
      '| 00000000-0000-0000-0000-000000000000 | cli_test_checkpoint | private    | asdf     | admin      | 2024-07-12 20:52:21 UTC |',
    );
  });
  inPython('List Checkpoints in Python', async () => {
    expect((await answerOf('list-checkpoints')).header).toEqual(['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name']);
  });

  inPython('Delete Checkpoint in Python', async () => {
    const { uuid } = await sdk.cluster.saveCluster(token, address, 'short lived', made.cluster);
    await snippet('delete-checkpoint', { replace: { 'cc6120c7-cc31-4f17-baee-c6c606f00512': uuid } });
    await expect(sdk.checkpoint.getCheckpoint(token, address, uuid)).rejects.toThrowError(sdk.NotFound);
  });
  it('Delete Checkpoint', async () => {
    expect(await shown('checkpoint', 'delete', made.checkpoint)).toBe(`successfully deleted checkpoint '${made.checkpoint}'\n`);
  });
});

describe('Hosts', () => {
  it('List Hosts', async () => {
    expect(alike(await shown('host', 'list'))).toBe(
      `+--------------------------------------+------+
|                 UUID                 | TYPE |
+--------------------------------------+------+
| 00000000-0000-0000-0000-000000000000 | cpu  |
| 00000000-0000-0000-0000-000000000000 | cpu  |
+--------------------------------------+------+
`,
    );
  });
  inPython('List Hosts in Python', async () => {
    const { header, body } = await answerOf('list-hosts');
    expect(header.slice(0, 2)).toEqual(['uuid', 'type']);
    expect(body.map((row: unknown[]) => row[1])).toEqual(['cpu', 'cpu']);
  });
});
