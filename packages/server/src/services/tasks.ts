import { randomUUID } from 'node:crypto';
import {
  BadRequest,
  Conflict,
  type createRequestTask,
  type createTrainTask,
  type listTasks,
  NotFound,
  type ParsedInputOf,
  TASK_COLUMNS,
  type Task,
  type TaskScores,
} from '@openhanami/contract';
import type { TaskQueue } from '../jobs/queue.ts';
import { cyclesOf, type TaskSpec } from '../jobs/task-run.ts';
import { isIdle } from '../jobs/task-states.ts';
import type { Database } from '../store/database.ts';
import { lockRow } from '../store/locks.ts';
import type { ClusterRow, TaskRow } from '../store/tables.ts';
import type { ClusterInfo } from '../worker/protocol.ts';
import { type Caller, mustOwn, notFound, ownerOf, visibleTo } from './access.ts';
import { holds, partOf, table, time } from './answers.ts';
import type { Clusters } from './clusters.ts';
import type { Datasets } from './datasets.ts';
import type { Policy } from './policy.ts';
import type { Quotas } from './quotas.ts';
import { datasetsOf, taskAnswer } from './task-answers.ts';
import { mustBeThere, namedSources } from './task-sources.ts';
import { mustExist, mustName } from './terminals.ts';

/** Trainings and requests in the queues of clusters. */
export class Tasks {
  constructor(
    private readonly db: Database,
    private readonly queue: TaskQueue,
    private readonly clusters: Clusters,
    private readonly datasets: Datasets,
    private readonly quotas: Quotas,
    private readonly policy: Policy,
  ) {
    queue.admit = (task) => this.mustStillBeAllowed(task);
  }

  async createTrain(caller: Caller, input: ParsedInputOf<typeof createTrainTask>): Promise<Task> {
    const { name, cluster_uuid, inputs, outputs, time_length, forecast_length, epochs, shuffle, seed, holdout } = input;
    if (shuffle && (time_length > 1 || forecast_length > 0))
      throw new BadRequest("'shuffle' is not possible with a time_length or a forecast_length: rows of a series keep their order");
    const cluster = await this.mustTake(caller, cluster_uuid);
    const info: ClusterInfo = JSON.parse(cluster.info);
    mustName(info, 'inputs', inputs);
    mustName(info, 'outputs', outputs);
    const [[named, targets], rows] = await namedSources(caller, this.datasets, [inputs, outputs] as const, time_length + forecast_length);
    const several = outputs.find(({ dataset_columns: columns }) => columns !== undefined);
    if (several) throw new BadRequest(`the output '${several.hexagon_name}' takes one 'dataset_column', not 'dataset_columns'`);
    const more = { queued_tasks: 1, memory: 0 };
    const spec = { inputs: named, outputs: targets, time_length, forecast_length, epochs, order: { shuffle, seed, holdout } };
    const cycles = cyclesOf(rows, spec);
    if (cycles < 1) throw new BadRequest(`a 'holdout' of ${holdout} leaves none of ${rows} rows to learn`);
    return this.insert(caller, cluster, name, 'train', spec, cycles, more);
  }

  /** Queues a request. @throws BadRequest if two results have one column, Conflict if the cluster is untrained. */
  async createRequest(caller: Caller, input: ParsedInputOf<typeof createRequestTask>): Promise<Task> {
    const { name, cluster_uuid, inputs, results, time_length } = input;
    const cluster = await this.mustTake(caller, cluster_uuid);
    const info: ClusterInfo = JSON.parse(cluster.info);
    mustName(info, 'inputs', inputs);
    mustExist(info, 'outputs', results);
    const columns = results.map(({ dataset_column }) => dataset_column);
    const seen = new Set<string>();
    const doubled = columns.find((column) => seen.size === seen.add(column).size);
    if (doubled !== undefined) throw new BadRequest(`'results' names the column '${doubled}' twice`);
    const [[named], cycles] = await namedSources(caller, this.datasets, [inputs] as const, time_length);
    if (info.outputs.some(({ width }) => width === 0) && (await isIdle(this.db, cluster_uuid))) {
      throw new Conflict('the cluster has not been trained yet; queue a train task first', 'cluster_untrained');
    }
    // The width of an output is not known before its first training; of one that names a class the result has its name and probability.
    const widths = results.map(({ hexagon_name, all_classes = false }) => {
      const { width = 0, classes } = info.outputs.find((output) => output.name === hexagon_name) ?? {};
      return classes && !all_classes ? 2 : width;
    });
    const dataset_bytes = Math.max(1, cycles * BYTES_A_VALUE * widths.reduce((sum, width) => sum + width, 0));
    const more = { queued_tasks: 1, dataset_bytes };
    return this.insert(caller, cluster, name, 'request', { inputs: named, results, time_length }, cycles, more);
  }

