import { Conflict } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import type { UserRow } from '../store/tables.ts';
import { ADMIN_PROJECT, type Caller } from './access.ts';

/** Kinds of resources, in the order in which they are deleted: clusters first, since their tasks use data sets. */
const KINDS = ['cluster', 'dataset', 'checkpoint'] as const;
type Kind = (typeof KINDS)[number];

/** Most names of a kind in a message. */
const TOLD = 3;

/** How tasks and resources of a deleted user are removed. */
export interface ResourceActions {
  abortTask(cluster: string, task: string): Promise<void>;
  delete(kind: Kind, uuid: string, project: string): Promise<void>;
}

/** Resources and tasks of users, and their removal or transfer when a user is deleted. */
export class Ownership {
  constructor(
    private readonly db: Database,
    private readonly actions: () => ResourceActions,
  ) {}

  /** Resources and unfinished tasks of a user, in words; '' for none. */
  async describe(db: Database, user: UserRow): Promise<string> {
    const found: string[] = [];
    for (const kind of KINDS) {
      const rows = await this.owned(db, kind, user);
      found.push(...counted(kind, rows));
    }
    found.push(...counted('task', await this.tasks(db, user), ' that waits or runs', ' that wait or run'));
    return found.join(', ');
  }

  /** Makes an heir the owner of all resources. @throws Conflict if the heir is not assigned to one of their projects. */
  async transfer(db: Database, user: UserRow, heir: UserRow): Promise<void> {
    const projects = new Set<string>();
    for (const kind of KINDS) for (const { project_id } of await this.owned(db, kind, user)) projects.add(project_id);
    if (!heir.is_admin) {
      const rows = await db.selectFrom('member').select('project_id').where('user_id', '=', heir.id).execute();
      const own = rows.map(({ project_id }) => project_id);
      const missing = [...projects].filter((project) => project === ADMIN_PROJECT || !own.includes(project));
      if (missing.length > 0)
        throw new Conflict(`the heir '${heir.id}' is not assigned to the project ${quoted(missing)}, where the user owns something`);
    }
    for (const kind of KINDS) {
      await db
        .updateTable(kind)
        .set({ owner_id: heir.id, owner_key: heir.key })
        .where('owner_key', '=', user.key)
        .where('deleted_at', 'is', null)
        .execute();
    }
  }

  /** Aborts the tasks of a deleted user, and deletes the remaining resources. */
  async deleteAll(user: UserRow): Promise<void> {
    const actions = this.actions();
    for (const { cluster_uuid, uuid } of await this.tasks(this.db, user)) await actions.abortTask(cluster_uuid, uuid);
    for (const kind of KINDS) {
      for (const { uuid, project_id } of await this.owned(this.db, kind, user)) await actions.delete(kind, uuid, project_id);
    }
  }

  /** Whether one of these resources is private and owned by another user. */
  async isPrivateToOthers(caller: Caller, uuids: readonly string[]): Promise<boolean> {
    if (uuids.length === 0) return false;
    for (const kind of KINDS) {
      const found = await this.db
        .selectFrom(kind)
        .select('uuid')
        .where('uuid', 'in', uuids)
        .where('owner_key', '!=', caller.key)
        .where('visibility', '=', 'private')
        .executeTakeFirst();
      if (found) return true;
    }
    return false;
  }

  private owned(db: Database, kind: Kind, user: UserRow) {
    return db
      .selectFrom(kind)
      .select(['uuid', 'name', 'project_id'])
      .where('owner_key', '=', user.key)
      .where('deleted_at', 'is', null)
      .execute();
  }

  private tasks(db: Database, user: UserRow) {
    return db
      .selectFrom('task')
      .select(['uuid', 'name', 'cluster_uuid'])
      .where('owner_key', '=', user.key)
      .where('state', 'in', ['queued', 'active'])
      .execute();
  }
}

const quoted = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');

const WORDS = { cluster: 'cluster', dataset: 'data set', checkpoint: 'checkpoint', task: 'task' } as const;

/** Such as `2 data sets ('first', 'second')`. */
function counted(kind: keyof typeof WORDS, rows: readonly { name: string }[], one = '', several = ''): string[] {
  if (rows.length === 0) return [];
  const names = quoted(rows.slice(0, TOLD).map(({ name }) => name));
  const word = rows.length === 1 ? `${WORDS[kind]}${one}` : `${WORDS[kind]}s${several}`;
  return [`${rows.length} ${word} (${names}${rows.length > TOLD ? ', …' : ''})`];
}
