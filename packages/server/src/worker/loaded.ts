import { basename } from 'node:path';
import { Cluster, EngineError } from '@openhanami/engine';
import { KeyedMutex } from '../keyed-mutex.ts';
import { keyOf, type Objects, type ProjectObjects, readAll } from '../store/objects/index.ts';
import { startThread } from './shard-thread.ts';

/** Seconds until a failed write is retried: a full disk may have space then. */
const RETRY_SECONDS = 10;

/** Thrown if a cluster does not fit into memory beside those in use. */
export class NoMemory extends Error {
  override name = 'NoMemory';
}

/**
 * The clusters loaded by a thread. Their objects are the source of truth; writes of one cluster run one after the other.
 * If memory is short, the least recently used clusters are unloaded, and loaded again on their next use.
 */
export class LoadedClusters {
  /** In the order of their last use. */
  private readonly clusters = new Map<string, Cluster>();
  /** Number of runs by cluster; clusters in use stay loaded. */
  private readonly atWork = new Map<string, number>();
  private readonly opening = new Map<string, Promise<Cluster>>();
  /** Timers for writing clusters that were trained over direct connections since their last snapshots. */
  private readonly unwritten = new Map<string, NodeJS.Timeout>();
  private readonly mutex = new KeyedMutex();

  /**
   * @param writerOf writes for the project of a cluster.
   * @param limit most bytes of all clusters.
   * @param tellMemory called with the bytes of all clusters whenever these may have changed.
   */
  constructor(
    private readonly objects: Objects,
    private readonly writerOf: (uuid: string) => ProjectObjects,
    readonly limit: number,
    private readonly tellMemory: (bytes: number) => void,
  ) {}

  get(uuid: string): Cluster | undefined {
    const cluster = this.clusters.get(uuid);
    if (!cluster) return undefined;
    this.clusters.delete(uuid);
    this.clusters.set(uuid, cluster);
    return cluster;
  }

  /** Keeps a cluster in memory while `work` runs. @throws NoMemory if it does not fit. */
  async during<Output>(uuid: string, work: (cluster: Cluster) => Promise<Output>): Promise<Output> {
    this.atWork.set(uuid, (this.atWork.get(uuid) ?? 0) + 1);
    try {
      return await work(await this.open(uuid));
    } finally {
      const left = (this.atWork.get(uuid) ?? 1) - 1;
      if (left === 0) this.atWork.delete(uuid);
      else this.atWork.set(uuid, left);
      // It may have grown, so that others must be unloaded.
      await this.mustFit().catch(() => {});
    }
  }

  /** Returns a cluster, loaded from its file on first use; concurrent calls share one load. @throws NoMemory if it does not fit. */
  async open(uuid: string): Promise<Cluster> {
    const loaded = this.get(uuid);
    if (loaded) return loaded;
    const opening = this.opening.get(uuid) ?? this.read(uuid);
    this.opening.set(uuid, opening);
    try {
      return await opening;
    } finally {
      this.opening.delete(uuid);
    }
  }

  /** Replaces a cluster, in its file too. @throws NoMemory if it does not fit. */
  async replace(uuid: string, cluster: Cluster): Promise<void> {
    // Before the cluster is locked: making room locks others.
    await this.makeRoom(cluster.stats().bytes, uuid);
    await this.mutex.runExclusive(uuid, async () => {
      this.cancel(uuid);
      await this.writerOf(uuid).write(keyOf.cluster(uuid), cluster.snapshot());
      this.clusters.get(uuid)?.close();
      this.clusters.set(uuid, cluster);
      this.count();
    });
  }

  /** Writes the state of a cluster to its file. */
  write(uuid: string): Promise<void> {
    return this.mutex.runExclusive(uuid, async () => {
      const cluster = this.clusters.get(uuid);
      if (!cluster) return;
      this.cancel(uuid);
      try {
        await this.writerOf(uuid).write(keyOf.cluster(uuid), cluster.snapshot());
      } catch (error) {
        this.writeSoon(uuid, RETRY_SECONDS);
        throw error;
      }
      this.count();
    });
  }

