import { argon2Sync, randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { cluster, token as tokens } from '@openhanami/sdk';
import autocannon from 'autocannon';
import { ADMIN, ServerProcess } from '../../tests/server-process.ts';
import { cpuSeconds, type Figure, median } from './figure.ts';

const RUNS = 3;
const SECONDS = 8;
const CONNECTIONS = 50;
/** Logins that are on their way at once. */
const LOGINS = 16;

/** Authenticated reads by many connections, and logins. */
export async function restFigures(): Promise<Figure[]> {
  // How fast it is, not how much a user may ask.
  const server = await ServerProcess.start({ HANAMI_HTTP_REQUESTS_PER_MINUTE: '0', HANAMI_AUTH_LOGINS_PER_MINUTE: '0' });
  try {
    const { address } = server;
    const token = await server.logIn();
    const { uuid } = await cluster.createCluster(token, address, 'bench cluster');
    const get = (duration: number) =>
      autocannon({
        url: `${address}/v1.0alpha/cluster?uuid=${uuid}`,
        headers: { 'x-auth-token': token },
        connections: CONNECTIONS,
        duration,
        workers: 1,
      });
    await get(2);
    const rates: number[] = [];
    const tails: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const cpu = server.cpuSeconds;
      const result = await get(SECONDS);
      if (result.errors > 0 || result.non2xx > 0) throw new Error(`${result.errors} errors, ${result.non2xx} other answers`);
      // What one core would do: the server's threads together may use more than one, and the client has its own.
      rates.push(result.requests.total / (server.cpuSeconds - cpu));
      tails.push(result.latency.p99);
    }
    return [
      {
        name: 'GET /cluster a second of CPU',
        value: median(rates),
        unit: '/s',
        goal: '>= 2000',
        how: `authenticated, ${CONNECTIONS} connections, all threads of the server, median of ${RUNS} × ${SECONDS} s`,
      },
      { name: 'GET /cluster, p99', value: median(tails), unit: 'ms', goal: '< 20', how: 'the same runs, at full speed' },
      ...(await loginFigures(server, uuid, token)),
    ];
  } finally {
    await server.remove();
  }
}

/** CPU seconds of one argon2id with the server's parameters. */
function bareHash(): number {
  const parameters = { message: 'asdfasdf', nonce: randomBytes(16), memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };
  const hashes = 20;
  return (
    cpuSeconds(() => {
      for (let i = 0; i < hashes; i++) argon2Sync('argon2id', parameters);
    }) / hashes
  );
}

/** Logins at once: how their number compares with what argon2 allows, and how long a read takes meanwhile. */
async function loginFigures(server: ServerProcess, uuid: string, token: string): Promise<Figure[]> {
  const { address } = server;
  let stop = false;
  let logins = 0;
  const started = performance.now();
  const cpu = server.cpuSeconds;
  const logIn = async (): Promise<void> => {
    while (!stop) {
      await tokens.requestToken(address, ADMIN.id, ADMIN.passphrase);
      logins++;
    }
  };
  const working = Array.from({ length: LOGINS }, logIn);
  const waits: number[] = [];
  while (performance.now() - started < SECONDS * 1000) {
    const asked = performance.now();
    await cluster.getCluster(token, address, uuid);
    waits.push(performance.now() - asked);
    await new Promise((next) => setTimeout(next, 10));
  }
  const seconds = (performance.now() - started) / 1000;
  const share = (server.cpuSeconds - cpu) / seconds;
  stop = true;
  await Promise.all(working);
  return [
    {
      name: 'logins',
      value: logins / seconds,
      unit: '/s',
      goal: '',
      how: `${LOGINS} at once, argon2id with 19 MiB, ${availableParallelism()} cores`,
    },
    {
      name: 'CPU time of a login / bare argon2id',
      value: (share * seconds) / logins / bareHash(),
      unit: '×',
      goal: '',
      how: 'all threads of the server, reads of the next row included; the same parameters in this process',
    },
    {
      name: 'GET /cluster meanwhile',
      value: median(waits),
      unit: 'ms',
      goal: '< 20',
      how: 'median; argon2 does not hold up the event loop',
    },
  ];
}
