import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { HanamiError, type TaskScores } from '@openhanami/contract';
import pRetry from 'p-retry';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { reasonOf, ThreadDied } from '../hosts/host.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { Database } from '../store/database.ts';
import { isPassing } from '../store/faults.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { TaskRow } from '../store/tables.ts';
import type { ClusterInfo } from '../worker/protocol.ts';
import type { Slot, Slots } from './slots.ts';
import { storeEnd, storeScores } from './task-end.ts';
import { type RunEnd, runTask } from './task-run.ts';
import { abortQueued, claim, fail, nextTask, putAllBack, putBack, waitingClusters } from './task-states.ts';

/** State of a cluster's queue: its task ('' between two) and how many of its cycles were counted. */
interface Entry {
  task: string;
  kind: TaskRow['kind'];
  cycle: number;
  woken: boolean;
  done: Promise<void>;
}

/** How far a running task is. */
interface Progress {
  readonly cycle: number;
  readonly info: ClusterInfo;
  readonly scores: TaskScores | undefined;
  /** When the scores were stored. */
  readonly stored: number;
}

/** `task`: a task progressed or changed its state; `cycles`: cycles were done; `result`: a new data set; `fault`: an internal error. */
interface QueueEvents {
  task: [cluster: string, task: string];
  cycles: [kind: TaskRow['kind'], count: number];
  result: [dataset: string];
  fault: [task: TaskRow, error: unknown, id: string];
}

/** Milliseconds for running tasks to write a snapshot when the server stops. */
const HALT_MS = 5000;

/** Milliseconds between two looks whether a task has halted, and looks after which it is told again. */
const HALT_LOOK_MS = 5;
const HALT_AGAIN = 20;

/** How often a task is restarted from its snapshot after its thread died. */
const RESTARTS = 3;

/**
 * The task queue. The table `task` is the source of truth; memory holds only what this process does at the moment.
 * Tasks of one cluster run one after the other, in the order in which they were queued; those of different clusters concurrently.
 *
 * | from   | to       | when                                                                                                |
 * |--------|----------|-----------------------------------------------------------------------------------------------------|
 * | –      | queued   | POST /task/train, /task/request                                                                     |
 * | queued | active   | it is the oldest of its cluster, and nothing holds the cluster (`claim`)                             |
 * | active | active   | it was interrupted: it is claimed again, and resumes from its cluster's snapshot                    |
 * | active | queued   | it was paused (`putBack`): other work on its cluster, a project with fewer tasks, the server's end  |
 * | queued | aborted  | DELETE /task, or its cluster, data set or owner is deleted (`abort`)                                |
 * | active | aborted  | the same, once its thread has halted (`complete`)                                                   |
 * | active | finished | all cycles are done: result, state of the task and of the cluster in one transaction (`complete`)   |
 * | active | failed   | an error, with its reason in the row (`perform`)                                                    |
 */
export class TaskQueue {
  readonly events = new EventEmitter<QueueEvents>().setMaxListeners(0);
  private readonly running = new Map<string, Entry>();
  private readonly progress = new Map<string, Progress>();
  /** Clusters whose tasks wait until other work on them is done. */
  private readonly held = new Map<string, Promise<unknown>>();
  private stopping = false;
  /** Called before a task starts or resumes. @throws HanamiError if its owner may not run it any more. */
  admit: (task: TaskRow) => Promise<void> = async () => {};

  constructor(
    private readonly db: Database,
    private readonly objects: Objects,
    private readonly hosts: HostPool,
    private readonly processing: Config['processing'],
    /** Of all running tasks. */
    private readonly slots: Slots,
    private readonly log: Logger,
  ) {}

  /** Resumes interrupted tasks and starts queued ones. */
  async begin(): Promise<void> {
    // Nothing runs yet: one that waits for its turn can be aborted like any other.
    await putAllBack(this.db);
    await this.wakeAll();
  }

  /** Wakes every cluster that has something to do, also one whose queue has ended by an error, or whose task was stored but not acknowledged. */
  async wakeAll(): Promise<void> {
    for (const cluster of await waitingClusters(this.db)) this.wake(cluster);
  }