  /** Schedules the write of a trained cluster within `seconds`. */
  writeSoon(uuid: string, seconds: number): void {
    if (this.unwritten.has(uuid)) return;
    // A failed write is retried, and reported at the latest by `flush`.
    const timer = setTimeout(
      () =>
        void this.write(uuid)
          .then(() => this.mustFit())
          .catch(() => {}),
      seconds * 1000,
    );
    this.unwritten.set(uuid, timer);
  }

  /** Writes unwritten changes of a cluster, or of all. */
  async flush(uuid?: string): Promise<void> {
    for (const one of uuid === undefined ? [...this.unwritten.keys()] : [uuid]) {
      if (this.unwritten.has(one)) await this.write(one);
      // Waits for a write in progress.
      else await this.mutex.runExclusive(one, async () => {});
    }
  }

  /** Unloads a cluster; changes that are not written are lost. */
  drop(uuid: string): Promise<void> {
    return this.mutex.runExclusive(uuid, async () => {
      this.cancel(uuid);
      this.clusters.get(uuid)?.close();
      this.clusters.delete(uuid);
      this.count();
    });
  }

  /** Reports the bytes of all clusters; returns them. */
  count(): number {
    const bytes = this.bytes();
    this.tellMemory(bytes);
    return bytes;
  }

  /** Unloads clusters until all fit into memory. @throws NoMemory if those in use do not fit. */
  async mustFit(): Promise<void> {
    if (this.count() > this.limit) await this.makeRoom(0);
  }

  private bytes(without?: string): number {
    let bytes = 0;
    for (const [uuid, cluster] of this.clusters) if (uuid !== without) bytes += cluster.stats().bytes;
    return bytes;
  }

  private async read(uuid: string): Promise<Cluster> {
    // The state is larger in memory than in the file; its exact size is known once it is loaded.
    const key = keyOf.cluster(uuid);
    await this.makeRoom((await this.objects.stat(key))?.bytes ?? 0, uuid);
    const cluster = await restoreCluster(this.objects, key, this.limit);
    try {
      await this.makeRoom(cluster.stats().bytes, uuid);
    } catch (error) {
      cluster.close();
      throw error;
    }
    this.clusters.set(uuid, cluster);
    this.count();
    return cluster;
  }

  /** Unloads clusters until there is room for `bytes` more. @throws NoMemory if those in use take too much. */
  private async makeRoom(bytes: number, without?: string): Promise<void> {
    while (this.bytes(without) + bytes > this.limit) {
      const idle = [...this.clusters.keys()].find((uuid) => uuid !== without && !this.atWork.has(uuid));
      if (idle === undefined) {
        const megabytes = (count: number): string => `${Math.ceil(count / 2 ** 20)} MB`;
        throw new NoMemory(
          `the cluster does not fit into memory: it needs ${megabytes(bytes)}, other clusters at work have ${megabytes(this.bytes(without))} of the ${megabytes(this.limit)} of a thread (processing.memory_limit); try again when they have ended`,
        );
      }
      if (this.unwritten.has(idle)) await this.write(idle);
      // It may have come into use while it was written.
      if (!this.atWork.has(idle)) await this.drop(idle);
    }
  }

  private cancel(uuid: string): void {
    clearTimeout(this.unwritten.get(uuid));
    this.unwritten.delete(uuid);
  }
}

/** Restores a cluster from an object. @throws EngineError naming the object if it is damaged. */
export async function restoreCluster(objects: Objects, key: string, memoryLimit: number): Promise<Cluster> {
  try {
    return await Cluster.restore(await readAll(objects, key), { memoryLimit, startThread });
  } catch (error) {
    throw error instanceof EngineError ? new EngineError(`${basename(key)} cannot be used: ${error.message}`) : error;
  }
}
