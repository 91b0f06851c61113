import type { EventLoopUtilization } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { BadRequest, Conflict, HanamiError, InsufficientStorage, InternalServerError, type TaskScores } from '@openhanami/contract';
import { CallThread, recreated } from '../call-thread.ts';
import { storageFault } from '../store/faults.ts';
import { withoutPaths } from '../store/paths.ts';
import type { CallInput, CallName, CallOutput, ClusterInfo, FromWorker, ToWorker, WorkerSettings } from '../worker/protocol.ts';

export type OnProgress = (task: string, cycle: number, info: ClusterInfo, scores: TaskScores | undefined) => void;

/** Milliseconds between two measurements of the threads' load. */
const LOAD_EVERY_MS = 5000;

/** Milliseconds for writing the states of clusters when the server stops. */
const FLUSH_MS = 3000;

/** A logical host: a group of worker threads. Each cluster lives in one of them; a thread starts when it gets its first cluster. */
export class Host {
  private readonly threads: Thread[] = [];
  private readonly places = new Map<string, Thread>();
  private readonly sampling = setInterval(() => this.sample(), LOAD_EVERY_MS).unref();
  private busy = 0;

  constructor(
    readonly uuid: string,
    /** Most threads. */
    readonly workers: number,
    private readonly settings: WorkerSettings,
    private readonly onProgress: OnProgress,
  ) {}

  /** `load`: share of its threads' time that it worked in the last seconds (0 … 1); `memory`: bytes of the loaded clusters. */
  get usage(): { load: number; memory: number } {
    return { load: this.busy, memory: this.threads.reduce((sum, thread) => sum + thread.bytes, 0) };
  }

  /** Calls the thread of a cluster of a project; errors of the engine are converted to the contract's. */
  call<N extends CallName>(cluster: string, project: string, name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    return this.place(cluster, project).call(name, input);
  }

  /** Aborts or pauses a run of a cluster; its call resolves when it has halted. */
  end(kind: 'abort' | 'pause', cluster: string, task: string): void {
    this.places.get(cluster)?.send({ kind, task });
  }

  /** Unloads a cluster; changes that are not written are lost. */
  async drop(cluster: string): Promise<void> {
    const thread = this.places.get(cluster);
    if (!thread) return;
    this.places.delete(cluster);
    thread.clusters--;
    await thread.call('drop', { cluster });
  }

  /** Lets all runs write a snapshot and stop, so that they resume at the next start. */
  pause(): void {
    for (const thread of this.threads) thread.send({ kind: 'pause' });
  }

  /** Writes unwritten states, and terminates the threads. */
  async stop(): Promise<void> {
    clearInterval(this.sampling);
    // A thread that hangs is terminated without: the files hold its last snapshots.
    const flushed = Promise.all(this.threads.map((thread) => thread.call('flush', {}))).catch(() => {});
    await Promise.race([flushed, delay(FLUSH_MS, undefined, { ref: false })]);
    await Promise.all(this.threads.map((thread) => thread.stop()));
  }

  private sample(): void {
    const worked = this.threads.reduce((sum, thread) => sum + thread.worked(), 0);
    this.busy = Math.min(1, worked / this.workers);
  }

  private place(cluster: string, project: string): Thread {
    const known = this.places.get(cluster);
    if (known) return known;
    let thread = this.threads.reduce<Thread | undefined>(
      (least, next) => (least && least.clusters <= next.clusters ? least : next),
      undefined,
    );
    if (!thread || (thread.clusters > 0 && this.threads.length < this.workers)) {
      thread = new Thread(this.settings, this.onProgress, (dead) => this.removeDead(dead));
      this.threads.push(thread);
    }
    thread.clusters++;
    thread.send({ kind: 'take', cluster, project });
    this.places.set(cluster, thread);
    return thread;
  }

  /** Removes a dead thread; its clusters are loaded from their files by other threads. */
  private removeDead(dead: Thread): void {
    this.threads.splice(this.threads.indexOf(dead), 1);
    for (const [cluster, thread] of this.places) if (thread === dead) this.places.delete(cluster);
  }
}

/** Status 503, for calls whose thread died: their cluster is loaded again by the next call. */
export class ThreadDied extends HanamiError {
  override name = 'ThreadDied';

  constructor(reason: string) {
    super(503, `a worker thread died (${reason}); its clusters are as their last snapshots have them. Try again`);
  }
}

class Thread {
  clusters = 0;
  /** Bytes of the loaded clusters. */
  bytes = 0;
  private readonly thread: CallThread<FromWorker>;
  private utilization: EventLoopUtilization;

  constructor(settings: WorkerSettings, onProgress: OnProgress, onDeath: (thread: Thread) => void) {
    const script = new URL('../worker/main.js', import.meta.url);
    const silence = { seconds: settings.silence, setting: 'processing.thread_timeout' };
    this.thread = new CallThread(script, { name: 'hanami-worker', workerData: settings }, silence, {
      told: (message) => {
        if (message.kind === 'progress') onProgress(message.task, message.cycle, message.info, message.scores);
        else this.bytes = message.bytes;
      },
      translate,
      died: (reason) => new ThreadDied(reason),
      onDeath: () => onDeath(this),
    });
    this.utilization = this.thread.worker.performance.eventLoopUtilization();
  }

  /** Share of the time since the last call that the thread worked. */
  worked(): number {
    const { performance } = this.thread.worker;
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.utilization);
    this.utilization = now;
    return utilization;
  }

  call<N extends CallName>(name: N, input: CallInput<N>): Promise<CallOutput<N>> {
    return this.thread.call(name, input) as Promise<CallOutput<N>>;
  }

  send(message: ToWorker): void {
    this.thread.worker.postMessage(message);
  }

  stop(): Promise<void> {
    return this.thread.stop();
  }
}

/** Converts errors of a thread; those that a user can fix keep their message. */
function translate(error: Parameters<typeof recreated>[0]): Error {
  if (error.name === 'TemplateError' || error.name === 'DatasetError') return new BadRequest(error.message);
  if (error.name === 'EngineError') return new Conflict(error.message);
  if (error.name === 'DamagedFile') return new InternalServerError(error.message, 'damaged_file');
  if (error.name === 'NoMemory') return new InsufficientStorage(error.message);
  return recreated(error);
}

/** The reason of a failed task. @param id of an internal error in the log. */
export function reasonOf(error: unknown, id: string): string {
  const known = error instanceof HanamiError ? error : storageFault(error);
  return known ? withoutPaths(known.message) : `internal error ${id}`;
}
