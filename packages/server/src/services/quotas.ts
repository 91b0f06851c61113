import { Conflict, type ParsedInputOf, QUOTA_LIMITS, type setQuota } from '@openhanami/contract';
import type { Slots } from '../jobs/slots.ts';
import type { Database } from '../store/database.ts';
import { lockRow } from '../store/locks.ts';
import type { ClusterInfo } from '../worker/protocol.ts';
import { ADMIN_PROJECT, type Caller, mustBeAdmin, notFound } from './access.ts';

type Limit = (typeof QUOTA_LIMITS)[number];
type Use = Record<Limit, number>;

const WORDS: Record<Limit, string> = {
  clusters: 'clusters',
  memory: 'bytes of memory in clusters',
  dataset_bytes: 'bytes in data sets',
  checkpoint_bytes: 'bytes in checkpoints',
  queued_tasks: 'tasks that wait or run',
  running_tasks: 'tasks that run at once',
};

const NO_LIMITS = Object.fromEntries(QUOTA_LIMITS.map((limit) => [limit, null])) as Record<Limit, null>;

/** Limits and use of projects. */
export class Quotas {
  constructor(
    private readonly db: Database,
    /** Of running tasks: those above a limit wait, they are not refused. */
    private readonly slots: Slots,
  ) {}

  /** @throws Unauthorized for another project than the caller's, unless an admin asks. */
  async get(caller: Caller, id: string) {
    if (id !== caller.project_id) mustBeAdmin(caller);
    await this.mustBeProject(id);
    return this.answer(id);
  }

  /** Sets limits; those not named stay as they are. @throws NotFound if there is no such project. */
  async set(caller: Caller, { id, ...limits }: ParsedInputOf<typeof setQuota>) {
    mustBeAdmin(caller);
    await this.db.transaction().execute(async (db) => {
      if (!(await lockRow(db, 'project', id))) throw notFound('project', id);
      const row = { ...(await this.limits(db, id)), ...limits };
      await db
        .insertInto('quota')
        .values({ project_id: id, ...row })
        .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
        .execute();
    });
    const answer = await this.answer(id);
    this.slots.limit(id, answer.running_tasks);
    return answer;
  }

  /** Tells the task queue how many tasks each project may run at once. */
  async load(): Promise<void> {
    const rows = await this.db.selectFrom('quota').select(['project_id', 'running_tasks']).execute();
    for (const { project_id, running_tasks } of rows) this.slots.limit(project_id, running_tasks);
  }

  /**
   * Inserts something that counts for a project's quota, in one transaction that locks the project's row, so that concurrent calls add up.
   * @throws Conflict if the project would exceed a limit.
   * @throws NotFound if the project is gone: a later one of the same id must not inherit anything.
   */
  async add<Output>(project: string, more: Partial<Use>, insert: (transaction: Database) => Promise<Output>): Promise<Output> {
    return this.db.transaction().execute(async (transaction) => {
      if (!(await lockRow(transaction, 'project', project)) && project !== ADMIN_PROJECT) throw notFound('project', project);
      await this.mustAllow(transaction, project, more);
      return insert(transaction);
    });
  }

  /** Bytes that a project has left for a data set, of which `own` bytes are announced already. */
  async datasetBytesLeft(project: string, own: number): Promise<number> {
    const { dataset_bytes: most } = await this.limits(this.db, project);
    return most === null ? Number.POSITIVE_INFINITY : Math.max(0, most - (await this.use(this.db, project)).dataset_bytes + own);
  }

  private async mustAllow(db: Database, project: string, more: Partial<Use>): Promise<void> {
    const limits = await this.limits(db, project);
    if (QUOTA_LIMITS.every((limit) => limits[limit] === null)) return;
    const use = await this.use(db, project);
    for (const [limit, count] of Object.entries(more) as [Limit, number][]) {
      const most = limits[limit];
      if (most === null || use[limit] + count <= most) continue;
      throw new Conflict(
        `the project '${project}' may have ${most} ${WORDS[limit]}, and has ${use[limit]}; remove some, or ask an admin for more`,
        'quota_exceeded',
      );
    }
  }

  private async answer(id: string) {
    return { id, ...(await this.limits(this.db, id)), use: await this.use(this.db, id) };
  }

  private async limits(db: Database, project: string): Promise<Record<Limit, number | null>> {
    const row = await db.selectFrom('quota').select(QUOTA_LIMITS).where('project_id', '=', project).executeTakeFirst();
    return row ?? NO_LIMITS;
  }

  private async use(db: Database, project: string): Promise<Use> {
    const clusters = await db
      .selectFrom('cluster')
      .select('info')
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .execute();
    const { bytes } = await db
      .selectFrom('dataset')
      .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    // Announced uploads count with their full size.
    const { announced } = await db
      .selectFrom('upload')
      .innerJoin('dataset', 'dataset.uuid', 'upload.resource_uuid')
      .select(({ fn }) => fn.sum<number | null>('upload.size').as('announced'))
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    // Checkpoints that are being uploaded count with their announced size.
    const { saved } = await db
      .selectFrom('checkpoint')
      .select(({ fn }) => fn.sum<number | null>('size').as('saved'))
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    const { tasks, running } = await db
      .selectFrom('task')
      .select(({ fn }) => fn.countAll<number>().as('tasks'))
      .select(({ eb, fn }) =>
        fn.coalesce(fn.sum<number>(eb.case().when('state', '=', 'active').then(1).else(0).end()), eb.lit(0)).as('running'),
      )
      .where('project_id', '=', project)
      .where('state', 'in', ['queued', 'active'])
      .executeTakeFirstOrThrow();
    return {
      clusters: clusters.length,
      memory: clusters.reduce((sum, { info }) => sum + (JSON.parse(info) as ClusterInfo).bytes, 0),
      dataset_bytes: Number(bytes ?? 0) + Number(announced ?? 0),
      checkpoint_bytes: Number(saved ?? 0),
      queued_tasks: Number(tasks),
      running_tasks: Number(running),
    };
  }

  private async mustBeProject(id: string): Promise<void> {
    const project = await this.db
      .selectFrom('project')
      .select('key')
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst();
    if (!project) throw notFound('project', id);
  }
}
