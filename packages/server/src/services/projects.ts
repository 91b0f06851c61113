import { Conflict, type createProject, type ParsedInputOf, PROJECT_COLUMNS, type Search } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import { ADMIN_PROJECT, type Caller, FORCE, mustBeAdmin, notFound } from './access.ts';
import { holds, partOf, table, time } from './answers.ts';
import { idColumns, unlessIdTaken } from './ids.ts';
import type { Revocations } from './revocations.ts';

/** Deletes all resources of a project. */
export type EmptyProject = (projectId: string) => Promise<void>;

/** Projects, by which users are separated. */
export class Projects {
  constructor(
    private readonly db: Database,
    private readonly empty: EmptyProject,
    private readonly revocations: Revocations,
  ) {}

  /** Creates a project. @throws Conflict if the id is taken. */
  async create(caller: Caller, { id, name }: ParsedInputOf<typeof createProject>) {
    mustBeAdmin(caller);
    // Reserved for the admins' own project, which is in no table.
    if (id.toLowerCase() === ADMIN_PROJECT) throw new Conflict(`there is a project '${ADMIN_PROJECT}' already`, 'already_exists');
    const row = { ...idColumns(id), name, creator_id: caller.id, created_at: Date.now(), deleted_at: null };
    await unlessIdTaken(this.db, 'project', id, this.db.insertInto('project').values(row).execute());
    return this.answer(id);
  }

  async get(caller: Caller, id: string) {
    mustBeAdmin(caller);
    return this.answer(id);
  }

  async list(caller: Caller, { name, ...part }: Search) {
    mustBeAdmin(caller);
    let query = this.db.selectFrom('project').selectAll().where('deleted_at', 'is', null);
    if (name !== undefined) query = query.where(({ or }) => or([holds('id', name), holds('name', name)]));
    const { rows, total } = await partOf(query, part, ['key']);
    return table(
      PROJECT_COLUMNS,
      rows.map((project) => ({ ...project, created_at: time(project.created_at) })),
      total,
    );
  }

  /**
   * Deletes a project; with `force` its resources and members too.
   * @throws Conflict while any are left, without `force`, NotFound if there is no such project.
   */
  async delete(caller: Caller, id: string, force: boolean): Promise<void> {
    mustBeAdmin(caller);
    await this.answer(id);
    const left = await this.contents(id);
    if (left !== '' && !force)
      throw new Conflict(`the project '${id}' still has ${left}; remove them first, or delete it with ${FORCE}`, 'in_use');
    // First the project, so that nothing new is added, then its resources.
    await this.revocations.inTransaction(async (db, revoke) => {
      const { numUpdatedRows } = await db
        .updateTable('project')
        .set({ deleted_at: Date.now() })
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw notFound('project', id);
      await db.deleteFrom('quota').where('project_id', '=', id).execute();
      const members = await db.deleteFrom('member').where('project_id', '=', id).returning('user_id').execute();
      for (const { user_id } of members) await revoke(user_id, id);
    });
    await this.empty(id);
  }

  private async contents(id: string): Promise<string> {
    const found: string[] = [];
    for (const kind of ['dataset', 'cluster', 'checkpoint'] as const) {
      const rows = await this.db.selectFrom(kind).select('uuid').where('project_id', '=', id).where('deleted_at', 'is', null).execute();
      if (rows.length > 0) found.push(`${rows.length} ${kind}${rows.length > 1 ? 's' : ''}`);
    }
    const members = await this.db.selectFrom('member').select('key').where('project_id', '=', id).execute();
    if (members.length > 0) found.push(`${members.length} member${members.length > 1 ? 's' : ''}`);
    return found.join(', ');
  }

  private find(id: string) {
    return this.db.selectFrom('project').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst();
  }

  private async answer(id: string) {
    const project = await this.find(id);
    if (!project) throw notFound('project', id);
    return { created_at: time(project.created_at), id, name: project.name, creator_id: project.creator_id };
  }
}
