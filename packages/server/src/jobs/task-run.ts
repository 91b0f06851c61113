import type { TaskResult, TaskSource } from '@openhanami/contract';
import type { Config } from '../config.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { Database } from '../store/database.ts';
import type { TaskRow } from '../store/tables.ts';
import type { CallOutput, ColumnSource } from '../worker/protocol.ts';

/** Specification of a task, as it is stored. */
export interface TaskSpec {
  readonly inputs: readonly TaskSource[];
  /** Train tasks. */
  readonly outputs?: readonly TaskSource[];
  /** Request tasks. */
  readonly results?: readonly TaskResult[];
  readonly time_length: number;
  /** Train tasks; 1 where it is missing. */
  readonly epochs?: number;
}

export type RunEnd = CallOutput<'train'> | CallOutput<'request'>;

/** Runs a task on the host of its cluster, from the cluster's snapshot on. */
export async function runTask(db: Database, hosts: HostPool, processing: Config['processing'], task: TaskRow): Promise<RunEnd> {
  const spec: TaskSpec = JSON.parse(task.spec);
  const common = {
    task: task.uuid,
    cluster: task.cluster_uuid,
    inputs: await columnsOf(db, spec.inputs),
    timeLength: spec.time_length,
    cycles: task.total_cycles,
  };
  if (task.kind === 'train') {
    const outputs = await columnsOf(db, spec.outputs ?? []);
    const { snapshot_interval: snapshotInterval } = processing;
    return hosts.call(task.cluster_uuid, 'train', { ...common, outputs, epochs: spec.epochs ?? 1, snapshotInterval });
  }
  const results = (spec.results ?? []).map((result) => ({ column: result.dataset_column, hexagon: result.hexagon_name }));
  return hosts.call(task.cluster_uuid, 'request', { ...common, results });
}

/** Columns of sources, with known checksums of their data sets. */
async function columnsOf(db: Database, sources: readonly TaskSource[]): Promise<ColumnSource[]> {
  const uuids = sources.map(({ dataset_uuid }) => dataset_uuid);
  const rows = await db.selectFrom('dataset').select(['uuid', 'bytes', 'crc32']).where('uuid', 'in', uuids).execute();
  return sources.map((source) => {
    const { bytes = 0, crc32 = null } = rows.find(({ uuid }) => uuid === source.dataset_uuid) ?? {};
    return {
      dataset: source.dataset_uuid,
      column: source.dataset_column,
      hexagon: source.hexagon_name,
      ...(crc32 === null ? {} : { checksum: { bytes, crc32 } }),
    };
  });
}
