// Random operations of three users, kill -9 at a random moment, a restart, and every acknowledged fact is checked.
import { generator } from '@openhanami/datasets';
import { cluster, dataset, HanamiError, project, task, token as tokens, user } from '@openhanami/sdk';
import { digitFiles, newCluster, queueRequest, queueTraining } from '../digits.ts';
import { ServerProcess } from '../server-process.ts';

const USERS = ['first', 'second', 'third'] as const;
const PASSPHRASE = 'passphrase';
/** The longest time that a round works before the kill, in milliseconds. */
const LONGEST_MS = 1500;
/** The longest time that a round waits for something to be acknowledged. */
const PATIENCE_MS = 30_000;
const ROWS = 300;
/** Names are never used twice. */
let count = 0;
const digits = digitFiles(ROWS, 1);
const upload = (token: string, address: string): Promise<string> =>
  dataset.uploadMnistFiles(token, address, `digits ${++count}`, digits.images, digits.labels, undefined, { patience: 0 });

/** What the server has acknowledged to one user. `gone` is what it may have deleted without an answer. */
interface Facts {
  readonly id: string;
  token: string;
  readonly datasets: Set<string>;
  readonly clusters: Set<string>;
  readonly checkpoints: Set<string>;
  /** Tasks by uuid: their cluster, and the number of cycles that they must end with. */
  readonly tasks: Map<string, { cluster: string; kind: 'train' | 'request' }>;
  readonly deleted: Set<string>;
  readonly unsure: Set<string>;
}

/** What happened in some rounds. */
export interface Outcome {
  readonly rounds: number;
  readonly seed: number;
  operations: number;
  acknowledged: number;
  checks: number;
  resumed: number;
}

