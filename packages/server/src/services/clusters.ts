import { randomInt, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import {
  BadRequest,
  Conflict,
  type createCluster,
  type ParsedInputOf,
  type Search,
  type setClusterMode,
  type setClusterVisibility,
  type switchHost,
} from '@openhanami/contract';
import { DEFAULT_TEMPLATE } from '@openhanami/engine';
import type { Config } from '../config.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { TaskQueue } from '../jobs/queue.ts';
import { isIdle } from '../jobs/task-states.ts';
import type { Database } from '../store/database.ts';
import { unlessTaken } from '../store/faults.ts';
import { lockRow } from '../store/locks.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { ClusterRow } from '../store/tables.ts';
import type { ClusterInfo } from '../worker/protocol.ts';
import { type Caller, markDeleted, mustOwn, newResource, notFound, visibleTo } from './access.ts';
import { grownAnswer, holds, partOf, resourceAnswer, resourceList, time } from './answers.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Quotas } from './quotas.ts';
import { setVisibility } from './visibility.ts';

/** Clusters, their modes and hosts. */
export class Clusters {
  /** `entered`: a cluster entered DIRECT mode. `left`: it left it or was deleted, and why. */
  readonly events = new EventEmitter<{
    entered: [cluster: string];
    left: [cluster: string, reason: string, deleted: boolean];
  }>().setMaxListeners(0);

  constructor(
    private readonly db: Database,
    private readonly objects: Objects,
    private readonly hosts: HostPool,
    private readonly queue: TaskQueue,
    private readonly checkpoints: Checkpoints,
    private readonly processing: Config['processing'],
    private readonly quotas: Quotas,
  ) {}

  /**
   * Creates a cluster from a template or a checkpoint.
   * @throws BadRequest if both are given, Conflict if the name is taken or the cluster was deleted meanwhile.
   */
  async create(caller: Caller, { name, template, checkpoint_uuid, seed }: ParsedInputOf<typeof createCluster>) {
    if (template !== undefined && checkpoint_uuid !== undefined) {
      throw new BadRequest("give either 'template' or 'checkpoint_uuid'; a checkpoint has the template that its cluster was made from");
    }
    const from =
      checkpoint_uuid === undefined ? undefined : keyOf.checkpoint((await this.checkpoints.getVisible(caller, checkpoint_uuid)).uuid);
    // The row reserves name and quota; once the work is done, it becomes visible.
    const uuid = randomUUID();
    const host_uuid = this.hosts.assign(uuid, caller.project_id);
    const row: ClusterRow = { ...newResource(caller, uuid, name), complete: false, host_uuid, mode: 'TASK', info: JSON.stringify(UNMADE) };
    try {
      await this.quotas.add(caller.project_id, { clusters: 1, memory: 1 }, (db) =>
        unlessTaken(db.insertInto('cluster').values(row).execute(), `the project '${caller.project_id}' has a cluster '${name}' already`),
      );
    } catch (error) {
      await this.hosts.drop(uuid);
      throw error;
    }
    try {
      const info = await this.make(uuid, template, from, seed);
      const { numUpdatedRows } = await this.db
        .updateTable('cluster')
        .set({ complete: true, info: JSON.stringify(info) })
        .where('uuid', '=', uuid)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw new Conflict(`the cluster '${name}' was deleted while it was made`);
      return resourceAnswer(row);
    } catch (error) {
      await this.db.updateTable('cluster').set({ deleted_at: Date.now() }).where('uuid', '=', uuid).execute();
      await this.forget(uuid);
      throw error;
    }
  }

  private make(uuid: string, template: string | undefined, from: string | undefined, seed: number | undefined): Promise<ClusterInfo> {
    if (from !== undefined) return this.hosts.call(uuid, 'load', { cluster: uuid, from });
    return this.hosts.call(uuid, 'create', {
      cluster: uuid,
      template: template ?? DEFAULT_TEMPLATE,
      neuronsPerHexagon: this.processing.neurons_per_hexagon,
      threads: this.processing.threads_per_cluster,
      threadsIfFaster: this.processing.threads_if_faster,
      seed: seed ?? randomInt(2 ** 32),
    });
  }

  async get(caller: Caller, uuid: string) {
    const row = await this.getVisible(caller, uuid);
    return { ...resourceAnswer(row), ...grownAnswer(await this.infoOf(row)), host: row.host_uuid, mode: row.mode };
  }

  async list(caller: Caller, { name, ...part }: Search) {
    let query = this.db.selectFrom('cluster').selectAll().where(visibleTo(caller)).where('complete', '=', true);
    if (name !== undefined) query = query.where(holds('name', name));
    return resourceList(await partOf(query, part, ['created_at', 'uuid']));
  }

  /** Deletes a cluster and aborts its tasks. @throws NotFound if the caller sees no such cluster. */
  async delete(caller: Caller, uuid: string): Promise<void> {
    const row = await this.find(caller, uuid);
    if (!row) throw notFound('cluster', uuid);
    mustOwn(caller, row, `cluster '${uuid}'`);
    await markDeleted(this.db, 'cluster', uuid);
    this.events.emit('left', uuid, 'the cluster was deleted', true);
    await this.queue.abort(uuid);
    await this.queue.meanwhile(uuid, () => this.forget(uuid));
  }

  async setVisibility(caller: Caller, { uuid, visibility }: ParsedInputOf<typeof setClusterVisibility>) {
    return setVisibility(this.db, caller, 'cluster', await this.getVisible(caller, uuid), visibility);
  }

  /** Switches a cluster to tasks (TASK) or websockets (DIRECT). @throws Conflict for DIRECT while tasks are queued or active. */
  async setMode(caller: Caller, { uuid, new_state }: ParsedInputOf<typeof setClusterMode>) {
    const row = await this.getVisible(caller, uuid);
    mustOwn(caller, row, `cluster '${uuid}'`);
    await this.db.transaction().execute(async (db) => {
      // Locked, so that no task is queued between check and change.
      if (!(await lockRow(db, 'cluster', uuid))) throw notFound('cluster', uuid);
      if (new_state === 'DIRECT' && !(await isIdle(db, uuid)))
        throw new Conflict('the cluster has tasks that are queued or active; wait for them or delete them', 'cluster_has_tasks');
      await db.updateTable('cluster').set({ mode: new_state }).where('uuid', '=', uuid).execute();
    });
    if (new_state === 'TASK') await this.left(uuid, 'the cluster left DIRECT mode');
    else this.events.emit('entered', uuid);
    return { created_at: time(row.created_at), uuid, name: row.name, new_state };
  }

  /** Switches a cluster without direct connections back to TASK mode. */
  async leaveDirect(uuid: string): Promise<void> {
    const { numUpdatedRows } = await this.db
      .updateTable('cluster')
      .set({ mode: 'TASK' })
      .where('uuid', '=', uuid)
      .where('mode', '=', 'DIRECT')
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) await this.left(uuid, 'nobody talked to the cluster any more, so it left DIRECT mode');
  }

  /** Uuids of the clusters in DIRECT mode. */
  async inDirectMode(): Promise<string[]> {
    const rows = await this.db.selectFrom('cluster').select('uuid').where('mode', '=', 'DIRECT').where('deleted_at', 'is', null).execute();
    return rows.map(({ uuid }) => uuid);
  }

  /** Announces that a cluster left DIRECT mode, and writes its changes. */
  private async left(uuid: string, reason: string): Promise<void> {
    this.events.emit('left', uuid, reason, false);
    await this.hosts.call(uuid, 'flush', { cluster: uuid });
  }

  /**
   * Moves a cluster to another logical host; a running task is halted and resumes there.
   * @throws NotFound for an unknown host, Conflict in DIRECT mode.
   */
  async switchHost(caller: Caller, { cluster_uuid, host_uuid }: ParsedInputOf<typeof switchHost>) {
    const row = await this.getVisible(caller, cluster_uuid);
    mustOwn(caller, row, `cluster '${cluster_uuid}'`);
    if (!this.hosts.has(host_uuid)) throw notFound('host', host_uuid);
    const isThere = async (): Promise<boolean> => {
      const { mode, host_uuid: now } = await this.getVisible(caller, cluster_uuid);
      if (mode === 'DIRECT')
        throw new Conflict('the cluster is in DIRECT mode; switch it to TASK before it moves', 'cluster_in_direct_mode');
      return now === host_uuid;
    };
    // Checked before its task is halted, and again when nothing else runs on it.
    if (await isThere()) return resourceAnswer(row);
    return this.queue.meanwhile(cluster_uuid, async () => {
      if (!(await isThere())) {
        await this.hosts.release(cluster_uuid);
        await this.db.updateTable('cluster').set({ host_uuid }).where('uuid', '=', cluster_uuid).execute();
        this.hosts.assign(cluster_uuid, row.project_id, host_uuid);
      }
      return resourceAnswer(row);
    });
  }

  /** Stores the properties of a cluster that was written. */
  async remember(uuid: string, info: ClusterInfo): Promise<void> {
    await this.db
      .updateTable('cluster')
      .set({ info: JSON.stringify(info) })
      .where('uuid', '=', uuid)
      .execute();
  }

  /** Assigns every cluster to its previous host, or to another if that is gone; deletes clusters whose creation was interrupted. */
  async assignHosts(): Promise<void> {
    const rows = await this.db
      .selectFrom('cluster')
      .select(['uuid', 'project_id', 'host_uuid', 'complete'])
      .where('deleted_at', 'is', null)
      .execute();
    for (const { uuid, project_id, host_uuid, complete } of rows) {
      if (!complete) {
        await markDeleted(this.db, 'cluster', uuid);
        await this.removeObjects(uuid);
        continue;
      }
      const host = this.hosts.assign(uuid, project_id, host_uuid);
      if (host !== host_uuid) await this.db.updateTable('cluster').set({ host_uuid: host }).where('uuid', '=', uuid).execute();
    }
  }

  /** A cluster that the caller may see. @throws NotFound if there is none. */
  async getVisible(caller: Caller, uuid: string): Promise<ClusterRow> {
    const row = await this.find(caller, uuid);
    if (!row?.complete) throw notFound('cluster', uuid);
    return row;
  }

  /** Checks that the caller may change a cluster; what is known of it is not read. @throws NotFound if the caller sees no such cluster, Unauthorized if it is another's. */
  async mustOwn(caller: Caller, uuid: string): Promise<void> {
    const row = await this.db
      .selectFrom('cluster')
      .select(['owner_id', 'owner_key', 'project_id'])
      .where('uuid', '=', uuid)
      .where('complete', '=', true)
      .where(visibleTo(caller))
      .executeTakeFirst();
    if (!row) throw notFound('cluster', uuid);
    mustOwn(caller, row, `cluster '${uuid}'`);
  }

  /** Also finds one that is being created. */
  private find(caller: Caller, uuid: string): Promise<ClusterRow | undefined> {
    return this.db.selectFrom('cluster').selectAll().where('uuid', '=', uuid).where(visibleTo(caller)).executeTakeFirst();
  }

  /** The present properties during a task or in DIRECT mode, else those when it was written. */
  private async infoOf({ uuid, mode, info }: ClusterRow): Promise<ClusterInfo> {
    if (mode === 'DIRECT') return this.hosts.call(uuid, 'look', { cluster: uuid });
    return this.queue.infoOf(uuid) ?? JSON.parse(info);
  }

  private async forget(uuid: string): Promise<void> {
    await this.hosts.drop(uuid);
    await this.removeObjects(uuid);
  }

  private async removeObjects(uuid: string): Promise<void> {
    for (const key of [keyOf.cluster(uuid), keyOf.best(uuid)]) await this.objects.remove(key);
  }
}

/** Properties of a cluster before it is created. */
const UNMADE: ClusterInfo = { blocks: 0, sections: 0, neurons: 0, synapses: 0, bytes: 0, full: false, inputs: [], outputs: [] };
