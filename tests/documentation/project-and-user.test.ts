// The sections of the reference documentation about projects and users, each by its name: its table as hanamictl prints it, its function in Python.
import * as sdk from '@openhanami/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import * as cli from '../hanamictl.ts';
import { PYTHON, python } from '../python.ts';
import type { ServerProcess } from '../server-process.ts';
import { documented } from './setup.ts';

const NEW_USER = { id: 'new_user', passphrase: 'asdfasdf' };

const inPython = it.skipIf(!PYTHON);
const on = documented();
const { shown, answerOf } = on;
const { alike } = cli;
let address: string;
let token: string;
let server: ServerProcess;
beforeAll(() => {
  ({ address, token, server } = on);
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
