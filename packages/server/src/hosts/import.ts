import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { BadRequest } from '@openhanami/contract';
import { DatasetReader, importCsv, importMnist } from '@openhanami/datasets';

// Conversions run in a thread of their own, so that a large file does not hold up other calls.

type Job =
  | { readonly kind: 'csv'; readonly input: string; readonly target: string }
  | { readonly kind: 'mnist'; readonly input: string; readonly label: string; readonly target: string };

interface Imported {
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly width: number }[];
}

type Result = { readonly imported: Imported } | { readonly fault: string } | { readonly crash: string };

/** Turns an uploaded CSV file into the data set `target`. @throws BadRequest naming the fault of the file. */
export function importCsvFile(input: string, target: string): Promise<Imported> {
  return runJob({ kind: 'csv', input, target });
}

/** Turns two uploaded IDX files into the data set `target`. @throws BadRequest naming the fault of the files. */
export function importMnistFiles(input: string, label: string, target: string): Promise<Imported> {
  return runJob({ kind: 'mnist', input, label, target });
}

/** Megabytes of heap: enough for the longest line, and little enough that a large file leaves the server small (100 MB against 220 MB for 1 GB of CSV). */
const HEAP = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 };

function runJob(job: Job): Promise<Imported> {
  const worker = new Worker(new URL(import.meta.url), { workerData: job, name: 'hanami-import', resourceLimits: HEAP });
  return new Promise((resolve, reject) => {
    worker.once('message', (result: Result) => {
      if ('imported' in result) resolve(result.imported);
      else if ('fault' in result) reject(new BadRequest(result.fault));
      else reject(new Error(result.crash));
    });
    worker.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new BadRequest('the lines of the file are too long to be imported') : error);
    });
    worker.once('exit', () => reject(new Error('the import ended without a result')));
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

if (!isMainThread && workerData?.target !== undefined) {
  work(workerData as Job).then(
    (imported) => parentPort?.postMessage({ imported } satisfies Result),
    (error: Error) =>
      parentPort?.postMessage(
        (error.name === 'DatasetError' ? { fault: error.message } : { crash: error.stack ?? error.message }) satisfies Result,
      ),
  );
}
