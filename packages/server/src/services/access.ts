import { NotFound, type TokenUser, Unauthorized } from '@openhanami/contract';
import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from 'kysely';
import type { Database } from '../store/database.ts';
import type { ResourceColumns, ResourceRow, Tables } from '../store/tables.ts';

/** The caller and their project: the claims of the token. `key` identifies the user even if the id is reused later. */
export type Caller = TokenUser & { readonly key: number; readonly session: string };

/** Id of the admins' own project, which is in no table. */
export const ADMIN_PROJECT = 'admin';

/** How to force a refused call, in terms of the REST API and the command line. */
export const FORCE = 'force=true (hanamictl: --force)';

export type ResourceName = { [T in keyof Tables]: Tables[T] extends ResourceColumns ? T : never }[keyof Tables];

/** Rows visible to a caller: admins see all; others public ones, their own and shared ones of their project; project admins all of it. */
export function visibleTo(caller: Caller) {
  return (where: ExpressionBuilder<Tables, ResourceName>): ExpressionWrapper<Tables, ResourceName, SqlBool> => {
    const alive = where('deleted_at', 'is', null);
    if (caller.is_admin) return alive;
    const inProject = where('project_id', '=', caller.project_id);
    const mine = caller.is_project_admin
      ? inProject
      : where.and([inProject, where.or([where('owner_key', '=', caller.key), where('visibility', '=', 'shared')])]);
    return where.and([alive, where.or([where('visibility', '=', 'public'), mine])]);
  };
}

/** Checks that a caller may change a resource. @throws Unauthorized if not its owner, a project admin or an admin. */
export function mustOwn(caller: Caller, row: Pick<ResourceRow, 'owner_id' | 'owner_key' | 'project_id'>, what: string): void {
  if (caller.is_admin) return;
  const inProject = row.project_id === caller.project_id;
  if (inProject && (caller.is_project_admin || row.owner_key === caller.key)) return;
  throw new Unauthorized(`${what} belongs to ${row.owner_id}; only its owner, project admins and admins may change it`);
}

/** @throws Unauthorized if the caller is no admin. */
export function mustBeAdmin(caller: Caller): void {
  if (!caller.is_admin) throw new Unauthorized('only admins may do this');
}

/** The owner of a resource as a caller, with present rights. @throws Unauthorized if the owner was deleted or left the project. */
export async function ownerOf(
  db: Database,
  { owner_id, owner_key, project_id }: Pick<ResourceRow, 'owner_id' | 'owner_key' | 'project_id'>,
): Promise<Caller> {
  const user = await db.selectFrom('account').selectAll().where('key', '=', owner_key).where('deleted_at', 'is', null).executeTakeFirst();
  if (!user) throw new Unauthorized(`the user '${owner_id}' does not exist any more`);
  const who = { key: user.key, id: user.id, name: user.name, session: '', project_id };
  if (user.is_admin) return { ...who, is_admin: true, role: 'admin', is_project_admin: true };
  const member = await db
    .selectFrom('member')
    .selectAll()
    .where('user_id', '=', owner_id)
    .where('project_id', '=', project_id)
    .executeTakeFirst();
  if (!member) throw new Unauthorized(`the user '${owner_id}' is not assigned to the project '${project_id}' any more`);
  return { ...who, is_admin: false, role: member.role, is_project_admin: member.is_project_admin };
}

const WORDS: Record<ResourceName, string> = { dataset: 'data set', cluster: 'cluster', checkpoint: 'checkpoint' };

/** Marks a resource as deleted. @throws NotFound if another call has done so meanwhile. */
export async function markDeleted(db: Database, table: ResourceName, uuid: string): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable(table)
    .set({ deleted_at: Date.now() })
    .where('uuid', '=', uuid)
    .where('deleted_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw notFound(WORDS[table], uuid);
}

/** Creates the error for something that is missing or not visible. */
export function notFound(kind: string, id: string): NotFound {
  return new NotFound(`there is no ${kind} '${id}'`);
}

/** Columns of a new resource of the caller. */
export function newResource(caller: Caller, uuid: string, name: string): ResourceRow {
  return {
    uuid,
    name,
    owner_id: caller.id,
    owner_key: caller.key,
    project_id: caller.project_id,
    visibility: 'private',
    created_at: Date.now(),
    deleted_at: null,
  };
}
