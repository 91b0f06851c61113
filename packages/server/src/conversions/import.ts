import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BadRequest } from '@openhanami/contract';
import { DatasetReader, importArrow, importCsv, importMnist, importParquet } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import pLimit, { type LimitFunction } from 'p-limit';
import { type Checksum, checksumOf } from '../store/checksum.ts';
import { type Objects, openObjects, readAll, type StoragePlaces } from '../store/objects/index.ts';
import { type ClusterInfo, describe } from '../worker/protocol.ts';
import { startThread } from '../worker/shard-thread.ts';

// Conversions run in a process of their own: a large file does not hold up other calls, a monstrous one cannot take the server along, and the memory
// that they took is gone when they end.

/** Formats of a table in one file. */
export type TableFormat = 'csv' | 'arrow' | 'parquet';

/** What is converted; `input`, `label` and `target` are keys of objects. */
type Job =
  | { readonly kind: TableFormat; readonly input: string; readonly target: string }
  | { readonly kind: 'checkpoint'; readonly input: string; readonly threads: number }
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
/** Kilobytes that the system lets such a process have besides its heap: what Node takes for itself, and buffers, whatever a file makes of them. */
const BESIDES_KB = 1_572_864;
/** The same for each further thread that the cluster of a checkpoint is spread over: most of it is reserved only. */
const A_THREAD_KB = 655_360;
/** What is run in its place has these limits, and so has all that it starts. Limits that are lower already stay. */
const LIMITED = 'ulimit -d "$1" 2>/dev/null; ulimit -f "$2" 2>/dev/null; shift 2; exec "$@"';
/** Bytes of a block that `ulimit -f` counts. */
const BLOCK = 512;

/** Conversions at once: of all, and of one user. The others wait. */
const all = pLimit(Math.max(2, availableParallelism()));
const MOST_OF_A_USER = 2;
const ofUser = new Map<number, LimitFunction>();

/** For whom something is converted, and where it lies. */
export interface ImportFor {
  readonly objects: Objects;
  /** Key of the user. */
  readonly user: number;
  /** Bytes that the result may have. */
  readonly bytes: number;
}

/** Milliseconds that a conversion may take, and for each byte of its file: a damaged file may lead a reader round in circles. */
const TIMEOUT_MS = 60_000;
const TIMEOUT_MS_A_BYTE = 0.002;

/** Turns an uploaded table into the data set `target`. @throws BadRequest naming the fault of the file. */
export function importTable(format: TableFormat, input: string, target: string, by: ImportFor): Promise<Imported> {
  return inTurn({ kind: format, input, target }, by);
}

/** What is in a file that shall be a checkpoint. @param threads that a new cluster is spread over; a core each is no more either. @throws BadRequest if it is none, of another version, or damaged. */
export function inspectCheckpoint(input: string, threads: number, by: ImportFor): Promise<ClusterInfo> {
  return inTurn({ kind: 'checkpoint', input, threads: Math.max(threads, availableParallelism()) }, by);
}

/** Turns two uploaded IDX files into the data set `target`. @throws BadRequest naming the fault of the files. */
export function importMnistFiles(input: string, label: string, target: string, by: ImportFor): Promise<Imported> {
  return inTurn({ kind: 'mnist', input, label, target }, by);
}

async function inTurn<Outcome>(job: Job, by: ImportFor): Promise<Outcome> {
  const { user } = by;
  const own = ofUser.get(user) ?? pLimit(MOST_OF_A_USER);
  ofUser.set(user, own);
  try {
    return await own(() => all(() => runJob<Outcome>(job, by)));
  } finally {
    if (own.activeCount + own.pendingCount === 0) ofUser.delete(user);
  }
}

async function runJob<Outcome>(job: Job, { objects, bytes }: ImportFor): Promise<Outcome> {
  const { bytes: size = 0 } = (await objects.stat(job.input)) ?? {};
  const timeout = Math.round(TIMEOUT_MS + size * TIMEOUT_MS_A_BYTE);
  const execArgv = job.kind === 'parquet' || job.kind === 'checkpoint' ? LARGE_HEAP : HEAP;
  const command = [process.execPath, ...execArgv, fileURLToPath(import.meta.url), JSON.stringify([job, objects.places])];
  const threads = job.kind === 'checkpoint' ? job.threads : 1;
  const limits = [String(BESIDES_KB + (threads - 1) * A_THREAD_KB), String(Math.floor(bytes / BLOCK))];
  const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', ...limits, ...command], { timeout, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const result = message as Result<Outcome>;
      if ('outcome' in result) resolve(result.outcome);
      else if ('fault' in result) reject(new BadRequest(result.fault, 'invalid_file'));
      else reject(new Error(result.crash));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // After a result this changes nothing.
      if ('target' in job) void objects.removePart(job.target);
      if (signal === 'SIGTERM')
        reject(new BadRequest(`the file is damaged: reading it took longer than ${Math.round(timeout / 1000)} s`, 'invalid_file'));
      // What V8 ends with when its heap is full.
      else if (signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134 || code === 133)
        reject(new BadRequest(NO_MEMORY, 'invalid_file'));
      else reject(new Error(`the import ended with ${signal ?? code} before it had a result`));
    });
  });
}

const NO_MEMORY = 'the file is damaged, or has parts that are too large: reading it took too much memory';

/** What is told of an error of a conversion. */
function resultOf({ name, message, stack, code = '' }: NodeJS.ErrnoException): { readonly fault: string } | { readonly crash: string } {
  if (name === 'DatasetError' || name === 'EngineError') return { fault: message };
  if (code === 'EFBIG')
    return { fault: 'the data set would be larger than it may be: than the quota of the project, or storage.dataset_limit' };
  if (code === 'ERR_MEMORY_ALLOCATION_FAILED' || (name === 'RangeError' && /alloc|memory/i.test(message))) return { fault: NO_MEMORY };
  return { crash: stack ?? message };
}

/** Bytes that a network may take that a checkpoint of this size holds: a state is about as large as what it is the state of. */
const memoryOf = (bytes: number): number => 67_108_864 + 4 * bytes;

const IMPORTERS = { csv: importCsv, arrow: importArrow, parquet: importParquet } as const;

async function work(job: Job, objects: Objects): Promise<Imported | ClusterInfo> {
  if (job.kind === 'checkpoint') {
    const snapshot = await readAll(objects, job.input);
    const cluster = await Cluster.restore(snapshot, { startThread, memoryLimit: memoryOf(snapshot.length), threads: job.threads });
    const info = describe(cluster);
    cluster.close();
    return info;
  }
  const input = await objects.open(job.input);
  const target = await objects.create(job.target);
  // What a conversion leaves that failed is removed by who started it.
  if (job.kind === 'mnist') await importMnist(input, await objects.open(job.label), target);
  else await IMPORTERS[job.kind](input, target);
  const reader = await DatasetReader.open(await objects.open(job.target));
  const columns = reader.columns.map(({ name, width }) => ({ name, width }));
  await reader.close();
  return { rows: reader.rows, columns, ...(await checksumOf(objects, job.target)) };
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  // Without its server an import is of no use to anybody.
  process.once('disconnect', () => process.exit(1));
  const [job, places]: [Job, StoragePlaces] = JSON.parse(process.argv[2] ?? '');
  const result: Result<Imported | ClusterInfo> = await work(job, openObjects(places)).then(
    (outcome) => ({ outcome }),
    (error: NodeJS.ErrnoException) => resultOf(error),
  );
  process.send(result, () => process.exit(0));
}
