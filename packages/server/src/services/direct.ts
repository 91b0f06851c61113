import { randomUUID } from 'node:crypto';
import { Conflict } from '@openhanami/contract';
import type { Config } from '../config.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { ClusterInfo, DirectAnswer } from '../hosts/protocol.ts';
import type { Metrics } from '../metrics.ts';
import type { Files } from '../store/files.ts';
import { type Caller, mustOwn } from './access.ts';
import type { Clusters } from './clusters.ts';

/** Closes a connection, saying why. */
export type HangUp = (reason: string) => void;

/** Direct connections to clusters that are in DIRECT mode. */
export class Direct {
  private readonly connections = new Map<string, Set<HangUp>>();

  constructor(
    private readonly files: Files,
    private readonly hosts: HostPool,
    private readonly clusters: Clusters,
    private readonly processing: Config['processing'],
    private readonly metrics: Metrics,
  ) {
    clusters.events.on('left', (cluster, reason) => this.end(cluster, reason));
  }

  /** @throws NotFound for what the caller may not see, Unauthorized for what is not his, Conflict in TASK mode. */
  async open(caller: Caller, cluster: string, hangUp: HangUp): Promise<DirectTalk> {
    const row = await this.clusters.must(caller, cluster);
    mustOwn(caller, row, `cluster '${cluster}'`);
    if (row.mode !== 'DIRECT')
      throw new Conflict('the cluster is in TASK mode; direct messages need DIRECT: set it with PUT /cluster/set_mode');
    const others = this.connections.get(cluster) ?? new Set();
    this.connections.set(cluster, others.add(hangUp));
    return new DirectTalk(
      cluster,
      this.files.cluster(cluster),
      this.hosts,
      this.processing.snapshot_interval,
      this.metrics,
      async (info) => {
        others.delete(hangUp);
        if (others.size === 0 && this.connections.get(cluster) === others) this.connections.delete(cluster);
        if (info) await this.clusters.remember(cluster, info);
      },
    );
  }

  private end(cluster: string, reason: string): void {
    for (const hangUp of this.connections.get(cluster) ?? []) hangUp(reason);
  }
}

/** One connection's talk with its cluster. */
export class DirectTalk {
  private readonly connection = randomUUID();

  constructor(
    private readonly cluster: string,
    private readonly file: string,
    private readonly hosts: HostPool,
    private readonly snapshotInterval: number,
    private readonly metrics: Metrics,
    private readonly closed: (info: ClusterInfo | null) => Promise<void>,
  ) {}

  async say(message: Uint8Array): Promise<DirectAnswer> {
    const { cluster, file, connection, snapshotInterval } = this;
    const answer = await this.hosts.call(cluster, 'direct', { cluster, file, connection, message, snapshotInterval });
    if ('cycle' in answer && answer.cycle) this.metrics.countCycles(`direct_${answer.cycle}`, 1);
    return answer;
  }

  /** What was learnt is on the disk when this is done. */
  async close(): Promise<void> {
    const { cluster, connection } = this;
    const info = this.hosts.knows(cluster) ? await this.hosts.call(cluster, 'hangUp', { cluster, connection }) : null;
    await this.closed(info);
  }
}
