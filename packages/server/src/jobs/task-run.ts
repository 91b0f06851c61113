import { heldRows, type TaskResult, type TaskScores, type TaskSource } from '@openhanami/contract';
import type { Config } from '../config.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { Database } from '../store/database.ts';
import type { TaskRow } from '../store/tables.ts';
import type { CallOutput, ColumnSource } from '../worker/protocol.ts';
import { MOST_PASSES, type OrderOptions, tailRows } from '../worker/row-order.ts';

/** Specification of a task, as it is stored: sources name their columns one by one. */
export interface TaskSpec {
  readonly inputs: readonly TaskSource[];
  /** Train tasks. */
  readonly outputs?: readonly TaskSource[];
  /** Request tasks. */
  readonly results?: readonly TaskResult[];
  readonly time_length: number;
  /** Train tasks; 1 where it is missing. */
  readonly epochs?: number | 'auto';
  readonly order?: OrderOptions;
  /** Train tasks; 0 where it is missing. */
  readonly forecast_length?: number;
}

export type RunEnd = CallOutput<'train'> | CallOutput<'request'>;

const IN_ORDER: OrderOptions = { shuffle: false, seed: 0, holdout: 0 };

/** Cycles of a training at most; 0 if no row is left to learn. */
export function cyclesOf(rows: number, { epochs = 1, order = IN_ORDER }: Pick<TaskSpec, 'epochs' | 'order'>): number {
  const trained = rows - heldRows(rows, order.holdout);
  if (epochs !== 'auto') return trained * epochs;
  const tail = tailRows(trained, order);
  return (trained - tail) * MOST_PASSES + tail;
}

/** Runs a task on the host of its cluster, from the cluster's snapshot on. @param seen how it went until it was interrupted. */
export async function runTask(
  db: Database,
  hosts: HostPool,
  processing: Config['processing'],
  task: TaskRow,
  { curve = [] }: Partial<TaskScores>,
): Promise<RunEnd> {
  const spec: TaskSpec = JSON.parse(task.spec);
  const [inputs, rows] = await sourcesOf(db, spec.inputs);
  const common = { task: task.uuid, cluster: task.cluster_uuid, inputs, timeLength: spec.time_length, cycles: task.total_cycles };
  if (task.kind === 'train') {
    const [outputs] = await sourcesOf(db, spec.outputs ?? []);
    const { snapshot_interval: snapshotInterval } = processing;
    const { epochs = 1, order = IN_ORDER, forecast_length: forecast = 0 } = spec;
    return hosts.call(task.cluster_uuid, 'train', {
      ...common,
      outputs,
      rows: rows - (spec.time_length - 1) - forecast,
      forecast,
      epochs: epochs === 'auto' ? 0 : epochs,
      order,
      curve,
      snapshotInterval,
    });
  }
  const results = (spec.results ?? []).map((result) => ({
    column: result.dataset_column,
    hexagon: result.hexagon_name,
    allClasses: result.all_classes ?? false,
  }));
  return hosts.call(task.cluster_uuid, 'request', { ...common, project: task.project_id, results });
}

/** Columns of sources, with known checksums of their data sets, and the fewest rows of these. */
async function sourcesOf(db: Database, sources: readonly TaskSource[]): Promise<[sources: ColumnSource[], rows: number]> {
  const uuids = sources.map(({ dataset_uuid }) => dataset_uuid);
  const rows = await db.selectFrom('dataset').select(['uuid', 'bytes', 'crc32', 'rows']).where('uuid', 'in', uuids).execute();
  const found = sources.map((source) => {
    const dataset = rows.find(({ uuid }) => uuid === source.dataset_uuid);
    const { bytes = 0, crc32 = null } = dataset ?? {};
    return {
      dataset: source.dataset_uuid,
      columns: source.dataset_column === undefined ? (source.dataset_columns ?? []) : [source.dataset_column],
      areFields: source.dataset_columns !== undefined,
      hexagon: source.hexagon_name,
      ...(crc32 === null ? {} : { checksum: { bytes, crc32 } }),
    };
  });
  return [found, Math.min(...rows.map((dataset) => dataset.rows))];
}
