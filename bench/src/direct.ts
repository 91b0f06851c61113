import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { create, toBinary } from '@bufbuild/protobuf';
import { ClusterIO_MessageSchema } from '@openhanami/contract';
import { cluster, task } from '@openhanami/sdk';
import { newCluster, queueTraining, uploadDigits } from '../../tests/digits.ts';
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
    const one = await measure(address, token, uuids.slice(0, 1));
    const eight = await measure(address, token, uuids);
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
    ];
  } finally {
    await server.remove();
  }
}

async function measure(address: string, token: string, uuids: readonly string[]): Promise<{ rate: number; latency: number }> {
  const rates: number[] = [];
  const latencies: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const talker = new Worker(new URL('./direct-talker.ts', import.meta.url), {
      workerData: { address, token, uuids, frame: requestFrame(), seconds: SECONDS },
    });
    const [{ requests, latency }] = (await once(talker, 'message')) as [Talked];
    await talker.terminate();
    rates.push(requests / SECONDS);
    latencies.push(latency);
  }
  return { rate: median(rates), latency: median(latencies) };
}

function requestFrame(): Uint8Array {
  const values = Array.from({ length: INPUTS }, (_, i) => (i * 7) % 256);
  const message = { bufferName: 'picture', isLast: true, processType: 0, numberOfValues: BigInt(INPUTS), values };
  return toBinary(ClusterIO_MessageSchema, create(ClusterIO_MessageSchema, message));
}
