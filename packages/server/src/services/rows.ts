import type { explainDataset, explainRows, learnRows, OutputOf, ParsedInputOf, predictRows } from '@openhanami/contract';
import type { Config } from '../config.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { TaskQueue } from '../jobs/queue.ts';
import type { Caller } from './access.ts';
import type { Clusters } from './clusters.ts';
import type { Datasets } from './datasets.ts';

/** Rows that are learnt and answered at once, without data set and task, in TASK and in DIRECT mode. */
export class Rows {
  constructor(
    private readonly hosts: HostPool,
    private readonly queue: TaskQueue,
    private readonly clusters: Clusters,
    private readonly datasets: Datasets,
    private readonly processing: Pick<Config['processing'], 'snapshot_interval'>,
  ) {}

  /**
   * Learns rows. A running task is paused for it, and resumes.
   * @throws NotFound if the cluster is not visible, Unauthorized if it belongs to others, BadRequest for a value that cannot be read, Conflict for a cluster
   * that takes no such rows.
   */
  async learn(caller: Caller, { cluster_uuid, rows, kinds = {} }: ParsedInputOf<typeof learnRows>): Promise<OutputOf<typeof learnRows>> {
    await this.clusters.mustOwn(caller, cluster_uuid);
    const snapshotInterval = this.processing.snapshot_interval;
    // Nothing else happens to the cluster meanwhile: it does not move, and it is not deleted.
    const { scores, notices, info } = await this.queue.meanwhile(cluster_uuid, async () => {
      await this.clusters.mustOwn(caller, cluster_uuid);
      return this.hosts.call(cluster_uuid, 'learn', { cluster: cluster_uuid, rows, kinds, snapshotInterval });
    });
    await this.clusters.remember(cluster_uuid, info);
    return { rows: rows.length, scores, notices };
  }

  /** Answers rows, also during a task, with what the cluster knows by then. @throws as `learn`. */
  async predict(caller: Caller, { cluster_uuid, rows }: ParsedInputOf<typeof predictRows>): Promise<OutputOf<typeof predictRows>> {
    await this.clusters.mustOwn(caller, cluster_uuid);
    return this.hosts.call(cluster_uuid, 'predict', { cluster: cluster_uuid, rows });
  }

  /** Tells which fields matter to the answers to rows. @throws as `learn`. */
  async explain(caller: Caller, { cluster_uuid, ...wanted }: ParsedInputOf<typeof explainRows>): Promise<OutputOf<typeof explainRows>> {
    await this.clusters.mustOwn(caller, cluster_uuid);
    return this.hosts.call(cluster_uuid, 'explain', { cluster: cluster_uuid, ...wanted });
  }

  /** Tells which fields matter to the answers to rows of a data set. @throws as `learn`, and NotFound if the data set is not visible. */
  async explainDataset(caller: Caller, { cluster_uuid, dataset_uuid, row, ...wanted }: ParsedInputOf<typeof explainDataset>) {
    await this.clusters.mustOwn(caller, cluster_uuid);
    const { uuid: dataset } = await this.datasets.getVisible(caller, dataset_uuid);
    return this.hosts.call(cluster_uuid, 'explainDataset', { cluster: cluster_uuid, dataset, row, ...wanted });
  }
}
