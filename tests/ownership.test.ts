import { cluster, dataset, project, task, token as tokens, Unauthorized, user } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const PASSPHRASE = 'passphrase';

let server: ServerProcess;
let address: string;
/** Tokens by user: members `anna` and `berta` and the project admin `chief` of one project, `dora` of another, and the admin. */
const keys: Record<string, string> = {};
let digits: string;
let uuid: string;
let run: string;

beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  const admin = await server.logIn();
  keys['admin'] = admin;
  for (const id of ['project_one', 'project_two']) await project.createProject(admin, address, id, id);
  for (const [id, projectId] of [
    ['anna', 'project_one'],
    ['berta', 'project_one'],
    ['chief', 'project_one'],
    ['dora', 'project_two'],
  ] as const) {
    await user.createUser(admin, address, id, `user ${id}`, PASSPHRASE);
    await user.addProjectToUser(admin, address, id, projectId, 'member', id === 'chief');
    keys[id] = await tokens.requestToken(address, id, PASSPHRASE);
  }
  digits = await uploadDigits(keys['anna'] as string, address, 'digits of anna', 100);
  uuid = await newCluster(keys['anna'] as string, address, 'cluster of anna');
  run = await queueTraining(keys['anna'] as string, address, uuid, digits);
  await task.waitForTask(keys['anna'] as string, address, run, uuid);
});
afterAll(() => server.remove());

describe('what belongs to a member', () => {
  it.each([
    ['anna', true],
    ['chief', true],
    ['admin', true],
    ['berta', false],
    ['dora', false],
  ])('is seen by %s: %s', async (who, sees) => {
    const key = keys[who] as string;
    expect((await dataset.listDatasets(key, address)).body.map((row) => row[1])).toEqual(sees ? [digits] : []);
    expect((await cluster.listClusters(key, address)).body.map((row) => row[1])).toEqual(sees ? [uuid] : []);
    for (const look of [
      () => dataset.getDataset(key, address, digits),
      () => dataset.downloadDatasetContent(key, address, digits, 'label'),
      () => cluster.getCluster(key, address, uuid),
      () => task.getTask(key, address, run, uuid),
      () => task.listTasks(key, address, uuid),
    ]) {
      if (sees) await expect(look()).resolves.toBeDefined();
      else await expect(look()).rejects.toThrowError(/there is no (data set|cluster)/);
    }
  });

  it('cannot be changed or used by others', async () => {
    const key = keys['berta'] as string;
    await expect(dataset.deleteDataset(key, address, digits)).rejects.toThrowError('there is no data set');
    await expect(cluster.deleteCluster(key, address, uuid)).rejects.toThrowError('there is no cluster');
    await expect(cluster.saveCluster(key, address, 'stolen state', uuid)).rejects.toThrowError('there is no cluster');
    const own = await newCluster(key, address, 'cluster of berta');
    await expect(queueTraining(key, address, own, digits)).rejects.toThrowError('there is no data set');
    await expect(task.deleteTask(key, address, run, own)).rejects.toThrowError('there is no task');
  });

  it('has a name that is unique in its project only', async () => {
    await expect(newCluster(keys['berta'] as string, address, 'cluster of anna')).rejects.toThrowError('already');
    await expect(newCluster(keys['dora'] as string, address, 'cluster of anna')).resolves.toBeDefined();
  });
});

describe('users and projects', () => {
  it('are for admins', async () => {
    for (const who of ['anna', 'chief']) {
      const key = keys[who] as string;
      await expect(user.listUsers(key, address)).rejects.toThrowError(Unauthorized);
      await expect(user.createUser(key, address, 'some_user', 'some user', PASSPHRASE)).rejects.toThrowError(Unauthorized);
      await expect(project.createProject(key, address, 'some_project', 'some project')).rejects.toThrowError(Unauthorized);
      await expect(user.listProjectsOfUser(key, address, 'berta')).rejects.toThrowError(Unauthorized);
    }
  });

  it('let everybody see and switch between their own projects', async () => {
    expect(await user.listProjectsOfUser(keys['anna'] as string, address)).toEqual({
      projects: [{ project_id: 'project_one', role: 'member', is_project_admin: false }],
    });
    await expect(user.switchProject(keys['anna'] as string, address, 'project_two')).rejects.toThrowError('not assigned');
    await user.addProjectToUser(keys['admin'] as string, address, 'anna', 'project_two', 'member');
    const { token: other } = await user.switchProject(keys['anna'] as string, address, 'project_two');
    expect((await dataset.listDatasets(other, address)).body).toEqual([]);
    await user.removeProjectFromUser(keys['admin'] as string, address, 'anna', 'project_two');
  });

  it('keep somebody without a project out, with the reason', async () => {
    await user.createUser(keys['admin'] as string, address, 'lonely', 'lonely user', PASSPHRASE);
    await expect(tokens.requestToken(address, 'lonely', PASSPHRASE)).rejects.toThrowError('assigned to no project');
  });

  it('keep a project that is not empty, unless forced', async () => {
    const admin = keys['admin'] as string;
    await expect(project.deleteProject(admin, address, 'project_one')).rejects.toThrowError(/1 dataset, 2 clusters, 3 members/);
    await project.deleteProject(admin, address, 'project_one', true);
    expect((await project.listProjects(admin, address)).body.map((row) => row[1])).toEqual(['project_two']);
    expect((await dataset.listDatasets(admin, address)).body).toEqual([]);
    await expect(tokens.requestToken(address, 'anna', PASSPHRASE)).rejects.toThrowError('assigned to no project');
  });
});
