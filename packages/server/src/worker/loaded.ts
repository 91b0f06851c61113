import { basename } from 'node:path';
import { Cluster, EngineError } from '@openhanami/engine';
import { KeyedMutex } from '../keyed-mutex.ts';
import { keyOf, type Objects, readAll } from '../store/objects/index.ts';
import { startThread } from './shard-thread.ts';

/** Seconds until a write that failed is tried again: a full disk may have room then. */
const RETRY_SECONDS = 10;

/** A cluster does not fit beside those that are at work. */
export class NoMemory extends Error {
  override name = 'NoMemory';
}

/**
 * The clusters that a thread has loaded. Their objects are the truth; the writes of one happen one after the other.
 * Where memory is short, those that were not used for the longest time leave it, and are loaded again on their next use.
 */
export class LoadedClusters {
  /** In the order of their last use. */
  private readonly clusters = new Map<string, Cluster>();
  /** Clusters at work, by how many runs: they stay. */
  private readonly atWork = new Map<string, number>();
  private readonly opening = new Map<string, Promise<Cluster>>();
  /** Clusters that learnt over direct connections since their last snapshots, and when they will be written. */
  private readonly unwritten = new Map<string, NodeJS.Timeout>();
  private readonly mutex = new KeyedMutex();

  /**
   * @param limit bytes that all of them may take.
   * @param tellMemory is told the bytes of all of them whenever these may have changed.
   */
  constructor(
    private readonly objects: Objects,
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

  /** Keeps a cluster in memory while something works with it. @throws NoMemory if it does not fit. */
  async during<Output>(uuid: string, work: (cluster: Cluster) => Promise<Output>): Promise<Output> {
    this.atWork.set(uuid, (this.atWork.get(uuid) ?? 0) + 1);
    try {
      return await work(await this.open(uuid));
    } finally {
      const left = (this.atWork.get(uuid) ?? 1) - 1;
      if (left === 0) this.atWork.delete(uuid);
      else this.atWork.set(uuid, left);
      // It may have grown, and others may have to leave for that.
      await this.mustFit().catch(() => {});
    }
  }

  /** The cluster of that uuid, from its file on its first use; those who ask at once get the same one. */
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

  /** Puts a cluster in the place of what was there, in its file too. */
  replace(uuid: string, cluster: Cluster): Promise<void> {
    return this.mutex.runExclusive(uuid, async () => {
      await this.makeRoom(cluster.stats().bytes, uuid);
      this.cancel(uuid);
      await this.objects.write(keyOf.cluster(uuid), cluster.snapshot());
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
        await this.objects.write(keyOf.cluster(uuid), cluster.snapshot());
      } catch (error) {
        this.writeSoon(uuid, RETRY_SECONDS);
        throw error;
      }
      this.count();
    });
  }

  /** Notes that a cluster has learnt, and writes it within so many seconds. */
  writeSoon(uuid: string, seconds: number): void {
    if (this.unwritten.has(uuid)) return;
    // A failure is tried again, and met at the latest by who waits for the write.
    const timer = setTimeout(
      () =>
        void this.write(uuid)
          .then(() => this.mustFit())
          .catch(() => {}),
      seconds * 1000,
    );
    this.unwritten.set(uuid, timer);
  }

  /** Writes what a cluster (or all) has learnt and that is not written yet. */
  async flush(uuid?: string): Promise<void> {
    for (const one of uuid === undefined ? [...this.unwritten.keys()] : [uuid]) {
      if (this.unwritten.has(one)) await this.write(one);
      // One that is just being written has ended when its turn has.
      else await this.mutex.runExclusive(one, async () => {});
    }
  }

  /** Forgets a cluster; what it has learnt and not written is lost. */
  drop(uuid: string): Promise<void> {
    return this.mutex.runExclusive(uuid, async () => {
      this.cancel(uuid);
      this.clusters.get(uuid)?.close();
      this.clusters.delete(uuid);
      this.count();
    });
  }

  /** Tells the memory of all clusters; returns it. */
  count(): number {
    const bytes = this.bytes();
    this.tellMemory(bytes);
    return bytes;
  }

  /** Makes sure that what has grown still fits. @throws NoMemory if what is at work does not. */
  async mustFit(): Promise<void> {
    if (this.count() > this.limit) await this.makeRoom(0);
  }

  private bytes(without?: string): number {
    let bytes = 0;
    for (const [uuid, cluster] of this.clusters) if (uuid !== without) bytes += cluster.stats().bytes;
    return bytes;
  }

  private async read(uuid: string): Promise<Cluster> {
    // The state in memory is larger than in the file; what it is exactly shows when it is there.
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

  /** Lets clusters go until there is room for `bytes` more. @throws NoMemory if those at work take too much. */
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
      // It may have begun to work while it was written.
      if (!this.atWork.has(idle)) await this.drop(idle);
    }
  }

  private cancel(uuid: string): void {
    clearTimeout(this.unwritten.get(uuid));
    this.unwritten.delete(uuid);
  }
}

/** The cluster whose state is an object. @throws EngineError naming it if it is damaged. */
export async function restoreCluster(objects: Objects, key: string, memoryLimit: number): Promise<Cluster> {
  try {
    return await Cluster.restore(await readAll(objects, key), { memoryLimit, startThread });
  } catch (error) {
    throw error instanceof EngineError ? new EngineError(`${basename(key)} cannot be used: ${error.message}`) : error;
  }
}
