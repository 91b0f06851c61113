// npm run bench:databases [-- another checkout]: the same server on an SQLite file and on PostgreSQL, and that of another checkout, in turn; prints a table and
// writes bench/databases.json.
import { join, resolve } from 'node:path';
import { cluster, dataset } from '@openhanami/sdk';
import autocannon from 'autocannon';
import { newCluster, uploadDigits } from '../../tests/digits.ts';
import { PostgresServer } from '../../tests/postgres-server.ts';
import { ServerProcess } from '../../tests/server-process.ts';
import { median, printFigures } from './figure.ts';
import { inTurn, type Measure, taskTime } from './in-turn.ts';

const RUNS = 5;
const SECONDS = 4;
const CONNECTIONS = 10;
const WRITES = 200;
const TASKS = 50;
const FEW_ROWS = 10;
const MANY_ROWS = 20_000;

/** What is measured of a server. */
const MEASURES: Readonly<Record<string, Measure<Ready>>> = {
  'GET /cluster a second of CPU of the server': {
    unit: '/s',
    async measure({ server, token, uuid }) {
      const cpu = server.cpuSeconds;
      const url = `${server.address}/v1.0alpha/cluster?uuid=${uuid}`;
      const { errors, non2xx, requests } = await autocannon({
        url,
        headers: { 'x-auth-token': token },
        connections: CONNECTIONS,
        duration: SECONDS,
        workers: 1,
      });
      if (errors + non2xx > 0) throw new Error(`${errors} errors, ${non2xx} other answers`);
      return requests.total / (server.cpuSeconds - cpu);
    },
  },
  'a call that writes, one after the other': {
    unit: 'ms',
    async measure({ server, token, uuid }) {
      const times: number[] = [];
      for (let i = 0; i < WRITES; i++) {
        const started = performance.now();
        await cluster.setVisibility(token, server.address, uuid, i % 2 === 0 ? 'shared' : 'private');
        times.push(performance.now() - started);
      }
      return median(times);
    },
  },
  [`a training of ${FEW_ROWS} rows, from the call to its end`]: {
    unit: 'ms',
    async measure({ server, token, uuid, few }) {
      const times: number[] = [];
      for (let i = 0; i < TASKS; i++) times.push(await taskTime(server, token, uuid, few));
      return median(times);
    },
  },
  [`a training of ${MANY_ROWS.toLocaleString('en')} rows, from the call to its end`]: {
    unit: 'ms',
    measure: ({ server, token, uuid, many }) => taskTime(server, token, uuid, many),
  },
};

interface Ready {
  readonly server: ServerProcess;
  readonly token: string;
  readonly uuid: string;
  readonly few: string;
  readonly many: string;
}

async function prepare(server: ServerProcess): Promise<Ready> {
  const token = await server.logIn();
  const few = await uploadDigits(token, server.address, 'few digits', FEW_ROWS);
  const many = await uploadDigits(token, server.address, 'many digits', MANY_ROWS);
  const uuid = await newCluster(token, server.address, 'a cluster');
  await taskTime(server, token, uuid, many);
  if ((await dataset.listDatasets(token, server.address)).body.length !== 2) throw new Error('there are other data sets');
  return { server, token, uuid, few, many };
}

const [other] = process.argv.slice(2);
const free = { HANAMI_HTTP_REQUESTS_PER_MINUTE: '0' };
const postgres = PostgresServer.start();
const servers: Record<string, Ready> = {};
try {
  if (other !== undefined)
    servers['the other checkout'] = await prepare(await ServerProcess.start(free, join(resolve(other), 'packages/server/bin/hanami.js')));
  servers['SQLite'] = await prepare(await ServerProcess.start(free));
  servers['PostgreSQL'] = await prepare(await ServerProcess.start({ ...free, HANAMI_DATABASE: postgres.newDatabase() }));
  printFigures(await inTurn(servers, MEASURES, RUNS), 'databases.json');
} finally {
  for (const { server } of Object.values(servers)) await server.remove();
  postgres.remove();
}
