import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BadRequest } from '@openhanami/contract';
import {
  type ByteSink,
  DatasetReader,
  type ImportedColumn,
  importTable as importFile,
  importMnist,
  kindOf,
  type TableOptions as ReadOptions,
  sortRows,
} from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import pLimit, { type LimitFunction } from 'p-limit';
import { type Checksum, checksumOf } from '../store/checksum.ts';
import { type Objects, openObjects, readAll, type StoragePlaces } from '../store/objects/index.ts';
import { type ClusterInfo, describe } from '../worker/protocol.ts';
import { startThread } from '../worker/shard-thread.ts';

// Conversions run in a process of their own: a large file does not delay other calls, one that exhausts memory does not end the server,
// and their memory is freed when they end.

/** Formats of a table in one file; of `table` and `csv` the file itself says what it is. */
export type TableFormat = 'csv' | 'arrow' | 'parquet' | 'table';

/** What a caller says of a table. */
export interface TableOptions extends ReadOptions {
  /** Column that the rows are put in the order of; `auto`: the first one of times. */
  readonly sortBy?: string | undefined;
}

/** A conversion; `input`, `label` and `target` are keys of objects. */
type Job =
  | { readonly kind: TableFormat; readonly input: string; readonly target: string; readonly options: TableOptions }
  | { readonly kind: 'checkpoint'; readonly input: string; readonly threads: number }
  | { readonly kind: 'mnist'; readonly input: string; readonly label: string; readonly target: string };

/** What the process is told: where the files are, and the project that it writes for. */
interface Order {
  readonly job: Job;
  readonly places: StoragePlaces;
  readonly project: string;
}

interface Imported extends Checksum {
  readonly rows: number;
  readonly columns: readonly ImportedColumn[];
  readonly notices: readonly string[];
}

type Result<Outcome> = { readonly outcome: Outcome } | { readonly fault: string } | { readonly crash: string };

/** A small heap keeps the process small for files of any size; the longest line that importers accept fits, and dictionaries of categories. */
const HEAP = ['--max-semi-space-size=16', '--max-old-space-size=256'];

/** Row groups of Parquet files and workbooks are held in memory, and checkpoints are read as a whole. */
const LARGE_HEAP = ['--max-semi-space-size=2', '--max-old-space-size=1024'];
/** Limit in kilobytes (`ulimit -d`) of such a process besides its heap: Node's own memory, and buffers that a file causes. */
const BESIDES_KB = 1_572_864;
/** Additional kilobytes for each further thread of a checkpoint's cluster: most of it is only reserved. */
const A_THREAD_KB = 655_360;
/** Shell script that sets the limits and executes the command; limits that are lower already stay. */
const LIMITED = 'ulimit -d "$1" 2>/dev/null; ulimit -f "$2" 2>/dev/null; shift 2; exec "$@"';
/** Block size of `ulimit -f` in bytes. */
const BLOCK = 512;

/** Most concurrent conversions: of all, and of one user. Others wait. */
const all = pLimit(Math.max(2, availableParallelism()));
const MOST_OF_A_USER = 2;
const ofUser = new Map<number, LimitFunction>();

/** Storage, user and size limit of a conversion. */
export interface ImportFor {
  readonly objects: Objects;
  /** Key of the user. */
  readonly user: number;
  readonly project: string;
  /** Most bytes of the result. */
  readonly bytes: number;
}

/** Time limit of a conversion in milliseconds, and for each byte of its file: damaged files may loop a reader endlessly. */
const TIMEOUT_MS = 60_000;
const TIMEOUT_MS_A_BYTE = 0.002;

/** Converts an uploaded table to the data set `target`. @throws BadRequest naming the fault of the file. */
export function importTable(format: TableFormat, input: string, target: string, options: TableOptions, by: ImportFor): Promise<Imported> {
  return inTurn({ kind: format, input, target, options }, by);
}

/**
 * Reads the properties of a checkpoint file.
 * @param threads of a new cluster; one for each core is allowed in any case.
 * @throws BadRequest if the file is no checkpoint, of another version, or damaged.
 */
export function inspectCheckpoint(input: string, threads: number, by: ImportFor): Promise<ClusterInfo> {
  return inTurn({ kind: 'checkpoint', input, threads: Math.max(threads, availableParallelism()) }, by);
}

/** Converts two uploaded IDX files to the data set `target`. @throws BadRequest naming the fault of the files. */
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

async function runJob<Outcome>(job: Job, { objects, project, bytes }: ImportFor): Promise<Outcome> {
  const { bytes: size = 0 } = (await objects.stat(job.input)) ?? {};
  const timeout = Math.round(TIMEOUT_MS + size * TIMEOUT_MS_A_BYTE);
  const execArgv = job.kind === 'csv' || job.kind === 'arrow' || job.kind === 'mnist' ? HEAP : LARGE_HEAP;
  const command = [process.execPath, ...execArgv, fileURLToPath(import.meta.url)];
  const threads = job.kind === 'checkpoint' ? job.threads : 1;
  const limits = [String(BESIDES_KB + (threads - 1) * A_THREAD_KB), String(Math.floor(bytes / BLOCK))];
  const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', ...limits, ...command], { timeout, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  // Not as an argument: others may read these, and there may be a key in it.
  child.send({ job, places: objects.places, project } satisfies Order, () => {});
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const result = message as Result<Outcome>;
      if ('outcome' in result) resolve(result.outcome);
      else if ('fault' in result) reject(new BadRequest(result.fault, 'invalid_file'));
      else reject(new Error(result.crash));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // After a result, this has no effect.
      if ('target' in job) void objects.removePart(job.target);
      if (signal === 'SIGTERM')
        reject(new BadRequest(`the file is damaged: reading it took longer than ${Math.round(timeout / 1000)} s`, 'invalid_file'));
      // How V8 ends when its heap is full.
      else if (signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134 || code === 133)
        reject(new BadRequest(NO_MEMORY, 'invalid_file'));
      else reject(new Error(`the import ended with ${signal ?? code} before it had a result`));
    });
  });
}

