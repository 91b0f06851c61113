import { randomUUID } from 'node:crypto';
import { Conflict } from '@openhanami/contract';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { Metrics } from '../metrics.ts';
import type { ClusterInfo, DirectAnswer, Refusals } from '../worker/protocol.ts';
import { type Caller, mustOwn } from './access.ts';
import type { Clusters } from './clusters.ts';
import type { HangUp } from './hang-up.ts';
import type { Policy } from './policy.ts';

/** Direct connections to clusters that are in DIRECT mode. */
export class Direct {
  private readonly connections = new Map<string, Set<HangUp>>();
  /** Timers of clusters without connections, after which they leave DIRECT mode. */
  private readonly leaving = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly hosts: HostPool,
    private readonly clusters: Clusters,
    private readonly policy: Policy,
    private readonly processing: Config['processing'],
    private readonly metrics: Metrics,
    private readonly log: Logger,
  ) {
    clusters.events.on('entered', (cluster) => this.leaveSoon(cluster));
    clusters.events.on('left', (cluster, reason) => this.end(cluster, reason));
  }

  /** Starts the timers of clusters that were in DIRECT mode when the server stopped. */
  async start(): Promise<void> {
    for (const cluster of await this.clusters.inDirectMode()) this.leaveSoon(cluster);
  }

  stop(): void {
    for (const timer of this.leaving.values()) clearTimeout(timer);
  }

  /** Opens a connection. @throws NotFound if the cluster is not visible, Unauthorized if it belongs to others, Conflict in TASK mode. */
  async open(caller: Caller, cluster: string, hangUp: HangUp): Promise<DirectTalk> {
    const row = await this.clusters.getVisible(caller, cluster);
    mustOwn(caller, row, `cluster '${cluster}'`);
    const others = this.connections.get(cluster) ?? new Set();
    this.connections.set(cluster, others.add(hangUp));
    this.stay(cluster);
    const gone = (): void => {
      others.delete(hangUp);
      if (others.size > 0 || this.connections.get(cluster) !== others) return;
      this.connections.delete(cluster);
      this.leaveSoon(cluster);
    };
    // Checked again: it may have left before this connection was registered.
    const { mode } = await this.clusters.getVisible(caller, cluster).catch(() => row);
    if (mode !== 'DIRECT') {
      gone();
      throw new Conflict(
        'the cluster is in TASK mode; direct messages need DIRECT: set it with PUT /cluster/set_mode (hanamictl cluster mode <uuid> direct)',
        'cluster_in_task_mode',
      );
    }
    // The role may do as much as by tasks.
    const refusal = (path: string): string | undefined => {
      try {
        this.policy.mustAllow(caller, path, 'POST');
      } catch (error) {
        return (error as Error).message;
      }
      return undefined;
    };
    return new DirectTalk(
      () => ({ train: refusal('/task/train'), request: refusal('/task/request') }),
      cluster,
      this.hosts,
      this.processing.snapshot_interval,
      this.metrics,
      async (info) => {
        gone();
        if (info) await this.clusters.remember(cluster, info);
      },
    );
  }

  /** Switches a cluster to TASK mode after a while without connections: its client may have crashed. */
  private leaveSoon(cluster: string): void {
    const { direct_timeout: seconds } = this.processing;
    if (seconds === 0 || this.connections.has(cluster)) return;
    this.stay(cluster);
    const timer = setTimeout(() => {
      this.leaving.delete(cluster);
      if (this.connections.has(cluster)) return;
      this.clusters.leaveDirect(cluster).catch((error) => this.log.error({ err: error, cluster }, 'a cluster could not leave DIRECT mode'));
    }, seconds * 1000);
    this.leaving.set(cluster, timer.unref());
  }

  private stay(cluster: string): void {
    clearTimeout(this.leaving.get(cluster));
    this.leaving.delete(cluster);
  }

  private end(cluster: string, reason: string): void {
    this.stay(cluster);
    for (const hangUp of this.connections.get(cluster) ?? []) hangUp(reason);
  }
}

/** A direct connection to a cluster. */
export class DirectTalk {
  private readonly connection = randomUUID();

  constructor(
    /** Why the client may not train or request; evaluated for each message, since the policy may change. */
    private readonly refusals: () => Refusals,
    private readonly cluster: string,
    private readonly hosts: HostPool,
    private readonly snapshotInterval: number,
    private readonly metrics: Metrics,
    private readonly closed: (info: ClusterInfo | null) => Promise<void>,
  ) {}

  async say(message: Uint8Array): Promise<DirectAnswer> {
    const { cluster, connection, snapshotInterval } = this;
    const answer = await this.hosts.call(cluster, 'direct', {
      ...{ cluster, connection, message, snapshotInterval },
      refusals: this.refusals(),
    });
    if ('cycle' in answer && answer.cycle) this.metrics.countCycles(`direct_${answer.cycle}`, 1);
    return answer;
  }

  /** Ends the connection; resolves once the cluster's changes are written. */
  async close(): Promise<void> {
    const { cluster, connection } = this;
    const info = this.hosts.knows(cluster) ? await this.hosts.call(cluster, 'hangUp', { cluster, connection }) : null;
    await this.closed(info);
  }
}
