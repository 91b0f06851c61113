import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { HanamiError, type TaskScores } from '@openhanami/contract';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { reasonOf, ThreadDied } from '../hosts/host.ts';
import type { HostPool } from '../hosts/pool.ts';
import type { Database } from '../store/database.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { TaskRow } from '../store/tables.ts';
import type { ClusterInfo } from '../worker/protocol.ts';
import { storeEnd, storeScores } from './task-end.ts';
import { type RunEnd, runTask } from './task-run.ts';

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
    private readonly log: Logger,
  ) {}

  /** Resumes interrupted tasks and starts queued ones. */
  async start(): Promise<void> {
    const waiting = await this.db.selectFrom('task').select('cluster_uuid').distinct().where('state', 'in', ['queued', 'active']).execute();
    for (const { cluster_uuid } of waiting) this.wake(cluster_uuid);
  }

  /** Lets running tasks write a snapshot, and stops. */
  async stop(): Promise<void> {
    this.stopping = true;
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

  async isIdle(cluster: string): Promise<boolean> {
    const task = await this.db
      .selectFrom('task')
      .select('uuid')
      .where('cluster_uuid', '=', cluster)
      .where('state', 'in', ['queued', 'active'])
      .executeTakeFirst();
    return task === undefined;
  }

  /** Aborts a task, or all of a cluster; resolves when none of them runs any more. */
  async abort(cluster: string, task?: string): Promise<void> {
    let query = this.db
      .updateTable('task')
      .set({ state: 'aborted', ended_at: Date.now() })
      .where('cluster_uuid', '=', cluster)
      .where('state', '=', 'queued');
    if (task !== undefined) query = query.where('uuid', '=', task);
    await query.execute();
    if (task !== undefined) this.events.emit('task', cluster, task);
    const current = this.running.get(cluster);
    if (!current || (task !== undefined && current.task !== task)) return;
    await this.halt('abort', cluster, current.task);
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
    this.hosts.end(kind, cluster, task);
    // The queue may continue with another task: this one has halted when it is not the current one any more.
    while (this.running.get(cluster)?.task === task) await new Promise((next) => setTimeout(next, 5));
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
      const now = Date.now();
      const task = await this.claim(cluster, now);
      if (!task) return;
      // The cluster may be held by now: the task is claimed again.
      if (this.held.has(cluster)) continue;
      entry.task = task.uuid;
      entry.kind = task.kind;
      entry.cycle = -1;
      await this.perform(task, entry, task.started_at !== now);
      this.progress.delete(task.uuid);
      entry.task = '';
    }
  }

  /** queued, active → active: claims the oldest task of a cluster in one statement. An active one was interrupted, and resumes. */
  private claim(cluster: string, now: number): Promise<TaskRow | undefined> {
    return this.db
      .updateTable('task')
      .set(({ fn, ref, val }) => ({ state: 'active', started_at: fn.coalesce(ref('started_at'), val(now)) }))
      .where('uuid', '=', ({ selectFrom }) =>
        selectFrom('task')
          .select('uuid')
          .where('cluster_uuid', '=', cluster)
          .where('state', 'in', ['queued', 'active'])
          .orderBy('key')
          .limit(1),
      )
      .where('state', 'in', ['queued', 'active'])
      .returningAll()
      .executeTakeFirst();
  }

  private async perform(task: TaskRow, entry: Entry, resumed: boolean): Promise<void> {
    const started_at = task.started_at ?? Date.now();
    this.events.emit('task', task.cluster_uuid, task.uuid);
    this.log.info({ task: task.uuid, cluster: task.cluster_uuid, kind: task.kind, resumed }, 'task started');
    try {
      await this.admit(task);
      const end = await this.run(task);
      if (end.end === 'paused') {
        if ('scores' in end) await storeScores(this.db, task.uuid, end.scores);
        return;
      }
      this.count(entry, end.cycle);
      await this.complete(task, end);
      this.log.info({ task: task.uuid, end: end.end, seconds: (Date.now() - started_at) / 1000 }, 'task ended');
    } catch (error) {
      if (this.stopping) return;
      await this.objects.remove(keyOf.best(task.cluster_uuid)).catch(() => {});
      const id = randomUUID();
      this.log.error({ err: error, task: task.uuid, id }, 'task failed');
      if (!(error instanceof HanamiError) || error instanceof ThreadDied) this.events.emit('fault', task, error, id);
      await this.db
        .updateTable('task')
        .set({
          state: 'failed',
          ended_at: Date.now(),
          reason: reasonOf(error, id),
          current_cycle: this.cycleOf(task.uuid) ?? task.current_cycle,
        })
        .where('uuid', '=', task.uuid)
        .where('state', '=', 'active')
        .execute();
    }
    this.events.emit('task', task.cluster_uuid, task.uuid);
  }

  private async run(task: TaskRow): Promise<RunEnd> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await runTask(this.db, this.hosts, this.processing, task, this.scoresOf(task.uuid) ?? JSON.parse(task.scores ?? '{}'));
      } catch (error) {
        if (!(error instanceof ThreadDied) || this.stopping || attempt >= RESTARTS) throw error;
        this.log.warn({ task: task.uuid, err: error }, 'a worker thread died; its task goes on from the last snapshot');
      }
    }
  }

  private async complete(task: TaskRow, end: RunEnd): Promise<void> {
    await storeEnd(this.db, task, end);
    if (!('columns' in end)) return;
    if (end.end === 'finished') this.events.emit('result', task.uuid);
    else await this.objects.remove(keyOf.dataset(task.uuid));
  }
}
