// Every call that makes or changes something, twenty at once: what comes of it is what twenty one after the other give.
import { API_PREFIX, toBase64 } from '@openhanami/contract';
import { cluster, project, task, token as tokens, user } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { uploadBytes } from './raw-upload.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const TIMES = 20;
const PASSPHRASE = 'a passphrase to look for';

let server: ServerProcess;
let address: string;
let admin: string;
let member: string;
let digits: string;

let count = 0;
const fresh = (kind: string): string => `${kind}_${++count}`;

beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_AUTH_LOGINS_PER_MINUTE: '0', HANAMI_HTTP_REQUESTS_PER_MINUTE: '0' });
  address = server.address;
  admin = await server.logIn();
  await project.createProject(admin, address, 'some_project', 'some project');
  ({ token: member } = await newMember('some_project'));
  digits = await uploadDigits(member, address, 'digits', 100);
});
afterAll(() => server.remove());

async function newMember(home: string): Promise<{ id: string; token: string }> {
  const id = fresh('member');
  await user.createUser(admin, address, id, 'a member', PASSPHRASE);
  await user.addProjectToUser(admin, address, id, home, 'member');
  return { id, token: await tokens.requestToken(address, id, PASSPHRASE) };
}

/** A project with limits, and a member of it. */
async function limited(limits: object): Promise<string> {
  const id = fresh('project');
  await project.createProject(admin, address, id, 'limited');
  expect(await call('PUT', '/project/quota', { id, ...limits }, admin)).toBe(200);
  return (await newMember(id)).token;
}

async function call(method: string, path: string, input: object, token = member): Promise<number> {
  const fromQuery = method === 'GET' || method === 'DELETE';
  const query = fromQuery ? `?${new URLSearchParams(Object.entries(input).map(([name, value]) => [name, String(value)]))}` : '';
  const answer = await server.call(method, API_PREFIX + path + query, token, fromQuery ? undefined : JSON.stringify(input));
  await answer.text();
  return answer.status;
}

const sources = (column: string) => [{ dataset_uuid: digits, dataset_column: column, hexagon_name: column }];

/** Prepares something; what it returns is called twenty times. */
type Scene = () => Promise<(i: number) => Promise<number>>;

const SCENES: Readonly<Record<string, Scene>> = {
  'users of one id': async () => {
    const id = fresh('user');
    // Such as Bob and bob.
    const spelt = (i: number): string => (i % 2 === 0 ? id : id.toUpperCase());
    return (i) => call('POST', '/user', { id: spelt(i), name: 'some user', passphrase: toBase64(PASSPHRASE) }, admin);
  },
  'projects of one id': async () => {
    const id = fresh('project');
    return () => call('POST', '/project', { id, name: 'some project' }, admin);
  },
  'assignments of a user to a project': async () => {
    const { id } = await newMember('some_project');
    const home = fresh('project');
    await project.createProject(admin, address, home, 'a home');
    return () => call('POST', '/user/project', { id, project_id: home, role: 'member' }, admin);
  },
  'ends of an assignment': async () => {
    const { id } = await newMember('some_project');
    return () => call('DELETE', '/user/project', { id, project_id: 'some_project' }, admin);
  },
  "changes of one's own passphrase": async () => {
    const { token } = await newMember('some_project');
    const passphrase = toBase64(PASSPHRASE);
    return (i) => call('PUT', '/user/passphrase', { passphrase, new_passphrase: toBase64(`another one ${i}`) }, token);
  },
  'resets of a passphrase': async () => {
    const { id } = await newMember('some_project');
    return () => call('PUT', '/user/passphrase/reset', { id, new_passphrase: toBase64(PASSPHRASE) }, admin);
  },
  'deletions of a user': async () => {
    const { id } = await newMember('some_project');
    return () => call('DELETE', '/user', { id, force: true }, admin);
  },
  'deletions of a project': async () => {
    const id = fresh('project');
    await project.createProject(admin, address, id, 'some project');
    return () => call('DELETE', '/project', { id, force: true }, admin);
  },
  'clusters of one name': async () => {
    const name = fresh('cluster');
    return () => call('POST', '/cluster', { name });
  },
  'clusters under a quota': async () => {
    const token = await limited({ clusters: 3 });
    return (i) => call('POST', '/cluster', { name: `cluster ${i}` }, token);
  },
  'tables under a quota': async () => {
    const token = await limited({ dataset_bytes: 1000 });
    return () => call('POST', '/dataset/upload/csv', { name: 'some table', input_data_size: 300 }, token);
  },
  'checkpoints that are uploaded, under a quota': async () => {
    const token = await limited({ checkpoint_bytes: 1000 });
    return () => call('POST', '/checkpoint/upload', { name: 'some state', input_data_size: 300 }, token);
  },
  'checkpoints that are saved, under a quota': async () => {
    const token = await limited({ checkpoint_bytes: 100_000 });
    const uuid = await newCluster(token, address, 'some cluster');
    return () => call('POST', '/cluster/save', { name: 'some state', cluster_uuid: uuid }, token);
  },
  'tasks under a quota': async () => {
    const token = await limited({ queued_tasks: 3 });
    const uuid = await newCluster(token, address, 'some cluster');
    const own = await uploadDigits(token, address, 'digits', 100);
    const from = (column: string) => [{ dataset_uuid: own, dataset_column: column, hexagon_name: column }];
    const input = { name: 'some task', cluster_uuid: uuid, inputs: from('picture'), outputs: from('label'), epochs: 10_000 };
    return () => call('POST', '/task/train', input, token);
  },
  'ends of one upload': async () => {
    const bytes = new TextEncoder().encode('a,b\n1,2\n');
    const announced = await server.call(
      'POST',
      `${API_PREFIX}/dataset/upload/csv`,
      member,
      JSON.stringify({ name: 'some table', input_data_size: bytes.length }),
    );
    const { uuid, uuid_input_file } = (await announced.json()) as { uuid: string; uuid_input_file: string };
    await uploadBytes(member, address, uuid_input_file, bytes);
    return () => call('PUT', '/dataset/upload/csv', { uuid, uuid_input_file });
  },
  'deletions of a data set': async () => {
    const uuid = await uploadDigits(member, address, 'digits', 10);
    return () => call('DELETE', '/dataset', { uuid });
  },
  'deletions of a cluster': async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    return () => call('DELETE', '/cluster', { uuid });
  },
  'deletions of a checkpoint': async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    const { uuid: checkpoint } = await cluster.saveCluster(member, address, 'some state', uuid);
    return () => call('DELETE', '/checkpoint', { uuid: checkpoint });
  },
  'deletions of a task': async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    const training = await queueTraining(member, address, uuid, digits);
    return () => call('DELETE', '/task', { uuid: training, cluster_uuid: uuid });
  },
  'restores of a cluster': async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    const { uuid: checkpoint_uuid } = await cluster.saveCluster(member, address, 'some state', uuid);
    return () => call('POST', '/cluster/load', { cluster_uuid: uuid, checkpoint_uuid });
  },
  'moves of a cluster': async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    const { host } = (await (await server.call('GET', `${API_PREFIX}/cluster?uuid=${uuid}`, member)).json()) as { host: string };
    return () => call('PUT', '/cluster/switch_host', { cluster_uuid: uuid, host_uuid: host });
  },
  'changes into DIRECT mode': async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    return () => call('PUT', '/cluster/set_mode', { uuid, new_state: 'DIRECT' });
  },
  'changes of who sees a data set': async () => {
    const uuid = await uploadDigits(member, address, 'digits', 10);
    return () => call('PUT', '/dataset/visibility', { uuid, visibility: 'shared' });
  },
  'ends of a session': async () => {
    const { id, token } = await newMember('some_project');
    const { body, header } = (await (await server.call('GET', `${API_PREFIX}/session/all`, token)).json()) as {
      body: string[][];
      header: string[];
    };
    const uuid = body[0]?.[header.indexOf('uuid')] ?? '';
    expect(id).not.toBe(ADMIN.id);
    return () => call('DELETE', '/session', { uuid }, admin);
  },
};

