// Projects share the slots of running tasks: nobody waits for the many tasks of others, and nothing is lost by making room.
import { project, task, token as tokens, user } from '@openhanami/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

const PASSPHRASE = 'a passphrase to look for';
const ROWS = 20_000;

let server: ServerProcess;
let address: string;
let admin: string;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_PROCESSING_RUNNING_TASKS: '2', HANAMI_HTTP_REQUESTS_PER_MINUTE: '0' });
  ({ address } = server);
  admin = await server.logIn();
});
afterAll(() => server.remove());

async function memberOf(id: string): Promise<string> {
  await project.createProject(admin, address, id, 'some project');
  await user.createUser(admin, address, `member_of_${id}`, 'a member', PASSPHRASE);
  await user.addProjectToUser(admin, address, `member_of_${id}`, id, 'member');
  return tokens.requestToken(address, `member_of_${id}`, PASSPHRASE);
}

interface Queued {
  readonly cluster: string;
  readonly task: string;
}

/** Trainings, each on a cluster of its own. */
async function queueMany(token: string, count: number, digits: string): Promise<Queued[]> {
  const queued: Queued[] = [];
  for (let i = 0; i < count; i++) {
    const uuid = await newCluster(token, address, `cluster ${i}`);
    queued.push({ cluster: uuid, task: await queueTraining(token, address, uuid, digits) });
  }
  return queued;
}

const stateOf = async (token: string, { task: uuid, cluster }: Queued) => (await task.getTask(token, address, uuid, cluster)).state;

async function statesOf(token: string, queued: readonly Queued[], state: string): Promise<number> {
  const states = await Promise.all(queued.map((one) => stateOf(token, one)));
  return states.filter((found) => found === state).length;
}

it('one task of a project does not wait for the many of another, which lose nothing by that', async () => {
  const [large, small] = [await memberOf('large'), await memberOf('small')];
  const many = await queueMany(large, 8, await uploadDigits(large, address, 'digits', ROWS));
  const few = await uploadDigits(small, address, 'few digits', 500);
  const uuid = await newCluster(small, address, 'a cluster');
  const one = { cluster: uuid, task: await queueTraining(small, address, uuid, few) };
  expect((await task.waitForTask(small, address, one.task, uuid)).state).toBe('finished');
  // The large project has two slots, and six tasks that came before.
  expect(await statesOf(large, many, 'finished')).toBeLessThan(6);
  const asked = await queueRequest(small, address, uuid, few);
  expect((await task.waitForTask(small, address, asked, uuid)).state).toBe('finished');
  // One that waits again, since it made room, is aborted like any other.
  const last = many.at(-1) as Queued;
  await task.deleteTask(large, address, last.task, last.cluster);
  for (const { task: other, cluster } of many.slice(0, -1)) {
    const { state, current_cycle, total_number_of_cycles } = await task.waitForTask(large, address, other, cluster);
    expect([state, current_cycle, total_number_of_cycles]).toEqual(['finished', ROWS, ROWS]);
  }
});

it('a project runs as many tasks as its quota says, and more as soon as that is raised', async () => {
  const token = await memberOf('limited');
  const digits = await uploadDigits(token, address, 'digits', ROWS);
  await project.setQuota(admin, address, 'limited', { running_tasks: 0 });
  const queued = await queueMany(token, 3, digits);
  expect(await statesOf(token, queued, 'queued')).toBe(3);
  await project.setQuota(admin, address, 'limited', { running_tasks: 1 });
  const seen: number[] = [];
  await expect
    .poll(async () => {
      const { use } = await project.getQuota(admin, address, 'limited');
      seen.push(use.running_tasks);
      return await statesOf(token, queued, 'finished');
    })
    .toBeGreaterThan(0);
  expect(Math.max(...seen)).toBe(1);
  // Limits stay over a restart.
  await server.stop();
  await server.restart();
  ({ address } = server);
  expect((await project.getQuota(admin, address, 'limited')).running_tasks).toBe(1);
  await project.setQuota(admin, address, 'limited', { running_tasks: null });
  for (const one of queued) expect((await task.waitForTask(token, address, one.task, one.cluster)).state).toBe('finished');
});