const NO_MEMORY = 'the file is damaged, or has parts that are too large: reading it took too much memory';

/** Classifies an error as a fault of the file or a crash. */
function resultOf({ name, message, stack, code = '' }: NodeJS.ErrnoException): { readonly fault: string } | { readonly crash: string } {
  if (name === 'DatasetError' || name === 'EngineError') return { fault: message };
  if (code === 'EFBIG')
    return { fault: 'the data set would be larger than it may be: than the quota of the project, or storage.dataset_limit' };
  if (code === 'ERR_MEMORY_ALLOCATION_FAILED' || (name === 'RangeError' && /alloc|memory/i.test(message))) return { fault: NO_MEMORY };
  return { crash: stack ?? message };
}

/** Memory limit in bytes for the network of a checkpoint of this size: its state is about as large as the network. */
const memoryOf = (bytes: number): number => 67_108_864 + 4 * bytes;

async function work({ job, places, project }: Order): Promise<Imported | ClusterInfo> {
  const objects = openObjects(places);
  if (job.kind === 'checkpoint') {
    const snapshot = await readAll(objects, job.input);
    const cluster = await Cluster.restore(snapshot, { startThread, memoryLimit: memoryOf(snapshot.length), threads: job.threads });
    const info = describe(cluster);
    cluster.close();
    return info;
  }
  // The parent process removes what a failed conversion leaves.
  const create = (): Promise<ByteSink> => objects.of(project).create(job.target);
  const table =
    job.kind === 'mnist'
      ? await importPictures(job, objects, create)
      : await sorted(job, await importFile(await objects.open(job.input), create, formatOf(job)), objects, create);
  return { ...table, ...(await checksumOf(objects, job.target)) };
}

const formatOf = ({ kind, options }: Job & { readonly options: TableOptions }): TableOptions =>
  kind === 'arrow' || kind === 'parquet' ? { ...options, format: kind } : kind === 'table' ? { pictures: 'auto', ...options } : options;

/** The table with its rows in the order that is wanted. */
async function sorted(
  { target, options: { sortBy } }: Job & { readonly target: string; readonly options: TableOptions },
  table: Omit<Imported, keyof Checksum>,
  objects: Objects,
  create: () => Promise<ByteSink>,
): Promise<Omit<Imported, keyof Checksum>> {
  if (sortBy === undefined) return table;
  const times = table.columns.filter(({ kind }) => kind === 'time').toSorted((a, b) => Number(a.skip) - Number(b.skip))[0]?.name;
  const by = sortBy === 'auto' && !table.columns.some(({ name }) => name === 'auto') ? times : sortBy;
  // Where each time is later than the one before, rows without one stay where they are.
  const isInOrder = sortBy === 'auto' && table.columns.find(({ name }) => name === by)?.ascending === true;
  if (by === undefined)
    return { ...table, notices: [...table.notices, 'there is no column of times, so the rows are taken in the order in which they stand'] };
  const found = isInOrder ? undefined : await sortRows(await objects.open(target), create, by);
  if (!found) return table;
  const { missing = 0 } = table.columns.find(({ name }) => name === by) ?? {};
  return {
    ...table,
    columns: table.columns.map((column) => {
      const { ascending: _, step: _step, gaps: _gaps, ...more } = column;
      return { ...more, ...found.get(column.name) };
    }),
    notices: [
      ...table.notices,
      `the rows were not in the order of '${by}'; they are now${missing > 0 ? `, and the ${missing} without it stand at the end` : ''}`,
    ],
  };
}

async function importPictures(
  job: Job & { readonly kind: 'mnist' },
  objects: Objects,
  create: () => Promise<ByteSink>,
): Promise<Omit<Imported, keyof Checksum>> {
  await importMnist(await objects.open(job.input), await objects.open(job.label), await create());
  const reader = await DatasetReader.open(await objects.open(job.target));
  const columns = reader.columns.map((column) => ({
    name: column.name,
    width: column.width,
    kind: kindOf(column),
    skip: false,
    missing: 0,
  }));
  await reader.close();
  return { rows: reader.rows, columns, notices: [] };
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  // Without the server nobody can use the result.
  process.once('disconnect', () => process.exit(1));
  process.once('message', async (order) => {
    const result: Result<Imported | ClusterInfo> = await work(order as Order).then(
      (outcome) => ({ outcome }),
      (error: NodeJS.ErrnoException) => resultOf(error),
    );
    process.send?.(result, () => process.exit(0));
  });
}
