// What somebody owns belongs to the person, not to the letters of an id; and of many who create the same thing at once, one wins.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Conflict, checkpoint, cluster, dataset, NotFound, project, task, token as tokens, user } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const PASSPHRASE = 'passphrase';
let server: ServerProcess;
let address: string;
let admin: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  admin = await server.logIn();
  await project.createProject(admin, address, 'some_project', 'some project');
});
afterAll(() => server.remove());

async function member(id: string): Promise<string> {
  await user.createUser(admin, address, id, 'a member', PASSPHRASE);
  await user.addProjectToUser(admin, address, id, 'some_project', 'member');
  return tokens.requestToken(address, id, PASSPHRASE);
}

/** A member who owns a data set, a cluster with a waiting task, and a checkpoint. */
async function owner(id: string) {
  const token = await member(id);
  const digits = await uploadDigits(token, address, `digits of ${id}`, 3000);
  const uuid = await newCluster(token, address, `cluster of ${id}`);
  const saved = (await cluster.saveCluster(token, address, `state of ${id}`, uuid)).uuid;
  const running = await queueTraining(token, address, uuid, digits, 'long', 200);
  return { token, digits, uuid, saved, running };
}

describe('a deleted user', () => {
  it('who owns something is refused, with a list of it', async () => {
    await owner('anna');
    const refused = user.deleteUser(admin, address, 'anna');
    await expect(refused).rejects.toThrowError(Conflict);
    await expect(refused).rejects.toThrowError(
      "the user 'anna' still has 1 cluster ('cluster of anna'), 1 data set ('digits of anna'), 1 checkpoint ('state of anna'), 1 task that waits or runs ('long task')",
    );
  });

  it('takes along what was owned when forced; a new person of the same id gets nothing', async () => {
    const { digits, uuid, saved, running } = await owner('berta');
    await user.deleteUser(admin, address, 'berta', { force: true });
    for (const ask of [
      () => dataset.getDataset(admin, address, digits),
      () => cluster.getCluster(admin, address, uuid),
      () => checkpoint.getCheckpoint(admin, address, saved),
      () => task.getTask(admin, address, running),
    ])
      await expect(ask()).rejects.toThrowError(NotFound);
    expect(existsSync(server.fileOf('datasets', `${digits}.arrow`))).toBe(false);
    const next = await member('berta');
    for (const list of [dataset.listDatasets, cluster.listClusters, checkpoint.listCheckpoints])
      expect((await list(next, address)).body).toEqual([]);
    const log = await server.call('GET', '/v1.0alpha/audit_log', next);
    // Only the new one's own login.
    expect(((await log.json()) as { body: unknown[] }).body.length).toBeLessThanOrEqual(1);
  });

  it('leaves what was owned to an heir, who must be in the project', async () => {
    const { token, digits, uuid, running } = await owner('carla');
    await user.createUser(admin, address, 'stranger', 'a stranger', PASSPHRASE);
    const give = (heir: string) => user.deleteUser(admin, address, 'carla', { force: true, heir });
    await expect(give('stranger')).rejects.toThrowError("the heir 'stranger' is not assigned to the project 'some_project'");
    await expect(give('carla')).rejects.toThrowError("'heir' must be another user");
    const heir = await member('heiress');
    await give('heiress');
    expect((await dataset.getDataset(heir, address, digits)).owner_id).toBe('heiress');
    await expect(cluster.deleteCluster(token, address, uuid)).rejects.toThrowError('revoked');
    expect((await task.getTask(heir, address, running)).state).toBe('aborted');
    const next = await member('carla');
    await expect(dataset.getDataset(next, address, digits)).rejects.toThrowError(NotFound);
    await cluster.deleteCluster(heir, address, uuid);
  });

  it('leaves nothing in a project to who makes another one of the same id', async () => {
    await project.createProject(admin, address, 'brief_project', 'brief');
    const scoped = (await tokens.switchProject(admin, address, 'brief_project')).token;
    await uploadDigits(scoped, address, 'brief digits', 10);
    await project.deleteProject(admin, address, 'brief_project', true);
    await expect(uploadDigits(scoped, address, 'late digits', 10)).rejects.toThrowError("there is no project 'brief_project'");
    await project.createProject(admin, address, 'brief_project', 'brief again');
    expect((await dataset.listDatasets(scoped, address, { name: 'brief' })).body).toEqual([]);
  });
});

describe('twenty at once', () => {
  it.each([
    ['users', () => user.createUser(admin, address, 'same_user', 'the same', PASSPHRASE)],
    ['projects', () => project.createProject(admin, address, 'same_project', 'the same')],
    ['assignments', () => user.addProjectToUser(admin, address, 'anna', 'same_project', 'member')],
    ['clusters', () => cluster.createCluster(admin, address, 'the same cluster')],
  ])('of the same %s: one wins, the others are in conflict', async (_, create) => {
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => create()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(Conflict);
  });
});

describe('a role that no rule of the policy names', () => {
  it('is refused, and those that there are are told', async () => {
    await expect(user.addProjectToUser(admin, address, 'stranger', 'some_project', 'tester')).rejects.toThrowError(
      "'role' is 'tester', which no rule of the policy names; it has 'admin', 'member'",
    );
  });
});

describe('the data folder', () => {
  it('is for nobody else to read', () => {
    const modes = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect(modes(server.folder)).toBe('700');
    for (const name of readdirSync(server.folder)) {
      const path = join(server.folder, name);
      expect([name, modes(path)]).toEqual([name, statSync(path).isDirectory() ? '700' : '600']);
    }
  });
});