  /** Lets running tasks write a snapshot, and stops. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.slots.close();
    this.hosts.pause();
    // A task that does not halt in time resumes from its last snapshot at the next start.
    const halted = Promise.all([...this.running.values()].map(({ done }) => done));
    await Promise.race([halted, delay(HALT_MS, undefined, { ref: false })]);
  }

  /** Starts working off a cluster's tasks. */
  wake(cluster: string): void {
    if (this.stopping) return;
    const running = this.running.get(cluster);
    if (running) {
      // It may have checked for tasks just before this one came, and be about to end.
      running.woken = true;
      return;
    }
    const entry: Entry = { task: '', kind: 'train', cycle: -1, woken: false, done: Promise.resolve() };
    this.running.set(cluster, entry);
    entry.done = this.work(cluster, entry)
      .catch((error) => this.log.error({ err: error, cluster }, 'the task queue of a cluster stopped'))
      .finally(() => {
        this.running.delete(cluster);
        if (entry.woken) this.wake(cluster);
      });
  }

  onProgress(task: string, cycle: number, info: ClusterInfo, scores: TaskScores | undefined): void {
    const before = this.progress.get(task);
    const now = performance.now();
    const stored = before?.stored ?? now;
    const isDue = scores !== undefined && now - stored > this.processing.snapshot_interval * 1000;
    this.progress.set(task, { cycle, info, scores: scores ?? before?.scores, stored: isDue ? now : stored });
    if (isDue) {
      storeScores(this.db, task, scores).catch((error) => this.log.warn({ err: error, task }, 'how a task goes could not be stored'));
    }
    for (const [cluster, entry] of this.running) {
      if (entry.task !== task) continue;
      this.count(entry, cycle);
      this.events.emit('task', cluster, task);
    }
  }

  /** Current cycle of a running task. */
  cycleOf(task: string): number | undefined {
    return this.progress.get(task)?.cycle;
  }

  /** What is seen of a running training. */
  scoresOf(task: string): TaskScores | undefined {
    return this.progress.get(task)?.scores;
  }

  /** Clusters that are trained at the moment, and how that goes. */
  *trainings(): Generator<[cluster: string, scores: TaskScores['scores']]> {
    for (const [cluster, { task }] of this.running) {
      const scores = this.progress.get(task)?.scores;
      if (scores) yield [cluster, scores.scores];
    }
  }

  /** Info of a cluster during its task. */
  infoOf(cluster: string): ClusterInfo | undefined {
    const task = this.running.get(cluster)?.task;
    return task === undefined ? undefined : this.progress.get(task)?.info;
  }

  /** Aborts a task, or all of a cluster; resolves when none of them runs any more. */
  async abort(cluster: string, task?: string): Promise<void> {
    for (;;) {
      await abortQueued(this.db, cluster, task);
      if (task !== undefined) this.events.emit('task', cluster, task);
      const current = this.running.get(cluster)?.task ?? '';
      if (current === '' || (task !== undefined && current !== task)) return;
      // Another one may have paused it first: then it waits again, and is aborted as one that waits.
      await this.halt('abort', cluster, current);
    }
  }

  /** Pauses the tasks of a cluster, runs `work`, and resumes them where they were. */
  async meanwhile<T>(cluster: string, work: () => Promise<T>): Promise<T> {
    const before = this.held.get(cluster);
    const turn = Promise.resolve(before)
      .catch(() => {})
      .then(async () => {
        await this.halt('pause', cluster, this.running.get(cluster)?.task ?? '');
        return work();
      });
    this.held.set(cluster, turn);
    try {
      return await turn;
    } finally {
      if (this.held.get(cluster) === turn) this.held.delete(cluster);
    }
  }

  private async halt(kind: 'abort' | 'pause', cluster: string, task: string): Promise<void> {
    if (task === '') return;
    // The queue may continue with another task: this one has halted when it is not the current one any more.
    for (let i = 0; this.running.get(cluster)?.task === task; i++) {
      // It may not have reached its thread yet.
      if (i % HALT_AGAIN === 0) this.hosts.end(kind, cluster, task);
      await delay(HALT_LOOK_MS);
    }
  }

