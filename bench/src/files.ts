// What a server does with files, for benches of where and how they are stored.
import { generator } from '@openhanami/datasets';
import { cluster, dataset } from '@openhanami/sdk';
import { newCluster, uploadDigits } from '../../tests/digits.ts';
import { ServerProcess } from '../../tests/server-process.ts';
import { printFigures } from './figure.ts';
import { inTurn, type Measure, taskTime } from './in-turn.ts';

const RUNS = 6;
const MEGABYTES = 64;
const COLUMNS = 20;
const ROWS = 20_000;
/** States that are saved and loaded in a run. */
const STATES = 20;

interface Ready {
  readonly server: ServerProcess;
  readonly token: string;
  /** A cluster that has learnt the digits. */
  readonly uuid: string;
  readonly digits: string;
  readonly table: string;
}

/** Numbers of six digits, as text. */
function csv(): Blob {
  const random = generator(1);
  const line = (): string => Array.from({ length: COLUMNS }, () => random().toFixed(6)).join(',');
  const block = Array.from({ length: 10_000 }, line).join('\n');
  const names = Array.from({ length: COLUMNS }, (_, i) => `column ${i}`).join(',');
  return new Blob([`${names}\n`, ...Array.from({ length: Math.ceil((MEGABYTES * 1e6) / block.length) }, () => `${block}\n`)]);
}

const TABLE = csv();

/** Milliseconds of something. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const MEASURES: Readonly<Record<string, Measure<Ready>>> = {
  [`upload and import of ${MEGABYTES} MB of CSV`]: {
    unit: 'ms',
    measure: ({ server, token }) =>
      timed(async () => {
        const uuid = await dataset.uploadTable(token, server.address, 'a table', TABLE);
        await dataset.deleteDataset(token, server.address, uuid);
      }),
  },
  'download of that as Arrow': {
    unit: 'ms',
    measure: ({ server, token, table }) =>
      timed(async () => {
        const { bytes } = await dataset.downloadDataset(token, server.address, table, 'arrow');
        for await (const _ of bytes);
      }),
  },
  [`a state of a cluster, saved and loaded ${STATES} times`]: {
    unit: 'ms',
    measure: ({ server, token, uuid }) =>
      timed(async () => {
        for (let i = 0; i < STATES; i++) {
          const saved = await cluster.saveCluster(token, server.address, 'a state', uuid);
          await cluster.restoreCluster(token, server.address, saved.uuid, uuid);
        }
      }),
  },
  [`a training of ${ROWS.toLocaleString('en')} rows, from the call to its end`]: {
    unit: 'ms',
    measure: ({ server, token, uuid, digits }) => taskTime(server, token, uuid, digits),
  },
};

async function prepare(settings: Record<string, string>): Promise<Ready> {
  const server = await ServerProcess.start({ HANAMI_HTTP_REQUESTS_PER_MINUTE: '0', ...settings });
  const token = await server.logIn();
  const digits = await uploadDigits(token, server.address, 'digits', ROWS);
  const table = await dataset.uploadTable(token, server.address, 'the table', TABLE);
  const uuid = await newCluster(token, server.address, 'a cluster');
  await taskTime(server, token, uuid, digits);
  return { server, token, uuid, digits, table };
}

/** Measures servers with these settings in turn, the first as the baseline; prints a table and writes it. */
export async function compareFiles(settings: Readonly<Record<string, Record<string, string>>>, file: string): Promise<void> {
  const servers: Record<string, Ready> = {};
  try {
    for (const [name, own] of Object.entries(settings)) servers[name] = await prepare(own);
    printFigures(await inTurn(servers, MEASURES, RUNS), file);
  } finally {
    for (const { server } of Object.values(servers)) await server.remove();
  }
}