  /** @param clusterUuid optional. */
  async get(caller: Caller, uuid: string, clusterUuid?: string): Promise<Task> {
    return this.answer(caller, (await this.find(caller, uuid, clusterUuid)).task);
  }

  /** How a training went so far. */
  async curve(caller: Caller, uuid: string, clusterUuid?: string) {
    const { task } = await this.find(caller, uuid, clusterUuid);
    return { uuid, curve: [...(this.scoresOf(task)?.curve ?? [])] };
  }

  async list(caller: Caller, { cluster_uuid, dataset_uuid, name, state, ...part }: ParsedInputOf<typeof listTasks>) {
    if (cluster_uuid !== undefined) await this.clusters.getVisible(caller, cluster_uuid);
    let query =
      cluster_uuid === undefined
        ? this.all().where('cluster_uuid', 'in', this.db.selectFrom('cluster').select('uuid').where(visibleTo(caller)))
        : this.rows(cluster_uuid);
    if (name !== undefined) query = query.where(holds('name', name));
    if (state !== undefined) query = query.where('state', '=', state);
    if (dataset_uuid !== undefined) query = query.where('spec', 'like', `%"dataset_uuid":"${dataset_uuid}"%`);
    const { rows, total } = await partOf(query, part, ['key']);
    return table(
      TASK_COLUMNS,
      rows.map((row) => ({
        uuid: row.uuid,
        state: row.state,
        percentage: (this.cycleOf(row) / row.total_cycles).toFixed(6),
        queued: time(row.queued_at),
        start: time(row.started_at),
        end: time(row.ended_at),
        name: row.name,
      })),
      total,
    );
  }

  /**
   * Yields the tasks of a cluster, then each whenever it changes, until `signal` is aborted or the cluster is gone.
   * Changes of a task between two reads are yielded once, in its latest state.
   */
  async follow(caller: Caller, clusterUuid: string, signal: AbortSignal): Promise<AsyncGenerator<Task>> {
    await this.clusters.getVisible(caller, clusterUuid);
    return this.changes(caller, clusterUuid, signal);
  }

