// The crowd of the load bench, a process of its own: websockets that ask a cluster once a second each, and REST connections that read.
// It tells 'ready' when all are connected, begins and ends with the messages 'go' and 'stop', and tells then what it met.
import { once } from 'node:events';
import autocannon from 'autocannon';
import { WebSocket } from 'ws';

export interface CrowdPlan {
  readonly address: string;
  /** Each user's token, and the clusters that he talks to, in DIRECT mode. */
  readonly users: readonly { readonly token: string; readonly talks: readonly string[]; readonly trains: readonly string[] }[];
  /** One request as bytes, base64. */
  readonly frame: string;
  readonly websockets: number;
  readonly connections: number;
  /** Reads a second of all REST connections together; 0: as many as go. */
  readonly readsPerSecond: number;
  readonly seconds: number;
}

export interface CrowdReport {
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Errors of connections and time-outs. */
  readonly errors: number;
  /** Milliseconds. */
  readonly reads: { readonly median: number; readonly p99: number };
  readonly asks: { readonly count: number; readonly unanswered: number; readonly median: number; readonly p99: number };
  /** Websockets that were closed on them, with the reasons. */
  readonly lost: readonly string[];
}

const ASK_EVERY_MS = 1000;

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

async function connect(address: string, token: string, uuid: string): Promise<WebSocket> {
  const socket = new WebSocket(address.replace('http', 'ws'), { perMessageDeflate: false });
  await once(socket, 'open');
  socket.send(JSON.stringify({ token, target: 'cluster', uuid }));
  const [welcome] = await once(socket, 'message');
  if (!JSON.parse(String(welcome)).success) throw new Error(String(welcome));
  return socket;
}

/** Asks over all sockets, each in turn within a second, until `ended`; an ask whose predecessor has no answer yet is not sent. */
function ask(sockets: readonly WebSocket[], frame: Buffer, ended: () => boolean) {
  const latencies: number[] = [];
  const lost: string[] = [];
  const sent = new Array<number>(sockets.length).fill(0);
  let unanswered = 0;
  const timers = sockets.map((socket, i) => {
    socket.on('message', () => {
      latencies.push(performance.now() - (sent[i] as number));
      sent[i] = 0;
    });
    socket.on('close', (code, reason) => {
      if (!ended()) lost.push(`${code} ${reason}`);
    });
    return setTimeout(
      () =>
        setInterval(() => {
          if (ended()) return;
          if (sent[i] !== 0) {
            unanswered++;
            return;
          }
          sent[i] = performance.now();
          socket.send(frame);
        }, ASK_EVERY_MS),
      (i / sockets.length) * ASK_EVERY_MS,
    );
  });
  return {
    report: () => {
      for (const timer of timers) clearTimeout(timer);
      latencies.sort((a, b) => a - b);
      return {
        asks: { count: latencies.length, unanswered, median: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
        lost,
      };
    },
  };
}

async function run({ address, users, frame, websockets, connections, readsPerSecond, seconds }: CrowdPlan): Promise<CrowdReport> {
  const sockets: WebSocket[] = [];
  for (let i = 0; i < websockets; i++) {
    const { token, talks } = users[i % users.length] as CrowdPlan['users'][number];
    sockets.push(await connect(address, token, talks[i % talks.length] as string));
  }
  process.send?.('ready');
  await once(process, 'message');
  let ended = false;
  const asking = ask(sockets, Buffer.from(frame, 'base64'), () => ended);
  const paths = (trains: readonly string[]) => [
    '/cluster/all',
    '/dataset/all',
    ...trains.flatMap((uuid) => [`/cluster?uuid=${uuid}`, `/task/all?cluster_uuid=${uuid}`]),
  ];
  const result = await autocannon({
    url: address,
    connections,
    duration: seconds,
    ...(readsPerSecond > 0 ? { overallRate: readsPerSecond } : {}),
    requests: users.flatMap(({ token, trains }) =>
      paths(trains).map((path) => ({ method: 'GET' as const, path: `/v1.0alpha${path}`, headers: { 'x-auth-token': token } })),
    ),
  });
  ended = true;
  const { asks, lost } = asking.report();
  for (const socket of sockets) socket.close();
  const statuses = Object.fromEntries(Object.entries(result.statusCodeStats ?? {}).map(([status, { count = 0 }]) => [status, count]));
  return {
    statuses,
    errors: result.errors,
    reads: { median: result.latency.p50, p99: result.latency.p99 },
    asks,
    lost,
  };
}

const [plan] = (await once(process, 'message')) as [CrowdPlan];
process.send?.(await run(plan));
process.disconnect();
process.exit(0);
