import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { BadRequest } from '@openhanami/contract';
import { DatasetReader, importCsv, importMnist } from '@openhanami/datasets';
import { remove } from '../store/files.ts';

// Conversions run in a process of their own: a large file does not hold up other calls, a monstrous one cannot take the server along, and the memory
// that they took is gone when they end.

type Job =
  | { readonly kind: 'csv'; readonly input: string; readonly target: string }
  | { readonly kind: 'mnist'; readonly input: string; readonly label: string; readonly target: string };

interface Imported {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly width: number }[];
}

type Result = { readonly imported: Imported } | { readonly fault: string } | { readonly crash: string };

/** A small heap keeps the process at about 100 MB, whatever the size of the file; it has room for the longest line that an importer takes. */
const HEAP = ['--max-semi-space-size=2', '--max-old-space-size=128'];

/** Turns an uploaded CSV file into the data set `target`. @throws BadRequest naming the fault of the file. */
export function importCsvFile(input: string, target: string): Promise<Imported> {
  return runJob({ kind: 'csv', input, target });
}

/** Turns two uploaded IDX files into the data set `target`. @throws BadRequest naming the fault of the files. */
export function importMnistFiles(input: string, label: string, target: string): Promise<Imported> {
  return runJob({ kind: 'mnist', input, label, target });
}

function runJob(job: Job): Promise<Imported> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(job)], { execArgv: HEAP });
  return new Promise((resolve, reject) => {
    child.once('message', (result: Result) => {
      if ('imported' in result) resolve(result.imported);
      else if ('fault' in result) reject(new BadRequest(result.fault));
      else reject(new Error(result.crash));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // After a result this changes nothing.
      void remove(`${job.target}.part`);
      reject(new Error(`the import ended with ${signal ?? code} before it had a result`));
    });
  });
}

async function work(job: Job): Promise<Imported> {
  if (job.kind === 'csv') await importCsv(job.input, job.target);
  else await importMnist(job.input, job.label, job.target);
  const reader = await DatasetReader.open(job.target);
  const columns = reader.columns.map(({ name, width }) => ({ name, width }));
  await reader.close();
  return { rows: reader.rows, columns };
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  // Without its server an import is of no use to anybody.
  process.once('disconnect', () => process.exit(1));
  const result: Result = await work(JSON.parse(process.argv[2] ?? '')).then(
    (imported) => ({ imported }),
    (error: Error) => (error.name === 'DatasetError' ? { fault: error.message } : { crash: error.stack ?? error.message }),
  );
  process.send(result, () => process.exit(0));
}
