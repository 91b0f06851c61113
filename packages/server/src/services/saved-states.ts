import { randomUUID } from 'node:crypto';
import { Conflict, type ParsedInputOf, type restoreCluster, type saveCluster } from '@openhanami/contract';
import type { HostPool } from '../hosts/pool.ts';
import type { TaskQueue } from '../jobs/queue.ts';
import { isIdle } from '../jobs/task-states.ts';
import type { Database } from '../store/database.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { ClusterInfo } from '../worker/protocol.ts';
import { type Caller, mustOwn, newResource } from './access.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { Clusters } from './clusters.ts';

/** States of clusters that are saved as checkpoints, and put back. */
export class SavedStates {
  constructor(
    private readonly db: Database,
    private readonly objects: Objects,
    private readonly hosts: HostPool,
    private readonly queue: TaskQueue,
    private readonly clusters: Clusters,
    private readonly checkpoints: Checkpoints,
  ) {}

  /** Saves the state as a checkpoint, also during a task. */
  async save(caller: Caller, { name, cluster_uuid }: ParsedInputOf<typeof saveCluster>) {
    const row = await this.clusters.getVisible(caller, cluster_uuid);
    mustOwn(caller, row, `cluster '${cluster_uuid}'`);
    const uuid = randomUUID();
    const { size, info } = await this.hosts.call(cluster_uuid, 'save', {
      cluster: cluster_uuid,
      to: keyOf.checkpoint(uuid),
      project: caller.project_id,
    });
    try {
      await this.checkpoints.insert({ ...newResource(caller, uuid, name), complete: true, cluster_uuid, size, info: JSON.stringify(info) });
    } catch (error) {
      await this.objects.remove(keyOf.checkpoint(uuid));
      throw error;
    }
    return { uuid, name };
  }

  /**
   * Puts a cluster into the state of a checkpoint.
   * @throws Conflict if names of inputs or outputs differ, or tasks are queued or active.
   */
  async restore(caller: Caller, { cluster_uuid, checkpoint_uuid }: ParsedInputOf<typeof restoreCluster>) {
    const row = await this.clusters.getVisible(caller, cluster_uuid);
    mustOwn(caller, row, `cluster '${cluster_uuid}'`);
    const checkpoint = await this.checkpoints.getVisible(caller, checkpoint_uuid);
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
    const mustBeIdle = async (): Promise<void> => {
      if (await isIdle(this.db, cluster_uuid)) return;
      throw new Conflict('the cluster has tasks that are queued or active; wait for them or delete them', 'cluster_has_tasks');
    };
    await mustBeIdle();
    // Tasks queued from now on wait until it is done.
    return this.queue.meanwhile(cluster_uuid, async () => {
      await mustBeIdle();
      const info = await this.hosts.call(cluster_uuid, 'load', {
        cluster: cluster_uuid,
        from: keyOf.checkpoint(checkpoint_uuid),
      });
      await this.clusters.remember(cluster_uuid, info);
      return { uuid: cluster_uuid };
    });
  }
}
