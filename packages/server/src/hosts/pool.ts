import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { CallInput, CallName, CallOutput } from '../worker/protocol.ts';
import { Host, type OnProgress } from './host.ts';

/** How many logical hosts a machine has of itself: its NUMA nodes. */
export function countNumaNodes(folder = '/sys/devices/system/node'): number {
  try {
    return Math.max(1, readdirSync(folder).filter((name) => /^node\d+$/.test(name)).length);
  } catch {
    return 1;
  }
}

/** Bytes that clusters may take together; 0 megabytes: half of what the machine (or its container) has. */
export function clusterMemory(megabytes: number): number {
  if (megabytes > 0) return megabytes * 2 ** 20;
  return Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 2;
}

/** The logical hosts of this server, and which of them each cluster lives on. */
export class HostPool {
  private readonly hosts: ReadonlyMap<string, Host>;
  private readonly homes = new Map<string, Host>();

  /**
   * @param workers threads of all hosts together; 0: one for each core.
   * @param silence seconds without a word after which a thread that has something to do is ended.
   * @param memoryLimit bytes that the clusters of all threads may take; each has an equal part.
   */
  constructor(uuids: readonly string[], workers: number, memoryLimit: number, silence: number, onProgress: OnProgress) {
    const each = Math.max(1, Math.round((workers > 0 ? workers : availableParallelism()) / uuids.length));
    this.hosts = new Map(
      uuids.map((uuid) => [uuid, new Host(uuid, each, { memoryLimit: memoryLimit / (each * uuids.length), silence }, onProgress)]),
    );
  }

  has(host: string): boolean {
    return this.hosts.has(host);
  }

  /** Whether a cluster lives here. */
  knows(cluster: string): boolean {
    return this.homes.has(cluster);
  }

  /** Says where a cluster lives; without a host (or one that is not there any more), the one with the fewest clusters. Returns its uuid. */
  settle(cluster: string, host?: string): string {
    const home = (host === undefined ? undefined : this.hosts.get(host)) ?? this.leastUsed();
    this.homes.set(cluster, home);
    return home.uuid;
  }

  call<N extends CallName>(cluster: string, name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    return this.homeOf(cluster).call(cluster, name, input);
  }

  end(kind: 'abort' | 'pause', cluster: string, task: string): void {
    this.homes.get(cluster)?.end(kind, cluster, task);
  }

  async drop(cluster: string): Promise<void> {
    const home = this.homes.get(cluster);
    this.homes.delete(cluster);
    await home?.drop(cluster);
  }

  /** Takes a cluster out of the memory of its host, once it is written; it is loaded on its next use, there or on another. Nothing may run on it meanwhile. */
  async release(cluster: string): Promise<void> {
    const host = this.homeOf(cluster);
    await host.call(cluster, 'flush', { cluster });
    await host.drop(cluster);
  }

  /** What each host does. */
  usage(): { uuid: string; clusters: number; threads: number; load: number; memory: number }[] {
    const clusters = new Map<Host, number>();
    for (const home of this.homes.values()) clusters.set(home, (clusters.get(home) ?? 0) + 1);
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

  private homeOf(cluster: string): Host {
    const home = this.homes.get(cluster);
    if (!home) throw new Error(`the cluster ${cluster} lives nowhere`);
    return home;
  }

  private leastUsed(): Host {
    const used = this.usage().reduce((least, next) => (next.clusters < least.clusters ? next : least));
    return this.hosts.get(used.uuid) as Host;
  }
}
