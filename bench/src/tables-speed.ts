import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importTable } from '@openhanami/datasets';
import { generator } from '@openhanami/engine/random';
import { client, table } from '@openhanami/sdk';
import Papa from 'papaparse';
import { ServerProcess } from '../../tests/server-process.ts';
import { type Figure, median } from './figure.ts';

const RUNS = 3;
/** Rows of the table of 14 columns, and of the stream. */
const ROWS = 30_000;
const STREAM = 100_000;
/** Rows that are asked at once, and how often: first until the code is compiled, then to be measured. */
const AT_ONCE = 400;
const WARM_ROUNDS = 10;
const ROUNDS = 25;
const SKIES = ['clear', 'cloudy', 'rain'];

/** Fourteen columns: times, categories and numbers; the class follows from three of them. */
function row(i: number, random: () => number): Record<string, string | number> {
  const numbers = Array.from({ length: 9 }, () => Math.round(random() * 10_000) / 100);
  const sky = SKIES[Math.floor(random() * 3)] as string;
  return {
    time: new Date(Date.UTC(2025, 0, 1) + i * 600_000).toISOString().slice(0, 16),
    sky,
    station: `station ${Math.floor(random() * 40)}`,
    flag: random() < 0.5 ? 'true' : 'false',
    ...Object.fromEntries(numbers.map((value, k) => [`x${k}`, value])),
    busy: (numbers[0] as number) + (numbers[1] as number) + (sky === 'rain' ? -40 : 0) > 80 ? 'yes' : 'no',
  };
}

function rowsOf(count: number, seed: number): Record<string, string | number>[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, i) => row(i, random));
}

/** Tables: import with and without inference of kinds, learning, and single rows over REST. */
export async function tableFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hanami-bench-'));
  const server = await ServerProcess.start({ HANAMI_HTTP_REQUESTS_PER_MINUTE: '0' });
  try {
    const { address } = server;
    const token = await server.logIn();
    const api = client({ address, token });
    const file = join(folder, 'table.csv');
    const rows = rowsOf(ROWS, 1);
    writeFileSync(file, `${Papa.unparse(rows, { newline: '\n' })}\n`);
    const small = join(folder, 'small.csv');
    writeFileSync(small, `${Papa.unparse(rows.slice(0, 1000), { newline: '\n' })}\n`);
    const seconds = async (work: () => Promise<unknown>): Promise<number> => {
      const started = performance.now();
      await work();
      return (performance.now() - started) / 1000;
    };

    const short: number[] = [];
    for (let run = 0; run < RUNS; run++)
      short.push(await seconds(() => table.learnTable(token, address, small, { target: 'busy', name: `small ${run}` })));
    const rates: number[] = [];
    let uuid = '';
    for (let run = 0; run < RUNS; run++) {
      const { task, cluster, trained } = await table.learnTable(token, address, file, { target: 'busy', name: `large ${run}`, passes: 1 });
      const [from, to] = [task.start_timestamp, task.end_timestamp].map((time) => Date.parse(`${time.replace(' ', 'T')}Z`)) as [
        number,
        number,
      ];
      const span = await seconds(() => table.teachTable(token, address, cluster.uuid, file));
      rates.push(ROWS / span);
      uuid = cluster.uuid;
      if (trained <= 0 || to < from) throw new Error('the task has no rows');
    }

    const asked = rows.slice(0, 2000).map(({ busy: _, ...rest }) => rest);
    const latencies: number[] = [];
    for (const one of asked) latencies.push(1000 * (await seconds(() => api.predictRows({ cluster_uuid: uuid, rows: [one] }))));
    const round = () => Promise.all(asked.slice(0, AT_ONCE).map((one) => api.predictRows({ cluster_uuid: uuid, rows: [one] })));
    for (let i = 0; i < WARM_ROUNDS; i++) await round();
    const cpu = server.cpuSeconds;
    for (let i = 0; i < ROUNDS; i++) await round();
    const perCore = (ROUNDS * AT_ONCE) / (server.cpuSeconds - cpu);
    const stream = rowsOf(STREAM, 2);
    const taught = await seconds(async () => {
      for (let from = 0; from < STREAM; from += 5000) await api.learnRows({ cluster_uuid: uuid, rows: stream.slice(from, from + 5000) });
    });

    const target = join(folder, 'table.arrow');
    const [reading, inferring]: [number[], number[]] = [[], []];
    const names = Object.keys(rows[0] ?? {});
    const kinds = Object.fromEntries(
      names.map((name) => [name, name.startsWith('x') ? ('number' as const) : name === 'time' ? ('time' as const) : ('category' as const)]),
    );
    for (let run = 0; run < RUNS; run++) {
      reading.push(await seconds(() => importTable(file, target, { kinds })));
      inferring.push(await seconds(() => importTable(file, target)));
    }
    const large = join(folder, 'large.csv');
    const random = generator(3);
    const block = Array.from({ length: 200_000 }, () => Array.from({ length: 8 }, () => (random() * 100).toFixed(5)).join()).join('\n');
    writeFileSync(large, `a,b,c,d,e,f,g,h\n${block}\n${block}\n${block}\n${block}\n`);
    const cpus: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const before = process.cpuUsage();
      await importTable(large, target);
      const { user, system } = process.cpuUsage(before);
      cpus.push((user + system) / 1e6);
    }
    const wide = join(folder, 'wide.csv');
    const columns = Array.from({ length: 30_000 }, (_, i) => `c${i}`);
    writeFileSync(
      wide,
      `${columns.join()}\n${Array.from({ length: 100 }, (_, i) => columns.map((_name, k) => ((i * 13 + k * 7) % 1000) / 10).join()).join('\n')}\n`,
    );
    const widest = await seconds(() => importTable(wide, target));
    return [
      {
        name: 'learn 1,000 rows of 14 columns',
        value: median(short),
        unit: 's',
        goal: '< 3',
        how: 'SDK, upload to the last answer, as many passes as help',
      },
      {
        name: 'learn 30,000 rows once more',
        value: median(rates),
        unit: 'rows/s',
        goal: '>= 100000',
        how: 'upload, conversion and training of 14 columns in one',
      },
      { name: 'predict one row, median', value: median(latencies), unit: 'ms', goal: '< 2', how: 'REST on loopback, one after the other' },
      { name: 'predict single rows', value: perCore, unit: '/s', goal: '>= 3000', how: 'a second of CPU of the server, 400 at once' },
      {
        name: 'learn a stream over REST / teach a file',
        value: (median(rates) * taught) / STREAM,
        unit: '×',
        goal: '<= 3',
        how: '100,000 rows, 5,000 a call',
      },
      {
        name: 'import with inferred kinds / with told ones',
        value: median(inferring) / median(reading),
        unit: '×',
        goal: '<= 1.3',
        how: '30,000 rows of 14 columns',
      },
      {
        name: 'CSV import of numbers',
        value: statSync(large).size / 1e6 / median(cpus),
        unit: 'MB/s',
        goal: '>= 60',
        how: '8 columns, a second of CPU, default heap',
      },
      { name: 'CSV of 30,000 columns × 100 rows', value: widest, unit: 's', goal: '< 10', how: 'import' },
    ];
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
