import { Conflict, type ParsedInputOf, QUOTA_LIMITS, type setQuota } from '@openhanami/contract';
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
};

/** How much a project may use. */
export class Quotas {
  constructor(private readonly db: Database) {}

  async get(caller: Caller, id: string) {
    mustBeAdmin(caller);
    await this.mustBeProject(id);
    return this.answer(id);
  }

  /** Limits that are not named stay as they are. */
  async set(caller: Caller, { id, ...limits }: ParsedInputOf<typeof setQuota>) {
    mustBeAdmin(caller);
    await this.db.transaction().execute(async (db) => {
      if (!(await lockRow(db, 'project', id))) throw notFound('project', id);
      const { clusters, memory, dataset_bytes, checkpoint_bytes, queued_tasks } = { ...(await this.limits(db, id)), ...limits };
      const row = { clusters, memory, dataset_bytes, checkpoint_bytes, queued_tasks };
      await db
        .insertInto('quota')
        .values({ project_id: id, ...row })
        .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
        .execute();
    });
    return this.answer(id);
  }

  /**
   * Adds something by which a project uses more. In one transaction, which holds the project's row: each sees what the others have added.
   * @throws Conflict if the project would use more of something than it may.
   * @throws NotFound if the project is gone: nothing may be left for who makes one of the same id.
   */
  async add<Output>(project: string, more: Partial<Use>, insert: (transaction: Database) => Promise<Output>): Promise<Output> {
    return this.db.transaction().execute(async (transaction) => {
      if (!(await lockRow(transaction, 'project', project)) && project !== ADMIN_PROJECT) throw notFound('project', project);
      await this.mustAllow(transaction, project, more);
      return insert(transaction);
    });
  }

  /** Bytes of data sets that a project may add, to what is announced and has come as this one. */
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
    return row ?? { clusters: null, memory: null, dataset_bytes: null, checkpoint_bytes: null, queued_tasks: null };
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
    // What is announced counts as if it had come.
    const { announced } = await db
      .selectFrom('upload')
      .innerJoin('dataset', 'dataset.uuid', 'upload.resource_uuid')
      .select(({ fn }) => fn.sum<number | null>('upload.size').as('announced'))
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    // The size of a checkpoint that is uploaded is that of its file, as it was announced.
    const { saved } = await db
      .selectFrom('checkpoint')
      .select(({ fn }) => fn.sum<number | null>('size').as('saved'))
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    const { tasks } = await db
      .selectFrom('task')
      .select(({ fn }) => fn.countAll<number>().as('tasks'))
      .where('project_id', '=', project)
      .where('state', 'in', ['queued', 'active'])
      .executeTakeFirstOrThrow();
    return {
      clusters: clusters.length,
      memory: clusters.reduce((sum, { info }) => sum + (JSON.parse(info) as ClusterInfo).bytes, 0),
      dataset_bytes: Number(bytes ?? 0) + Number(announced ?? 0),
      checkpoint_bytes: Number(saved ?? 0),
      queued_tasks: Number(tasks),
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
