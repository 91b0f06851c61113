import { fork } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { BadRequest } from '@openhanami/contract';
import { DatasetReader, importArrow, importCsv, importMnist, importParquet } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import { type Checksum, checksumOf } from '../store/checksum.ts';
import { remove } from '../store/files.ts';
import { startHelper } from './helper.ts';
import { type ClusterInfo, describe } from './protocol.ts';

// Conversions run in a process of their own: a large file does not hold up other calls, a monstrous one cannot take the server along, and the memory
// that they took is gone when they end.

/** Formats of a table in one file. */
export type TableFormat = 'csv' | 'arrow' | 'parquet';

type Job =
  | { readonly kind: TableFormat; readonly input: string; readonly target: string }
  | { readonly kind: 'checkpoint'; readonly input: string }
  | { readonly kind: 'mnist'; readonly input: string; readonly label: string; readonly target: string };

interface Imported extends Checksum {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly width: number }[];
}

type Result<Outcome> = { readonly outcome: Outcome } | { readonly fault: string } | { readonly crash: string };

/** A small heap keeps the process at about 100 MB, whatever the size of the file; it has room for the longest line that an importer takes. */
const HEAP = ['--max-semi-space-size=2', '--max-old-space-size=128'];

/** Row groups of Parquet files are held in memory, and a checkpoint is one piece. */
const LARGE_HEAP = ['--max-semi-space-size=2', '--max-old-space-size=1024'];
/** Milliseconds that a conversion may take, and for each byte of its file: a damaged file may lead a reader round in circles. */
const TIMEOUT_MS = 60_000;
const TIMEOUT_MS_A_BYTE = 0.002;

/** Turns an uploaded table into the data set `target`. @throws BadRequest naming the fault of the file. */
export function importTable(format: TableFormat, input: string, target: string): Promise<Imported> {
  return runJob({ kind: format, input, target });
}

/** What is in a file that shall be a checkpoint. @throws BadRequest if it is none, of another version, or damaged. */
export function inspectCheckpoint(input: string): Promise<ClusterInfo> {
  return runJob({ kind: 'checkpoint', input });
}

/** Turns two uploaded IDX files into the data set `target`. @throws BadRequest naming the fault of the files. */
export function importMnistFiles(input: string, label: string, target: string): Promise<Imported> {
  return runJob({ kind: 'mnist', input, label, target });
}

async function runJob<Outcome>(job: Job): Promise<Outcome> {
  const timeout = Math.round(TIMEOUT_MS + (await stat(job.input)).size * TIMEOUT_MS_A_BYTE);
  const execArgv = job.kind === 'parquet' || job.kind === 'checkpoint' ? LARGE_HEAP : HEAP;
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(job)], {
    execArgv,
    timeout,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    child.once('message', (result: Result<Outcome>) => {
      if ('outcome' in result) resolve(result.outcome);
      else if ('fault' in result) reject(new BadRequest(result.fault));
      else reject(new Error(result.crash));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // After a result this changes nothing.
      if ('target' in job) void remove(`${job.target}.part`);
      if (signal === 'SIGTERM') reject(new BadRequest(`the file is damaged: reading it took longer than ${Math.round(timeout / 1000)} s`));
      // What V8 ends with when its heap is full.
      else if (signal === 'SIGABRT' || code === 134)
        reject(new BadRequest('the file is damaged, or has parts that are too large: reading it took too much memory'));
      else reject(new Error(`the import ended with ${signal ?? code} before it had a result`));
    });
  });
}

const IMPORTERS = { csv: importCsv, arrow: importArrow, parquet: importParquet } as const;

async function work(job: Job): Promise<Imported | ClusterInfo> {
  if (job.kind === 'checkpoint') {
    const cluster = await Cluster.restore(await readFile(job.input), { startHelper });
    const info = describe(cluster);
    cluster.close();
    return info;
  }
  if (job.kind === 'mnist') await importMnist(job.input, job.label, job.target);
  else await IMPORTERS[job.kind](job.input, job.target);
  const reader = await DatasetReader.open(job.target);
  const columns = reader.columns.map(({ name, width }) => ({ name, width }));
  await reader.close();
  return { rows: reader.rows, columns, ...(await checksumOf(job.target)) };
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  // Without its server an import is of no use to anybody.
  process.once('disconnect', () => process.exit(1));
  const result: Result<Imported | ClusterInfo> = await work(JSON.parse(process.argv[2] ?? '')).then(
    (outcome) => ({ outcome }),
    (error: Error) =>
      error.name === 'DatasetError' || error.name === 'EngineError' ? { fault: error.message } : { crash: error.stack ?? error.message },
  );
  process.send(result, () => process.exit(0));
}