/** @throws Error naming the round and the fact that was lost. */
export async function crash(rounds: number, seed: number): Promise<Outcome> {
  const random = generator(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const outcome: Outcome = { rounds, seed, operations: 0, acknowledged: 0, checks: 0, resumed: 0 };
  const server = await ServerProcess.start({
    HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1',
    HANAMI_HTTP_REQUESTS_PER_MINUTE: '0',
    HANAMI_AUTH_LOGINS_PER_MINUTE: '0',
  });
  try {
    const admin = await server.logIn();
    await project.createProject(admin, server.address, 'crash_project', 'crash project');
    const all: Facts[] = [];
    for (const name of USERS) {
      const id = `${name}_user`;
      await user.createUser(admin, server.address, id, 'a user', PASSPHRASE);
      await user.addProjectToUser(admin, server.address, id, 'crash_project', 'member');
      const sets = {
        datasets: new Set<string>(),
        clusters: new Set<string>(),
        checkpoints: new Set<string>(),
        deleted: new Set<string>(),
        unsure: new Set<string>(),
      };
      all.push({ id, token: await tokens.requestToken(server.address, id, PASSPHRASE), tasks: new Map(), ...sets });
      const facts = all.at(-1) as Facts;
      facts.datasets.add(await upload(facts.token, server.address));
    }
    for (let round = 1; round <= rounds; round++) {
      let dead = false;
      // However slow the machine is, the time of a round begins when something was acknowledged in it.
      const { promise: first, resolve: acknowledge } = Promise.withResolvers<void>();
      const lives = all.map(async (facts) => {
        while (!dead) {
          outcome.operations++;
          try {
            await operate(server.address, facts, random);
            outcome.acknowledged++;
            acknowledge();
          } catch (error) {
            // Refusals are answers too; a connection that broke is the kill.
            if (!(error instanceof HanamiError) && !dead) await new Promise((next) => setTimeout(next, 5));
          }
        }
      });
      await Promise.race([first, new Promise((next) => setTimeout(next, PATIENCE_MS))]);
      await new Promise((next) => setTimeout(next, below(LONGEST_MS)));
      const killed = server.stop('SIGKILL');
      dead = true;
      await killed;
      await Promise.all(lives);
      await server.restart();
      for (const facts of all) {
        try {
          outcome.checks += await check(server.address, facts);
        } catch (error) {
          throw new Error(`seed ${seed}, round ${round}, ${facts.id}: ${(error as Error).message}`, { cause: error });
        }
      }
    }
    // Every task comes to its end by itself, with all its cycles.
    for (const { token, tasks, clusters, deleted, unsure, id } of all) {
      for (const [uuid, { cluster: home, kind }] of tasks) {
        if (!clusters.has(home) || deleted.has(home) || unsure.has(home)) continue;
        const ended = await task.waitForTask(token, server.address, uuid, home).catch((error: Error) => {
          throw new Error(`seed ${seed}, ${id}: the ${kind} task ${uuid} did not end: ${error.message}`, { cause: error });
        });
        if (ended.current_cycle !== ROWS)
          throw new Error(`seed ${seed}: the task ${uuid} ended after ${ended.current_cycle} of ${ROWS} cycles`);
        if (kind === 'request') await dataset.downloadDatasetContent(token, server.address, uuid, 'digit', 1, ROWS - 1);
        outcome.resumed++;
      }
    }
    const told = server.run('doctor');
    if (!told.includes('nothing is damaged')) throw new Error(told);
    return outcome;
  } finally {
    await server.remove();
  }
}

/** One operation of one user; what is acknowledged is noted after the answer, what might have happened before it. */
async function operate(address: string, facts: Facts, random: () => number): Promise<void> {
  const { token, datasets, clusters, checkpoints, tasks, deleted, unsure } = facts;
  const some = (set: ReadonlySet<string>): string | undefined => {
    const sure = [...set].filter((uuid) => !unsure.has(uuid));
    return sure[Math.floor(random() * sure.length)];
  };
  const dice = random();
  const [rows, home] = [some(datasets), some(clusters)];
  if (dice < 0.1 || rows === undefined) datasets.add(await upload(token, address));
  else if (dice < 0.35 || home === undefined) clusters.add(await newCluster(token, address, `cluster ${++count}`));
  else if (dice < 0.6) tasks.set(await queueTraining(token, address, home, rows), { cluster: home, kind: 'train' });
  else if (dice < 0.75) {
    // Only of a cluster that a training was queued for.
    const trained = [...tasks.values()].find(({ cluster: one, kind }) => kind === 'train' && clusters.has(one) && !unsure.has(one));
    if (trained) tasks.set(await queueRequest(token, address, trained.cluster, rows), { cluster: trained.cluster, kind: 'request' });
  } else if (dice < 0.9) checkpoints.add((await cluster.saveCluster(token, address, `checkpoint ${++count}`, home)).uuid);
  else {
    unsure.add(home);
    await cluster.deleteCluster(token, address, home);
    clusters.delete(home);
    deleted.add(home);
  }
}

/** Looks for every acknowledged fact; returns how many there were. */
async function check(address: string, { token, datasets, clusters, checkpoints, tasks, deleted, unsure }: Facts): Promise<number> {
  const uuids = (list: { body: unknown[][] }): Set<string> => new Set(list.body.map((row) => String(row[1])));
  const [seenDatasets, seenClusters] = [
    uuids(await dataset.listDatasets(token, address)),
    uuids(await cluster.listClusters(token, address)),
  ];
  const { listCheckpoints } = (await import('@openhanami/sdk')).checkpoint;
  const seenCheckpoints = uuids(await listCheckpoints(token, address));
  const must = (seen: ReadonlySet<string>, kind: string, uuid: string): void => {
    if (!seen.has(uuid)) throw new Error(`the ${kind} ${uuid} is gone`);
  };
  for (const uuid of datasets) {
    must(seenDatasets, 'data set', uuid);
    await dataset.downloadDatasetContent(token, address, uuid, 'label', 1, ROWS - 1);
  }
  for (const uuid of clusters) if (!unsure.has(uuid)) must(seenClusters, 'cluster', uuid);
  for (const uuid of checkpoints) must(seenCheckpoints, 'checkpoint', uuid);
  for (const uuid of deleted) if (seenClusters.has(uuid)) throw new Error(`the deleted cluster ${uuid} is back`);
  for (const [uuid, { cluster: home }] of tasks) {
    if (unsure.has(home)) continue;
    const { state, reason } = await task.getTask(token, address, uuid, home);
    if (state === 'failed' || state === 'aborted') throw new Error(`the task ${uuid} is ${state}: ${reason}`);
  }
  return datasets.size + clusters.size + checkpoints.size + deleted.size + tasks.size;
}
