import { Conflict, type ParsedInputOf, QUOTA_LIMITS, type setQuota } from '@openhanami/contract';
import type { ClusterInfo } from '../hosts/protocol.ts';
import type { Database } from '../store/database.ts';
import { type Caller, mustBeAdmin, notFound } from './access.ts';

type Limit = (typeof QUOTA_LIMITS)[number];
type Use = Record<Limit, number>;

const WORDS: Record<Limit, string> = {
  clusters: 'clusters',
  memory: 'bytes of memory in clusters',
  dataset_bytes: 'bytes in data sets',
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
    await this.mustBeProject(id);
    const { clusters, memory, dataset_bytes, queued_tasks } = { ...(await this.limits(id)), ...limits };
    const row = { clusters, memory, dataset_bytes, queued_tasks };
    await this.db
      .insertInto('quota')
      .values({ project_id: id, ...row })
      .onConflict((conflict) => conflict.column('project_id').doUpdateSet(row))
      .execute();
    return this.answer(id);
  }

  /** @throws Conflict if the project would use more of something than it may. */
  async mustAllow(project: string, more: Partial<Use>): Promise<void> {
    const limits = await this.limits(project);
    if (QUOTA_LIMITS.every((limit) => limits[limit] === null)) return;
    const use = await this.use(project);
    for (const [limit, count] of Object.entries(more) as [Limit, number][]) {
      const most = limits[limit];
      if (most === null || use[limit] + count <= most) continue;
      throw new Conflict(
        `the project '${project}' may have ${most} ${WORDS[limit]}, and has ${use[limit]}; remove some, or ask an admin for more`,
      );
    }
  }

  private async answer(id: string) {
    return { id, ...(await this.limits(id)), use: await this.use(id) };
  }

  private async limits(project: string): Promise<Record<Limit, number | null>> {
    const row = await this.db.selectFrom('quota').select(QUOTA_LIMITS).where('project_id', '=', project).executeTakeFirst();
    return row ?? { clusters: null, memory: null, dataset_bytes: null, queued_tasks: null };
  }

  private async use(project: string): Promise<Use> {
    const clusters = await this.db
      .selectFrom('cluster')
      .select('info')
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .execute();
    const { bytes } = await this.db
      .selectFrom('dataset')
      .select(({ fn }) => fn.sum<number | null>('bytes').as('bytes'))
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    // What is announced counts as if it had come.
    const { announced } = await this.db
      .selectFrom('upload')
      .innerJoin('dataset', 'dataset.uuid', 'upload.resource_uuid')
      .select(({ fn }) => fn.sum<number | null>('upload.size').as('announced'))
      .where('project_id', '=', project)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow();
    const { tasks } = await this.db
      .selectFrom('task')
      .select(({ fn }) => fn.countAll<number>().as('tasks'))
      .where('project_id', '=', project)
      .where('state', 'in', ['queued', 'active'])
      .executeTakeFirstOrThrow();
    return {
      clusters: clusters.length,
      memory: clusters.reduce((sum, { info }) => sum + (JSON.parse(info) as ClusterInfo).bytes, 0),
      dataset_bytes: Number(bytes ?? 0) + Number(announced ?? 0),
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
