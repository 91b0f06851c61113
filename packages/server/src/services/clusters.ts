import { randomInt, randomUUID } from 'node:crypto';
import { Conflict, type createCluster, type ParsedInputOf, type restoreCluster, type saveCluster } from '@openhanami/contract';
import { DEFAULT_TEMPLATE } from '@openhanami/engine';
import type { Config } from '../config.ts';
import type { Host } from '../hosts/host.ts';
import type { ClusterInfo } from '../hosts/protocol.ts';
import type { TaskQueue } from '../hosts/queue.ts';
import type { Database } from '../store/database.ts';
import { type Files, remove } from '../store/files.ts';
import type { ClusterRow } from '../store/tables.ts';
import { type Caller, mustOwn, newResource, notFound, visibleTo } from './access.ts';
import { resourceAnswer, resourceList } from './answers.ts';
import type { Checkpoints } from './checkpoints.ts';

export class Clusters {
  constructor(
    private readonly db: Database,
    private readonly files: Files,
    private readonly host: Host,
    private readonly queue: TaskQueue,
    private readonly checkpoints: Checkpoints,
    private readonly processing: Config['processing'],
  ) {}

  async create(caller: Caller, { name, template }: ParsedInputOf<typeof createCluster>) {
    await this.mustBeFree(caller, name);
    const uuid = randomUUID();
    const file = this.files.cluster(uuid);
    const info = await this.host.call(uuid, 'create', {
      cluster: uuid,
      file,
      template: template ?? DEFAULT_TEMPLATE,
      neuronsPerHexagon: this.processing.neurons_per_hexagon,
      seed: randomInt(2 ** 32),
    });
    const row: ClusterRow = { ...newResource(caller, uuid, name), host_uuid: this.host.uuid, mode: 'TASK', info: JSON.stringify(info) };
    try {
      // Somebody may have taken the name in the meantime.
      await this.mustBeFree(caller, name);
      await this.db.insertInto('cluster').values(row).execute();
    } catch (error) {
      await this.forget(uuid);
      throw error;
    }
    return resourceAnswer(row);
  }

  async get(caller: Caller, uuid: string) {
    const row = await this.must(caller, uuid);
    const info: ClusterInfo = this.queue.infoOf(uuid) ?? JSON.parse(row.info);
    const { blocks, sections, neurons, synapses, bytes, inputs, outputs } = info;
    return {
      ...resourceAnswer(row),
      number_of_blocks: blocks,
      number_of_sections: sections,
      neurons,
      synapses,
      memory: bytes,
      host: row.host_uuid,
      mode: row.mode,
      inputs: [...inputs],
      outputs: [...outputs],
    };
  }

  async list(caller: Caller) {
    return resourceList(await this.db.selectFrom('cluster').selectAll().where(visibleTo(caller)).orderBy('created_at').execute());
  }

  async delete(caller: Caller, uuid: string): Promise<void> {
    const row = await this.must(caller, uuid);
    mustOwn(caller, row, `cluster '${uuid}'`);
    await this.db.updateTable('cluster').set({ deleted_at: Date.now() }).where('uuid', '=', uuid).execute();
    await this.queue.abort(uuid);
    await this.forget(uuid);
  }

  /** Saves the state as a checkpoint; in the middle of a task too. */
  async save(caller: Caller, { name, cluster_uuid }: ParsedInputOf<typeof saveCluster>) {
    const row = await this.must(caller, cluster_uuid);
    mustOwn(caller, row, `cluster '${cluster_uuid}'`);
    const uuid = randomUUID();
    const { size, info } = await this.host.call(cluster_uuid, 'save', {
      cluster: cluster_uuid,
      file: this.files.cluster(cluster_uuid),
      to: this.files.checkpoint(uuid),
    });
    await this.checkpoints.insert({ ...newResource(caller, uuid, name), cluster_uuid, size, info: JSON.stringify(info) });
    return { uuid, name };
  }

  /** Puts a cluster into the state of a checkpoint that has the same names of inputs and outputs. */
  async restore(caller: Caller, { cluster_uuid, checkpoint_uuid }: ParsedInputOf<typeof restoreCluster>) {
    const row = await this.must(caller, cluster_uuid);
    mustOwn(caller, row, `cluster '${cluster_uuid}'`);
    const checkpoint = await this.checkpoints.must(caller, checkpoint_uuid);
    const own: ClusterInfo = JSON.parse(row.info);
    const saved: ClusterInfo = JSON.parse(checkpoint.info);
    for (const side of ['inputs', 'outputs'] as const) {
      const names = (info: ClusterInfo): string =>
        info[side]
          .map(({ name }) => `'${name}'`)
          .sort()
          .join(', ');
      if (names(own) !== names(saved)) {
        throw new Conflict(`the checkpoint has the ${side} ${names(saved)}, but the cluster has ${names(own)}; they must be the same`);
      }
    }
    if (!(await this.queue.isIdle(cluster_uuid)))
      throw new Conflict('the cluster has tasks that are queued or active; wait for them or delete them');
    const info = await this.host.call(cluster_uuid, 'load', {
      cluster: cluster_uuid,
      file: this.files.cluster(cluster_uuid),
      from: this.files.checkpoint(checkpoint_uuid),
    });
    await this.db
      .updateTable('cluster')
      .set({ info: JSON.stringify(info) })
      .where('uuid', '=', cluster_uuid)
      .execute();
    return { uuid: cluster_uuid };
  }

  /** @throws NotFound for what is not there or the caller may not see. */
  async must(caller: Caller, uuid: string): Promise<ClusterRow> {
    const row = await this.db.selectFrom('cluster').selectAll().where('uuid', '=', uuid).where(visibleTo(caller)).executeTakeFirst();
    if (!row) throw notFound('cluster', uuid);
    return row;
  }

  private async mustBeFree(caller: Caller, name: string): Promise<void> {
    const taken = await this.db
      .selectFrom('cluster')
      .select('uuid')
      .where('project_id', '=', caller.project_id)
      .where('name', '=', name)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (taken) throw new Conflict(`the project '${caller.project_id}' has a cluster '${name}' already`);
  }

  private async forget(uuid: string): Promise<void> {
    await this.host.drop(uuid);
    await remove(this.files.cluster(uuid));
  }
}
