// npm run bench:load [-- seconds]: a crowd of clients on a server that trains, and clients that mean no good; prints a table and writes bench/load.json.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cluster, project, task, token as tokens, user } from '@openhanami/sdk';
import { newCluster, queueTraining, uploadDigits } from '../../../tests/digits.ts';
import { requestFrame } from '../../../tests/direct-socket.ts';
import { ServerProcess } from '../../../tests/server-process.ts';
import { type Figure, median, printFigures } from '../figure.ts';
import { abuse } from './abuse.ts';
import type { CrowdPlan, CrowdReport } from './crowd.ts';

const SECONDS = Number(process.argv[2] ?? 60);
const RUNS = 3;
const USERS = 5;
const TRAINING = 4;
/** Clusters that the websockets of each user talk to. */
const TALKS = 4;
const WEBSOCKETS = 500;
const CONNECTIONS = 50;
const ASK_EVERY_MS = 1000;
const READ_EVERY_MS = 1000;
const INPUTS = 784;

interface Member {
  readonly token: string;
  readonly talks: string[];
  readonly trains: string[];
}

interface Scene {
  readonly server: ServerProcess;
  readonly users: readonly Member[];
  readonly trainings: readonly { readonly token: string; readonly uuid: string; readonly cluster: string }[];
}

/** Users with clusters to talk to, and clusters that train for longer than the bench takes. */
async function setUp(server: ServerProcess): Promise<Scene> {
  const { address } = server;
  const admin = await server.logIn();
  const users: Member[] = [];
  const trainings: { token: string; uuid: string; cluster: string }[] = [];
  await project.createProject(admin, address, 'crowd', 'the crowd');
  for (let i = 0; i < USERS; i++) {
    await user.createUser(admin, address, `crowd_${i}`, 'one of many', 'a long passphrase');
    await user.addProjectToUser(admin, address, `crowd_${i}`, 'crowd', 'member');
    const member: Member = { token: await tokens.requestToken(address, `crowd_${i}`, 'a long passphrase'), talks: [], trains: [] };
    const few = await uploadDigits(member.token, address, `few digits ${i}`, 500);
    for (let j = 0; j < TALKS; j++) {
      const uuid = await newCluster(member.token, address, `talks ${i} ${j}`);
      await task.waitForTask(member.token, address, await queueTraining(member.token, address, uuid, few), uuid);
      await (await cluster.switchToDirectMode(member.token, address, uuid)).close();
      member.talks.push(uuid);
    }
    users.push(member);
  }
  for (let i = 0; i < TRAINING; i++) {
    const { token, trains } = users[i % USERS] as Member;
    const digits = await uploadDigits(token, address, `digits ${i}`, 10_000, i + 1);
    const uuid = await newCluster(token, address, `trains ${i}`);
    const training = await queueTraining(token, address, uuid, digits, 'long', 10_000);
    trains.push(uuid);
    trainings.push({ token, uuid: training, cluster: uuid });
  }
  return { server, users, trainings };
}

/** Cycles a second of all trainings together, during `work`. */
async function trainingRate<Output>({ server, trainings }: Scene, work: () => Promise<Output>): Promise<{ rate: number; output: Output }> {
  const cycles = async (): Promise<number> => {
    const all = await Promise.all(trainings.map(({ token, uuid, cluster }) => task.getTask(token, server.address, uuid, cluster)));
    const still = all.filter(({ state }) => state === 'active').length;
    if (still !== trainings.length) throw new Error(`only ${still} of ${trainings.length} trainings run: ${JSON.stringify(all)}`);
    return all.reduce((sum, { current_cycle }) => sum + current_cycle, 0);
  };
  const before = await cycles();
  const started = performance.now();
  const output = await work();
  const seconds = (performance.now() - started) / 1000;
  return { rate: ((await cycles()) - before) / seconds, output };
}

interface Loaded {
  readonly crowd: CrowdReport;
  /** Share by which the trainings got slower, in percent: of the mean of the rates before and after. */
  readonly slowed: number;
  /** The same of what the crowd's own processor time left of these rates: clients have machines of their own. */
  readonly slowedByServer: number;
  readonly quiet: number;
  /** Resident memory of the server in the third quarter and in the last, MB, medians. */
  readonly memory: readonly [early: number, late: number];
}

async function load(scene: Scene, readEveryMs: number): Promise<Loaded> {
  const { server, users } = scene;
  const quietly = async () => (await trainingRate(scene, () => pause(SECONDS * 500))).rate;
  const before = await quietly();
  const crowd = fork(join(import.meta.dirname, 'crowd.ts'));
  const frame = Buffer.from(requestFrame(INPUTS)).toString('base64');
  const plan: CrowdPlan = {
    address: server.address,
    users,
    frame,
    websockets: WEBSOCKETS,
    connections: CONNECTIONS,
    askEveryMs: ASK_EVERY_MS,
    readEveryMs,
    seconds: SECONDS,
  };
  crowd.send(plan);
  await once(crowd, 'message');
  const sizes: number[] = [];
  const sampling = setInterval(() => sizes.push(server.memory), 250);
  const { rate, output } = await trainingRate(scene, async () => {
    crowd.send('go');
    const [report] = await once(crowd, 'message');
    return report as CrowdReport;
  });
  clearInterval(sampling);
  await pause(2000);
  const quiet = (before + (await quietly())) / 2;
  const left = quiet * (1 - output.cpu / SECONDS / availableParallelism());
  const quarter = sizes.length >> 2;
  return {
    crowd: output,
    slowed: 100 * (1 - rate / quiet),
    slowedByServer: 100 * (1 - rate / left),
    quiet,
    memory: [median(sizes.slice(2 * quarter, 3 * quarter)), median(sizes.slice(3 * quarter))],
  };
}