  private async *changes(caller: Caller, clusterUuid: string, signal: AbortSignal): AsyncGenerator<Task> {
    const changed = new Set<string>();
    let wake = (): void => {};
    const note = (cluster: string, task: string): void => {
      if (cluster !== clusterUuid) return;
      changed.add(task);
      wake();
    };
    let gone = false;
    const end = (cluster: string, _reason: string, deleted: boolean): void => {
      gone ||= deleted && cluster === clusterUuid;
      wake();
    };
    this.queue.events.on('task', note);
    this.clusters.events.on('left', end);
    signal.addEventListener('abort', () => wake());
    try {
      for (const row of await this.rows(clusterUuid).orderBy('key').execute()) yield await this.answer(caller, row);
      while (!signal.aborted && !gone) {
        for (const uuid of [...changed]) {
          changed.delete(uuid);
          const row = await this.db.selectFrom('task').selectAll().where('uuid', '=', uuid).executeTakeFirst();
          if (row) await this.clusters.getVisible(caller, clusterUuid);
          if (row) yield await this.answer(caller, row);
        }
        if (changed.size > 0 || signal.aborted || gone) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } catch (error) {
      // The caller may not see the cluster any more.
      if (!(error instanceof NotFound)) throw error;
    } finally {
      this.queue.events.off('task', note);
      this.clusters.events.off('left', end);
    }
  }

  /** Number of queued and active tasks. */
  async countByState(): Promise<{ state: string; count: number }[]> {
    return this.db
      .selectFrom('task')
      .select(({ fn }) => ['state', fn.countAll<number>().as('count')])
      .where('state', 'in', ['queued', 'active'])
      .groupBy('state')
      .execute();
  }

  /** Deletes a task; a queued or active one is aborted first. @throws NotFound if there is no such task. */
  async delete(caller: Caller, uuid: string, clusterUuid?: string): Promise<void> {
    const { cluster } = await this.find(caller, uuid, clusterUuid);
    mustOwn(caller, cluster, `cluster '${cluster.uuid}'`);
    await this.queue.abort(cluster.uuid, uuid);
    const { numUpdatedRows } = await this.db
      .updateTable('task')
      .set({ deleted_at: Date.now() })
      .where('uuid', '=', uuid)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw notFound('task', uuid);
  }

  /** Checks that a task's owner still has the required rights: membership, role, visible data sets. @throws HanamiError if not. */
  private async mustStillBeAllowed(task: TaskRow): Promise<void> {
    const { kind, cluster_uuid, spec } = task;
    const caller = await ownerOf(this.db, task);
    this.policy.mustAllow(caller, `/task/${kind}`, 'POST');
    mustOwn(caller, await this.clusters.getVisible(caller, cluster_uuid), `cluster '${cluster_uuid}'`);
    const { inputs, outputs = [] }: TaskSpec = JSON.parse(spec);
    for (const { dataset_uuid } of [...inputs, ...outputs]) await this.datasets.getVisible(caller, dataset_uuid);
  }

  private async mustTake(caller: Caller, uuid: string): Promise<ClusterRow> {
    const cluster = await this.clusters.getVisible(caller, uuid);
    mustOwn(caller, cluster, `cluster '${uuid}'`);
    return cluster;
  }

  private async insert(
    caller: Caller,
    cluster: ClusterRow,
    name: string,
    kind: TaskRow['kind'],
    spec: TaskSpec,
    cycles: number,
    more: Parameters<Quotas['add']>[1],
  ): Promise<Task> {
    const values = {
      uuid: randomUUID(),
      cluster_uuid: cluster.uuid,
      name,
      owner_id: caller.id,
      owner_key: caller.key,
      project_id: caller.project_id,
      kind,
      state: 'queued',
      spec: JSON.stringify(spec),
      current_cycle: 0,
      total_cycles: cycles,
      queued_at: Date.now(),
      started_at: null,
      ended_at: null,
      reason: null,
      deleted_at: null,
    } as const;
    // In the transaction of the quota, so that the mode does not change between check and insert.
    const row = await this.quotas.add(cluster.project_id, more, async (db) => {
      if (!(await lockRow(db, 'cluster', cluster.uuid, 'share'))) throw notFound('cluster', cluster.uuid);
      const { mode } = await db.selectFrom('cluster').select('mode').where('uuid', '=', cluster.uuid).executeTakeFirstOrThrow();
      if (mode !== 'TASK') {
        throw new Conflict(
          `the cluster is in DIRECT mode; switch it to TASK first: PUT /cluster/set_mode (hanamictl cluster mode ${cluster.uuid} task)`,
          'cluster_in_direct_mode',
        );
      }
      // Nor is a data set deleted in between.
      await mustBeThere(db, spec);
      return db.insertInto('task').values(values).returningAll().executeTakeFirstOrThrow();
    });
    this.queue.events.emit('task', cluster.uuid, row.uuid);
    this.queue.wake(cluster.uuid);
    return this.answer(caller, row);
  }

  private rows(clusterUuid: string) {
    return this.all().where('cluster_uuid', '=', clusterUuid);
  }

  private all() {
    return this.db.selectFrom('task').selectAll().where('deleted_at', 'is', null);
  }

  /** A task and its cluster, which the caller may see. @throws NotFound if there is none. */
  private async find(caller: Caller, uuid: string, clusterUuid?: string): Promise<{ task: TaskRow; cluster: ClusterRow }> {
    const named = clusterUuid === undefined ? undefined : await this.clusters.getVisible(caller, clusterUuid);
    const task = await this.all().where('uuid', '=', uuid).executeTakeFirst();
    if (!task || (named && task.cluster_uuid !== named.uuid)) throw notFound('task', uuid);
    const cluster = named ?? (await this.clusters.getVisible(caller, task.cluster_uuid).catch(() => undefined));
    if (!cluster) throw notFound('task', uuid);
    return { task, cluster };
  }

  private scoresOf(row: TaskRow): TaskScores | undefined {
    return this.queue.scoresOf(row.uuid) ?? (row.scores ? (JSON.parse(row.scores) as TaskScores) : undefined);
  }

  private cycleOf(row: TaskRow): number {
    return (row.state === 'active' ? this.queue.cycleOf(row.uuid) : undefined) ?? row.current_cycle;
  }

  private async answer(caller: Caller, row: TaskRow): Promise<Task> {
    const named = datasetsOf(row);
    // Of those that are gone, or are somebody else's, nothing could be asked.
    const there = named && new Set(await this.datasets.visibleOf(caller, named));
    const seen = named?.filter((uuid) => there?.has(uuid));
    return taskAnswer(row, this.cycleOf(row), this.scoresOf(row), seen);
  }
}

/** Answers are stored as f32. */
const BYTES_A_VALUE = 4;
