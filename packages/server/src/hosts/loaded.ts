import { readFile } from 'node:fs/promises';
import { Cluster } from '@openhanami/engine';
import { writeDurably } from '../store/files.ts';
import { Turns } from '../turns.ts';
import { startHelper } from './helper.ts';

/** Seconds until a write that failed is tried again: a full disk may have room then. */
const RETRY_SECONDS = 10;

/** The clusters that a thread has loaded. Their files are the truth; the writes of one file happen one after the other. */
export class LoadedClusters {
  private readonly clusters = new Map<string, Cluster>();
  private readonly opening = new Map<string, Promise<Cluster>>();
  /** Clusters that learnt over direct connections since their last snapshots: where these lie, and when they will be written. */
  private readonly unwritten = new Map<string, { readonly file: string; readonly timer: NodeJS.Timeout }>();
  private readonly turns = new Turns();

  /** @param tellMemory is told the bytes of all of them whenever these may have changed. */
  constructor(private readonly tellMemory: (bytes: number) => void) {}

  get(uuid: string): Cluster | undefined {
    return this.clusters.get(uuid);
  }

  /** The cluster of that uuid, from its file on its first use; those who ask at once get the same one. */
  async open(uuid: string, file: string): Promise<Cluster> {
    const loaded = this.clusters.get(uuid);
    if (loaded) return loaded;
    const opening = this.opening.get(uuid) ?? this.read(uuid, file);
    this.opening.set(uuid, opening);
    try {
      return await opening;
    } finally {
      this.opening.delete(uuid);
    }
  }

  /** Puts a cluster in the place of what was there, in its file too. */
  replace(uuid: string, file: string, cluster: Cluster): Promise<void> {
    return this.turns.take(uuid, async () => {
      this.cancel(uuid);
      await writeDurably(file, cluster.snapshot());
      this.clusters.get(uuid)?.close();
      this.clusters.set(uuid, cluster);
      this.count();
    });
  }

  /** Writes the state of a cluster to its file. */
  write(uuid: string, file: string): Promise<void> {
    return this.turns.take(uuid, async () => {
      const cluster = this.clusters.get(uuid);
      if (!cluster) return;
      this.cancel(uuid);
      try {
        await writeDurably(file, cluster.snapshot());
      } catch (error) {
        this.writeSoon(uuid, file, RETRY_SECONDS);
        throw error;
      }
      this.count();
    });
  }

  /** Notes that a cluster has learnt, and writes it within so many seconds. */
  writeSoon(uuid: string, file: string, seconds: number): void {
    if (this.unwritten.has(uuid)) return;
    // A failure is tried again, and met at the latest by who waits for the write.
    const timer = setTimeout(() => void this.write(uuid, file).catch(() => {}), seconds * 1000);
    this.unwritten.set(uuid, { file, timer });
  }

  /** Writes what a cluster (or all) has learnt and that is not written yet. */
  async flush(uuid?: string): Promise<void> {
    for (const one of uuid === undefined ? [...this.unwritten.keys()] : [uuid]) {
      const waiting = this.unwritten.get(one);
      if (waiting) await this.write(one, waiting.file);
      // One that is just being written has ended when its turn has.
      else await this.turns.take(one, async () => {});
    }
  }

  /** Forgets a cluster; what it has learnt and not written is lost. */
  drop(uuid: string): Promise<void> {
    return this.turns.take(uuid, async () => {
      this.cancel(uuid);
      this.clusters.get(uuid)?.close();
      this.clusters.delete(uuid);
      this.count();
    });
  }

  /** Tells the memory of all clusters. */
  count(): void {
    let bytes = 0;
    for (const cluster of this.clusters.values()) bytes += cluster.stats().bytes;
    this.tellMemory(bytes);
  }

  private async read(uuid: string, file: string): Promise<Cluster> {
    const cluster = await Cluster.restore(await readFile(file), { startHelper });
    this.clusters.set(uuid, cluster);
    this.count();
    return cluster;
  }

  private cancel(uuid: string): void {
    clearTimeout(this.unwritten.get(uuid)?.timer);
    this.unwritten.delete(uuid);
  }
}
