import { checkpoint, cluster, dataset, NotFound, project, token as tokens, Unauthorized, user, type Visibility } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const PASSPHRASE = 'passphrase';

let server: ServerProcess;
let address: string;
/** The owner, a member of the same project, and one of another. */
const keys = { owner: '', fellow: '', stranger: '' };
beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  const admin = await server.logIn();
  for (const id of ['project_one', 'project_two']) await project.createProject(admin, address, id, id);
  for (const id of ['owner', 'fellow', 'stranger'] as const) {
    await user.createUser(admin, address, id, `user ${id}`, PASSPHRASE);
    await user.addProjectToUser(admin, address, id, id === 'stranger' ? 'project_two' : 'project_one', 'member');
    keys[id] = await tokens.requestToken(address, id, PASSPHRASE);
  }
});
afterAll(() => server.remove());

/** The kinds of resources: how one is made, shown to others, seen, listed and deleted. */
const KINDS = {
  dataset: {
    make: () => uploadDigits(keys.owner, address, 'digits', 10),
    show: dataset.setVisibility,
    see: dataset.getDataset,
    list: dataset.listDatasets,
    drop: dataset.deleteDataset,
  },
  cluster: {
    make: () => newCluster(keys.owner, address, 'cluster'),
    show: cluster.setVisibility,
    see: cluster.getCluster,
    list: cluster.listClusters,
    drop: cluster.deleteCluster,
  },
  checkpoint: {
    make: async () =>
      (await cluster.saveCluster(keys.owner, address, 'checkpoint', await newCluster(keys.owner, address, 'saved cluster'))).uuid,
    show: checkpoint.setVisibility,
    see: checkpoint.getCheckpoint,
    list: checkpoint.listCheckpoints,
    drop: checkpoint.deleteCheckpoint,
  },
};

describe.each(Object.entries(KINDS))('the visibility of a %s', (_, { make, show, see, list, drop }) => {
  let uuid: string;
  beforeAll(async () => {
    uuid = await make();
  });

  const sees = async (who: 'fellow' | 'stranger'): Promise<boolean> => {
    const listed = (await list(keys[who], address)).body.some((row) => row[1] === uuid);
    const seen = await see(keys[who], address, uuid).then(
      () => true,
      (error) => (error instanceof NotFound ? false : Promise.reject(error)),
    );
    expect(listed).toBe(seen);
    return seen;
  };

  it.each<[Visibility, boolean, boolean]>([
    ['private', false, false],
    ['shared', true, false],
    ['public', true, true],
  ])('%s: seen in the project %s, by others %s; changed by neither', async (visibility, inProject, byOthers) => {
    expect((await show(keys.owner, address, uuid, visibility)).visibility).toBe(visibility);
    expect([await sees('fellow'), await sees('stranger')]).toEqual([inProject, byOthers]);
    await expect(show(keys.fellow, address, uuid, 'public')).rejects.toThrowError(inProject ? Unauthorized : NotFound);
    await expect(drop(keys.stranger, address, uuid)).rejects.toThrowError(byOthers ? Unauthorized : NotFound);
  });
});

describe('a passphrase', () => {
  it('is changed by its user, who must know it', async () => {
    await expect(user.changePassphrase(keys.fellow, address, 'not the passphrase', 'other passphrase')).rejects.toThrowError(
      'the passphrase is wrong',
    );
    await user.changePassphrase(keys.fellow, address, PASSPHRASE, 'other passphrase');
    await expect(tokens.requestToken(address, 'fellow', PASSPHRASE)).rejects.toThrowError(Unauthorized);
    expect(await tokens.requestToken(address, 'fellow', 'other passphrase')).toMatch(/^ey/);
  });
});
