// The process of a conversion, which import.ts starts.
import { Unavailable } from '@openhanami/contract';
import { type ByteSink, DatasetError, DatasetReader, importTable as importFile, importMnist, kindOf, sortRows } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import { type Checksum, checksumOf } from '../store/checksum.ts';
import { type Objects, openObjects, readAll } from '../store/objects/index.ts';
import { type ClusterInfo, describe } from '../worker/protocol.ts';
import { startThread } from '../worker/shard-thread.ts';
import { type Imported, type Job, NO_MEMORY, type Order, type Result, type TableOptions } from './protocol.ts';

/** What an error is. */
function resultOf(error: NodeJS.ErrnoException): Result<never> {
  const { name, message, stack, code = '' } = error;
  if (error instanceof Unavailable) return { away: message };
  if (name === 'DatasetError' || name === 'EngineError') return { fault: message };
  if (code === 'ERR_MEMORY_ALLOCATION_FAILED' || (name === 'RangeError' && /alloc|memory/i.test(message))) return { fault: NO_MEMORY };
  return { crash: stack ?? message };
}

/** Memory limit in bytes for the network of a checkpoint of this size: its state is about as large as the network. */
const memoryOf = (bytes: number): number => 67_108_864 + 4 * bytes;

async function work({ job, places, project, bytes }: Order): Promise<Imported | ClusterInfo> {
  const objects = openObjects(places);
  if (job.kind === 'checkpoint') {
    const snapshot = await readAll(objects, job.input);
    const cluster = await Cluster.restore(snapshot, { startThread, memoryLimit: memoryOf(snapshot.length), threads: job.threads });
    const info = describe(cluster);
    cluster.close();
    return info;
  }
  // The parent process removes what a failed conversion leaves.
  const create = async (): Promise<ByteSink> => limited(await objects.of(project).create(job.target), bytes);
  const table =
    job.kind === 'mnist'
      ? await importPictures(job, objects, create)
      : await sorted(job, await importFile(await objects.open(job.input), create, formatOf(job)), objects, create);
  return { ...table, ...(await checksumOf(objects, job.target)) };
}

/** Takes only so many bytes. */
function limited(sink: ByteSink, most: number): ByteSink {
  let left = most;
  return {
    async write(bytes) {
      left -= bytes.length;
      if (left < 0)
        throw new DatasetError('the data set would be larger than it may be: than the quota of the project, or storage.dataset_limit');
      await sink.write(bytes);
    },
    finish: () => sink.finish(),
    abort: () => sink.abort(),
  };
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

// Without the server nobody can use the result.
process.once('disconnect', () => process.exit(1));
process.once('message', async (order) => {
  const result: Result<Imported | ClusterInfo> = await work(order as Order).then(
    (outcome) => ({ outcome }),
    (error: NodeJS.ErrnoException) => resultOf(error),
  );
  process.send?.(result, () => process.exit(0));
});
