import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BadRequest, Unavailable } from '@openhanami/contract';
import pLimit, { type LimitFunction } from 'p-limit';
import { type Objects, patienceOf } from '../store/objects/index.ts';
import type { ClusterInfo } from '../worker/protocol.ts';
import { type Imported, type Job, NO_MEMORY, type Order, type Result, type TableFormat, type TableOptions } from './protocol.ts';

// Conversions run in a process of their own: a large file does not delay other calls, one that exhausts memory does not end the server,
// and their memory is freed when they end.

/** A small heap keeps the process small for files of any size; the longest line that importers accept fits, and dictionaries of categories. */
const HEAP = ['--max-semi-space-size=16', '--max-old-space-size=256'];

/** Row groups of Parquet files and workbooks are held in memory, and checkpoints are read as a whole. */
const LARGE_HEAP = ['--max-semi-space-size=2', '--max-old-space-size=1024'];
/** Limit in kilobytes (`ulimit -d`) of such a process besides its heap: Node's own memory, and buffers that a file causes. */
const BESIDES_KB = 1_572_864;
/** Additional kilobytes for each further thread of a checkpoint's cluster: most of it is only reserved. */
const A_THREAD_KB = 655_360;
/** Shell script that sets the limit and executes the command; one that is lower already stays. */
const LIMITED = 'ulimit -d "$1" 2>/dev/null; shift; exec "$@"';

/** What the process runs. */
const JOB = fileURLToPath(new URL('./job.js', import.meta.url));

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
  const timeout = Math.round(TIMEOUT_MS + size * TIMEOUT_MS_A_BYTE + 1000 * patienceOf(objects.places));
  const execArgv = job.kind === 'csv' || job.kind === 'arrow' || job.kind === 'mnist' ? HEAP : LARGE_HEAP;
  const command = [process.execPath, ...execArgv, JOB];
  const threads = job.kind === 'checkpoint' ? job.threads : 1;
  const limit = String(BESIDES_KB + (threads - 1) * A_THREAD_KB);
  const child = spawn('/bin/sh', ['-c', LIMITED, 'sh', limit, ...command], { timeout, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  // Not as an argument: others may read these, and there may be a key in it.
  child.send({ job, places: objects.places, project, bytes } satisfies Order, () => {});
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const result = message as Result<Outcome>;
      if ('outcome' in result) resolve(result.outcome);
      else if ('fault' in result) reject(new BadRequest(result.fault, 'invalid_file'));
      else if ('away' in result) reject(new Unavailable(result.away));
      else reject(new Error(result.crash));
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      // After a result, this has no effect.
      if ('target' in job) void objects.removePart(job.target).catch(() => {});
      if (signal === 'SIGTERM')
        reject(new BadRequest(`the file is damaged: reading it took longer than ${Math.round(timeout / 1000)} s`, 'invalid_file'));
      // How V8 ends when its heap is full.
      else if (signal === 'SIGABRT' || signal === 'SIGTRAP' || code === 134 || code === 133)
        reject(new BadRequest(NO_MEMORY, 'invalid_file'));
      else reject(new Error(`the import ended with ${signal ?? code} before it had a result`));
    });
  });
}
