// The crowd of the load bench, a process of its own: websockets that ask a cluster once a second each, and REST connections that read.
// It is sent a plan, tells when all are connected, begins when it is told to, and tells what it met when the plan's time is over.
import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import autocannon from 'autocannon';
import type { WebSocket } from 'ws';
import { openDirect } from '../../../tests/direct-socket.ts';

export interface CrowdPlan {
  readonly address: string;
  /** Each user's token, and the clusters that they talk to, in DIRECT mode. */
  readonly users: readonly { readonly token: string; readonly talks: readonly string[]; readonly trains: readonly string[] }[];
  /** One request as bytes, base64. */
  readonly frame: string;
  readonly websockets: number;
  readonly connections: number;
  /** Milliseconds between two questions of a websocket. */
  readonly askEveryMs: number;
  /** Milliseconds between two reads of a REST connection; 0: as fast as they are answered. */
  readonly readEveryMs: number;
  readonly seconds: number;
}

export interface CrowdReport {
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Errors of connections and time-outs. */
  readonly errors: number;
  readonly reads: Latency;
  readonly asks: Latency;
  /** Processor seconds that the crowd itself took. */
  readonly cpu: number;
  /** Websockets that were closed on them, with the reasons. */
  readonly lost: readonly string[];
}

export interface Latency {
  readonly count: number;
  /** Turns that were left out, since the one before had no answer yet. */
  readonly late: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

/** What a paced client measures. */
interface Paced {
  readonly latencies: number[];
  late: number;
}

/** Lets each of `count` clients do its `turn` every so many milliseconds, each at a moment of its own, until `stopped`. */
function pace(count: number, everyMs: number, turn: (client: number) => Promise<void>, stopped: AbortSignal): Paced {
  const paced: Paced = { latencies: [], late: 0 };
  const client = (i: number): void => {
    let waiting = false;
    const timer = setInterval(() => {
      if (waiting) {
        paced.late++;
        return;
      }
      waiting = true;
      const started = performance.now();
      void turn(i).then(() => {
        waiting = false;
        paced.latencies.push(performance.now() - started);
      });
    }, everyMs);
    stopped.addEventListener('abort', () => clearInterval(timer));
  };
  for (let i = 0; i < count; i++) setTimeout(client, Math.random() * everyMs, i);
  return paced;
}

const summary = ({ latencies, late }: Paced) => {
  latencies.sort((a, b) => a - b);
  return { count: latencies.length, late, median: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
};

type Read = Pick<CrowdReport, 'statuses' | 'errors' | 'reads'>;

/** What a dashboard of each user looks at. */
function readsOf({ users }: CrowdPlan) {
  return users.flatMap(({ token, trains }) => {
    const ofTraining = trains.flatMap((uuid) => [`/cluster?uuid=${uuid}`, `/task/all?cluster_uuid=${uuid}`]);
    return ['/cluster/all', '/dataset/all', ...ofTraining].map((path) => ({
      method: 'GET' as const,
      path: `/v1.0alpha${path}`,
      headers: { 'x-auth-token': token },
    }));
  });
}

/** Reads of all connections, each one after the other without a pause. */
async function readWithoutPause(plan: CrowdPlan): Promise<Read> {
  const { address: url, connections, seconds: duration } = plan;
  const result = await autocannon({ url, connections, duration, requests: readsOf(plan) });
  const { latency, errors, statusCodeStats = {} } = result;
  const statuses = Object.fromEntries(Object.entries(statusCodeStats).map(([status, { count = 0 }]) => [status, count]));
  return { statuses, errors, reads: { count: result.requests.total, late: 0, median: latency.p50, p99: latency.p99 } };
}

/** Reads of all connections, each every so many milliseconds. */
async function readPaced(plan: CrowdPlan, stopped: AbortSignal): Promise<Read> {
  const { address, connections, readEveryMs, seconds } = plan;
  const requests = readsOf(plan);
  const agents = Array.from({ length: connections }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const statuses: Record<string, number> = {};
  let errors = 0;
  let next = 0;
  const turn = async (connection: number): Promise<void> => {
    const request = requests[next++ % requests.length] as (typeof requests)[number];
    try {
      const sent = get(address + request.path, { ...request, agent: agents[connection] as Agent });
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      const status = String(response.statusCode);
      statuses[status] = (statuses[status] ?? 0) + 1;
    } catch {
      errors++;
    }
  };
  const paced = pace(connections, readEveryMs, turn, stopped);
  await pause(seconds * 1000);
  return { statuses, errors, reads: summary(paced) };
}

async function run(plan: CrowdPlan): Promise<CrowdReport> {
  const { address, users, websockets, askEveryMs } = plan;
  const sockets: WebSocket[] = [];
  for (let i = 0; i < websockets; i++) {
    const { token, talks } = users[i % users.length] as CrowdPlan['users'][number];
    sockets.push(await openDirect(address, token, talks[i % talks.length] as string));
  }
  process.send?.('ready');
  await once(process, 'message');
  const stopping = new AbortController();
  const lost: string[] = [];
  for (const socket of sockets) {
    socket.on('error', () => {});
    socket.on('close', (code, reason) => {
      if (!stopping.signal.aborted) lost.push(`${code} ${reason}`);
    });
  }
  const frame = Buffer.from(plan.frame, 'base64');
  const asking = pace(
    websockets,
    askEveryMs,
    (i) =>
      new Promise<void>((done) => {
        const socket = sockets[i] as WebSocket;
        socket.once('message', () => done());
        socket.send(frame);
      }),
    stopping.signal,
  );
  const before = process.cpuUsage();
  const answered = plan.readEveryMs === 0 ? await readWithoutPause(plan) : await readPaced(plan, stopping.signal);
  const { user, system } = process.cpuUsage(before);
  stopping.abort();
  for (const socket of sockets) socket.close();
  return { ...answered, asks: summary(asking), cpu: (user + system) / 1e6, lost };
}

const [plan] = (await once(process, 'message')) as [CrowdPlan];
process.send?.(await run(plan));
process.disconnect();
process.exit(0);