const shares = (statuses: CrowdReport['statuses']): string =>
  Object.entries(statuses)
    .map(([status, count]) => `${count.toLocaleString('en')} × ${status}`)
    .join(', ');

/** Medians of the runs, and each run's value. */
function loadFigures(runs: readonly Loaded[]): Figure[] {
  const middle = (of: (run: Loaded) => number): number => median(runs.map(of));
  const each = (of: (run: Loaded) => number): string => runs.map((run) => of(run).toFixed(1)).join(', ');
  const failed = ({ crowd: { statuses, errors, lost } }: Loaded): number => {
    const other = Object.entries(statuses).filter(([status]) => status !== '200' && status !== '429');
    return other.reduce((sum, [, count]) => sum + count, errors + lost.length);
  };
  const lost = new Set(runs.flatMap(({ crowd }) => crowd.lost));
  const late = runs.reduce((sum, { crowd }) => sum + crowd.reads.late + crowd.asks.late, 0);
  const asked = runs.reduce((sum, { crowd }) => sum + crowd.asks.count, 0);
  return [
    {
      name: 'answers other than 200 and 429, broken connections',
      value: runs.reduce((sum, run) => sum + failed(run), 0),
      unit: '',
      goal: '<= 0',
      how: `${runs.map(({ crowd }) => shares(crowd.statuses)).join('; ')}; ${asked.toLocaleString('en')} direct requests; ${late} turns left out for a late answer${lost.size > 0 ? `; lost: ${[...lost].join(', ')}` : ''}`,
    },
    {
      name: 'GET, p99',
      value: middle(({ crowd }) => crowd.reads.p99),
      unit: 'ms',
      goal: '< 50',
      how: `${CONNECTIONS} connections, each reads once a second; runs ${each(({ crowd }) => crowd.reads.p99)}; median ${middle(({ crowd }) => crowd.reads.median).toFixed(1)} ms`,
    },
    {
      name: 'direct request, p99',
      value: middle(({ crowd }) => crowd.asks.p99),
      unit: 'ms',
      goal: '',
      how: `${WEBSOCKETS} websockets, each asks once a second; runs ${each(({ crowd }) => crowd.asks.p99)}; median ${middle(({ crowd }) => crowd.asks.median).toFixed(1)} ms`,
    },
    {
      name: 'training slowed by',
      value: middle(({ slowedByServer }) => slowedByServer),
      unit: '%',
      goal: '<= 15',
      how: `${TRAINING} clusters, ${Math.round(middle(({ quiet }) => quiet)).toLocaleString('en')} cycles/s without the crowd, before and after; runs ${each(({ slowedByServer }) => slowedByServer)}`,
    },
    {
      name: '… with the processor time of the crowd itself',
      value: middle(({ slowed }) => slowed),
      unit: '%',
      goal: '',
      how: `it shares the ${availableParallelism()} cores; runs ${each(({ slowed }) => slowed)}`,
    },
    {
      name: 'memory, last quarter / third quarter',
      value: middle(({ memory: [early, late] }) => late / early),
      unit: '×',
      goal: '<= 1.05',
      how: `at the ends ${each(({ memory: [, late] }) => late)} MB, resident`,
    },
  ];
}

function furiousFigures({ crowd, slowed, slowedByServer }: Loaded): Figure[] {
  const all = Object.values(crowd.statuses).reduce((sum, count) => sum + count, 0);
  return [
    {
      name: 'the same, reads without a pause: GET, p99',
      value: crowd.reads.p99,
      unit: 'ms',
      goal: '',
      how: `${Math.round(all / SECONDS).toLocaleString('en')} /s: ${shares(crowd.statuses)}; errors ${crowd.errors}, websockets lost ${crowd.lost.length}`,
    },
    {
      name: '… training slowed by',
      value: slowedByServer,
      unit: '%',
      goal: '',
      how: `${slowed.toFixed(1)} % with the processor time of the crowd itself`,
    },
  ];
}

async function withServer<Output>(settings: Record<string, string>, work: (server: ServerProcess) => Promise<Output>): Promise<Output> {
  const server = await ServerProcess.start(settings);
  try {
    return await work(server);
  } finally {
    await server.remove();
  }
}

const figures: Figure[] = [];
await withServer({}, async (server) => {
  const scene = await setUp(server);
  console.error('warming up …');
  await pause(SECONDS * 500);
  console.error(`load: ${WEBSOCKETS} websockets, ${CONNECTIONS} REST connections, ${SECONDS} s …`);
  const runs: Loaded[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await load(scene, READ_EVERY_MS));
  figures.push(...loadFigures(runs));
  console.error('load: reads without a pause …');
  figures.push(...furiousFigures(await load(scene, 0)));
});
await withServer({ HANAMI_HTTP_PING_INTERVAL: '5', HANAMI_HTTP_REQUEST_TIMEOUT: '10' }, async (server) => {
  const token = await server.logIn();
  const few = await uploadDigits(token, server.address, 'few digits', 500);
  const uuid = await newCluster(token, server.address, 'talks');
  await task.waitForTask(token, server.address, await queueTraining(token, server.address, uuid, few), uuid);
  await (await cluster.switchToDirectMode(token, server.address, uuid)).close();
  figures.push(...(await abuse({ server, token, uuid, frame: requestFrame(INPUTS) })));
  figures.push({ name: 'memory after all that', value: server.memory, unit: 'MB', goal: '< 400', how: 'resident, the same process' });
});
printFigures(figures, 'load.json');