  /** A resumed task starts at the cycle that it reports first. */
  private count(entry: Entry, cycle: number): void {
    if (entry.cycle >= 0 && cycle > entry.cycle) this.events.emit('cycles', entry.kind, cycle - entry.cycle);
    entry.cycle = cycle;
  }

  private async work(cluster: string, entry: Entry): Promise<void> {
    for (;;) {
      await this.held.get(cluster)?.catch(() => {});
      if (this.stopping) return;
      const next = await this.patiently(() => nextTask(this.db, cluster));
      if (!next) return;
      const makeRoom = (): void => void this.halt('pause', cluster, entry.task);
      const slot = await this.slots.take(next.project_id, next.kind === 'train' ? makeRoom : undefined);
      if (!slot) return;
      // From here on it is aborted as one that runs.
      Object.assign(entry, { task: next.uuid, kind: next.kind, cycle: -1 });
      try {
        await this.start(cluster, entry, slot);
      } finally {
        this.progress.delete(next.uuid);
        entry.task = '';
        slot.free();
      }
    }
  }

  private async start(cluster: string, entry: Entry, slot: Slot): Promise<void> {
    const now = Date.now();
    const task = await this.patiently(() => claim(this.db, entry.task, now));
    if (!task) return;
    // Meanwhile the cluster may have been held, or another project wants its slot.
    if (this.held.has(cluster) || slot.leaves) await this.patiently(() => putBack(this.db, task.uuid, task.current_cycle));
    else await this.perform(task, entry, task.started_at !== now);
  }

  private async perform(task: TaskRow, entry: Entry, resumed: boolean): Promise<void> {
    const started_at = task.started_at ?? Date.now();
    this.events.emit('task', task.cluster_uuid, task.uuid);
    this.log.info({ task: task.uuid, cluster: task.cluster_uuid, kind: task.kind, resumed }, 'task started');
    try {
      await this.patiently(() => this.admit(task));
      const end = await this.run(task);
      if (end.end === 'paused') {
        if ('scores' in end) await this.patiently(() => storeScores(this.db, task.uuid, end.scores));
        await this.patiently(() => putBack(this.db, task.uuid, end.cycle));
        return;
      }
      this.count(entry, end.cycle);
      await this.patiently(() => this.complete(task, end));
      this.log.info({ task: task.uuid, end: end.end, seconds: (Date.now() - started_at) / 1000 }, 'task ended');
    } catch (error) {
      if (this.stopping) return;
      await this.objects.remove(keyOf.best(task.cluster_uuid)).catch(() => {});
      const id = randomUUID();
      this.log.error({ err: error, task: task.uuid, id }, 'task failed');
      if (!(error instanceof HanamiError) || error instanceof ThreadDied) this.events.emit('fault', task, error, id);
      await this.patiently(() => fail(this.db, task.uuid, reasonOf(error, id), this.cycleOf(task.uuid) ?? task.current_cycle));
    }
    this.events.emit('task', task.cluster_uuid, task.uuid);
  }

  private async run(task: TaskRow): Promise<RunEnd> {
    for (let attempt = 0; ; attempt++) {
      try {
        const seen = this.scoresOf(task.uuid) ?? JSON.parse(task.scores ?? '{}');
        return await this.patiently(() => runTask(this.db, this.hosts, this.processing, task, seen));
      } catch (error) {
        if (!(error instanceof ThreadDied) || this.stopping || attempt >= RESTARTS) throw error;
        this.log.warn({ task: task.uuid, err: error }, 'a worker thread died; its task goes on from the last snapshot');
      }
    }
  }

  /** Does what needs the database, again until the database can be used. */
  private patiently<T>(work: () => Promise<T>): Promise<T> {
    const shouldRetry = ({ error }: { error: Error }): boolean => !this.stopping && isPassing(error);
    return pRetry(work, { retries: Number.POSITIVE_INFINITY, minTimeout: 100, maxTimeout: 5000, unref: true, shouldRetry });
  }

  private async complete(task: TaskRow, end: RunEnd): Promise<void> {
    await storeEnd(this.db, task, end);
    if (!('columns' in end)) return;
    if (end.end === 'finished') this.events.emit('result', task.uuid);
    else await this.objects.remove(keyOf.dataset(task.uuid));
  }
}