describe('twenty at once', () => {
  for (const [name, scene] of Object.entries(SCENES)) {
    it(`${name} end as one after the other`, async () => {
      const inTurn: number[] = [];
      const one = await scene();
      for (let i = 0; i < TIMES; i++) inTurn.push(await one(i));
      const other = await scene();
      const atOnce = await Promise.all(Array.from({ length: TIMES }, (_, i) => other(i)));
      expect(atOnce.toSorted()).toEqual(inTurn.toSorted());
      expect(inTurn).toContain(200);
      expect(inTurn).not.toContain(500);
    });
  }

  it('limits of a project that are set one by one are all set', async () => {
    const id = fresh('project');
    await project.createProject(admin, address, id, 'limited');
    const limits = { clusters: 1, memory: 2, dataset_bytes: 3, checkpoint_bytes: 4, queued_tasks: 5, running_tasks: 6 };
    await Promise.all(Object.entries(limits).map(([limit, most]) => call('PUT', '/project/quota', { id, [limit]: most }, admin)));
    expect(await project.getQuota(admin, address, id)).toMatchObject(limits);
  });

  it('tasks and the DIRECT mode never meet on a cluster', async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    const input = { name: 'some task', cluster_uuid: uuid, inputs: sources('picture'), outputs: sources('label') };
    const statuses = await Promise.all(
      Array.from({ length: TIMES }, (_, i) =>
        i % 2 === 0 ? call('POST', '/task/train', input) : call('PUT', '/cluster/set_mode', { uuid, new_state: 'DIRECT' }),
      ),
    );
    const [trained, switched] = [0, 1].map((side) => statuses.filter((status, i) => i % 2 === side && status === 200).length);
    expect([trained, switched].filter((done) => done === TIMES / 2)).toHaveLength(1);
    expect([trained, switched].filter((done) => done === 0)).toHaveLength(1);
  });

  it('tasks of one cluster run one after the other, each once', async () => {
    const uuid = await newCluster(member, address, fresh('cluster'));
    const queued = await Promise.all(Array.from({ length: TIMES }, () => queueTraining(member, address, uuid, digits)));
    const done = await Promise.all(queued.map((one) => task.waitForTask(member, address, one, uuid)));
    expect(done.every(({ state, current_cycle }) => state === 'finished' && current_cycle === 100)).toBe(true);
    const times = done.map(({ start_timestamp, end_timestamp }) => [start_timestamp, end_timestamp]).sort();
    for (const [i, [start = '']] of times.entries()) expect(start >= (times[i - 1]?.[0] ?? '')).toBe(true);
  });
});
