import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { CallInput, CallName, CallOutput, WorkerSettings } from '../worker/protocol.ts';
import { Host, type OnProgress } from './host.ts';

/** Number of NUMA nodes of the machine, at least 1. */
export function countNumaNodes(folder = '/sys/devices/system/node'): number {
  try {
    return Math.max(1, readdirSync(folder).filter((name) => /^node\d+$/.test(name)).length);
  } catch {
    return 1;
  }
}

/** Most bytes of all clusters; for 0 megabytes half of the memory of the machine (or its container). */
export function clusterMemory(megabytes: number): number {
  if (megabytes > 0) return megabytes * 2 ** 20;
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2;
}

/** The logical hosts of this server, and the host of each cluster. */
export class HostPool {
  private readonly hosts: ReadonlyMap<string, Host>;
  private readonly clusters = new Map<string, { readonly host: Host; readonly project: string }>();

  /**
   * @param workers threads of all hosts together; 0: one for each core.
   * @param settings `memoryLimit` is that of all threads together; each has an equal part.
   */
  constructor(uuids: readonly string[], workers: number, { memoryLimit, ...settings }: WorkerSettings, onProgress: OnProgress) {
    const each = Math.max(1, Math.round((workers > 0 ? workers : availableParallelism()) / uuids.length));
    const ofThread = { ...settings, memoryLimit: memoryLimit / (each * uuids.length) };
    this.hosts = new Map(uuids.map((uuid) => [uuid, new Host(uuid, each, ofThread, onProgress)]));
  }

  /** Worker threads of all hosts. */
  get threads(): number {
    return [...this.hosts.values()].reduce((sum, host) => sum + host.workers, 0);
  }

  has(host: string): boolean {
    return this.hosts.has(host);
  }

  /** Whether a cluster is assigned to one of these hosts. */
  knows(cluster: string): boolean {
    return this.clusters.has(cluster);
  }

  /** Assigns a cluster of a project to the host of that uuid, or (without or if it is gone) to the one with the fewest. Returns the host's uuid. */
  assign(cluster: string, project: string, uuid?: string): string {
    const host = (uuid === undefined ? undefined : this.hosts.get(uuid)) ?? this.leastUsed();
    this.clusters.set(cluster, { host, project });
    return host.uuid;
  }

  call<N extends CallName>(cluster: string, name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    const { host, project } = this.placeOf(cluster);
    return host.call(cluster, project, name, input);
  }

  end(kind: 'abort' | 'pause', cluster: string, task: string): void {
    this.clusters.get(cluster)?.host.end(kind, cluster, task);
  }

  async drop(cluster: string): Promise<void> {
    const place = this.clusters.get(cluster);
    this.clusters.delete(cluster);
    await place?.host.drop(cluster);
  }

  /** Writes a cluster and unloads it from its host; the next use loads it again, there or elsewhere. Nothing may run on it meanwhile. */
  async release(cluster: string): Promise<void> {
    await this.call(cluster, 'flush', { cluster });
    await this.placeOf(cluster).host.drop(cluster);
  }

  /** The usage of each host. */
  usage(): { uuid: string; clusters: number; threads: number; load: number; memory: number }[] {
    const clusters = new Map<Host, number>();
    for (const { host } of this.clusters.values()) clusters.set(host, (clusters.get(host) ?? 0) + 1);
    return [...this.hosts.values()].map((host) => ({
      uuid: host.uuid,
      clusters: clusters.get(host) ?? 0,
      threads: host.workers,
      ...host.usage,
    }));
  }

  pause(): void {
    for (const host of this.hosts.values()) host.pause();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.hosts.values()].map((host) => host.stop()));
  }

  private placeOf(cluster: string): { readonly host: Host; readonly project: string } {
    const place = this.clusters.get(cluster);
    if (!place) throw new Error(`the cluster ${cluster} is assigned to no host`);
    return place;
  }

  private leastUsed(): Host {
    const used = this.usage().reduce((least, next) => (next.clusters < least.clusters ? next : least));
    return this.hosts.get(used.uuid) as Host;
  }
}
