import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { cluster, task } from '@openhanami/sdk';
import { newCluster, queueTraining, uploadDigits } from '../../tests/digits.ts';
import { requestFrame } from '../../tests/direct-socket.ts';
import { ServerProcess } from '../../tests/server-process.ts';
import { type Figure, median } from './figure.ts';

const RUNS = 3;
const SECONDS = 4;
const INPUTS = 784;
const CONNECTIONS = 8;

/** What a talker thread counted. */
interface Talked {
  readonly requests: number;
  /** Milliseconds, median. */
  readonly latency: number;
}

/** Requests of 784 values over direct connections: one, then eight, each to a cluster of its own. */
export async function directFigures(): Promise<Figure[]> {
  const server = await ServerProcess.start();
  try {
    const { address } = server;
    const token = await server.logIn();
    const digits = await uploadDigits(token, address, 'bench digits', 2000);
    const uuids: string[] = [];
    for (let i = 0; i < CONNECTIONS; i++) {
      const uuid = await newCluster(token, address, `bench cluster ${i}`);
      const training = await queueTraining(token, address, uuid, digits);
      await task.waitForTask(token, address, training, uuid);
      await (await cluster.switchToDirectMode(token, address, uuid)).close();
      uuids.push(uuid);
    }
    const bare = fork(new URL('./bare-socket.ts', import.meta.url));
    const [port] = await once(bare, 'message');
    const [one, bareOne] = await compare({ address, token, uuids: uuids.slice(0, 1) }, `http://127.0.0.1:${port}`);
    const [eight, bareEight] = await compare({ address, token, uuids }, `http://127.0.0.1:${port}`);
    bare.kill();
    return [
      { name: 'direct request, latency', value: one.latency, unit: 'ms', goal: '< 0.5', how: `${INPUTS} inputs, loopback, median` },
      {
        name: 'direct requests, one connection',
        value: one.rate,
        unit: '/s',
        goal: '>= 3000',
        how: `each waits for its answer, median of ${RUNS} × ${SECONDS} s`,
      },
      {
        name: `direct requests, ${CONNECTIONS} connections`,
        value: eight.rate,
        unit: '/s',
        goal: '>= 10000',
        how: `${CONNECTIONS} clusters, the client on the same two cores`,
      },
      {
        name: 'the same of a bare websocket server',
        value: bareOne.latency,
        unit: 'ms',
        goal: '',
        how: 'baseline: ws and a thread that answers at once; latency, in turn with ours',
      },
      {
        name: 'one connection, bare / ours',
        value: bareOne.rate / one.rate,
        unit: '×',
        goal: '',
        how: `the baseline did ${Math.round(bareOne.rate)} /s`,
      },
      {
        name: `${CONNECTIONS} connections, bare / ours`,
        value: bareEight.rate / eight.rate,
        unit: '×',
        goal: '',
        how: `the baseline did ${Math.round(bareEight.rate)} /s`,
      },
    ];
  } finally {
    await server.remove();
  }
}

interface Talk {
  readonly address: string;
  readonly token: string;
  readonly uuids: readonly string[];
}

interface Measured {
  readonly rate: number;
  readonly latency: number;
}

/** Ours and the bare server in turn. */
async function compare(talk: Talk, bare: string): Promise<[ours: Measured, bare: Measured]> {
  const ours: Measured[] = [];
  const bares: Measured[] = [];
  for (let run = 0; run < RUNS; run++) {
    ours.push(await measure(talk));
    bares.push(await measure({ ...talk, address: bare }));
  }
  const middle = (all: Measured[]): Measured => ({
    rate: median(all.map(({ rate }) => rate)),
    latency: median(all.map(({ latency }) => latency)),
  });
  return [middle(ours), middle(bares)];
}

async function measure({ address, token, uuids }: Talk): Promise<Measured> {
  const talker = new Worker(new URL('./direct-talker.ts', import.meta.url), {
    workerData: { address, token, uuids, frame: requestFrame(INPUTS), seconds: SECONDS },
  });
  const [{ requests, latency }] = (await once(talker, 'message')) as [Talked];
  await talker.terminate();
  return { rate: requests / SECONDS, latency };
}
