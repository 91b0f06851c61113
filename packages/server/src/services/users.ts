import { readFileSync } from 'node:fs';
import {
  type addProjectToUser,
  BadRequest,
  Conflict,
  type changePassphrase,
  type createUser,
  type deleteUser,
  type Membership,
  type ParsedInputOf,
  passphraseText,
  type resetPassphrase,
  type Search,
  Unauthorized,
  USER_COLUMNS,
  userId,
  userName,
} from '@openhanami/contract';
import { ConfigError } from '../config.ts';
import type { Database } from '../store/database.ts';
import { unlessTaken } from '../store/faults.ts';
import { lockRow } from '../store/locks.ts';
import type { UserRow } from '../store/tables.ts';
import { type Caller, FORCE, mustBeAdmin, notFound } from './access.ts';
import { holds, partOf, table, time } from './answers.ts';
import { idColumns, unlessIdTaken } from './ids.ts';
import type { LoginDelays } from './login-delays.ts';
import type { Ownership } from './ownership.ts';
import { faultOf, hashPassphrase, isPassphrase, type PassphraseRules } from './passphrases.ts';
import type { Policy } from './policy.ts';
import type { Revocations } from './revocations.ts';

/** Ids that no user may have. */
const RESERVED: readonly string[] = ['HANAMI_INIT'];

/** @throws BadRequest for a new passphrase that is too short, or known to be stolen. */
async function mustBeGood(passphrase: string, rules: PassphraseRules): Promise<void> {
  const fault = await faultOf(passphrase, rules);
  if (fault) throw new BadRequest(`the new passphrase ${fault}`, 'weak_passphrase');
}

/** The first line of the file that HANAMI_ADMIN_PASSPHRASE_FILE names: unlike a variable, no list of processes shows it. */
function passphraseFromFile(env: NodeJS.ProcessEnv): string {
  const path = env['HANAMI_ADMIN_PASSPHRASE_FILE'];
  if (!path) return '';
  try {
    return readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? '';
  } catch (error) {
    throw new ConfigError(`HANAMI_ADMIN_PASSPHRASE_FILE cannot be read: ${(error as Error).message}`);
  }
}

/** Users and the projects that they are assigned to. */
export class Users {
  constructor(
    private readonly db: Database,
    private readonly revocations: Revocations,
    private readonly delays: LoginDelays,
    private readonly policy: Policy,
    private readonly ownership: Ownership,
    private readonly rules: PassphraseRules,
  ) {}

  /** Creates the first admin of an empty database from the environment. @throws ConfigError naming what is missing or invalid. */
  async createFirstAdmin(env: NodeJS.ProcessEnv): Promise<void> {
    if (await this.db.selectFrom('account').select('key').executeTakeFirst()) return;
    const wanted = { HANAMI_ADMIN_USER_ID: userId, HANAMI_ADMIN_USER_NAME: userName, HANAMI_ADMIN_PASSPHRASE: passphraseText };
    const passphrase = env['HANAMI_ADMIN_PASSPHRASE'] || passphraseFromFile(env);
    const read = (name: keyof typeof wanted): string => (name === 'HANAMI_ADMIN_PASSPHRASE' ? passphrase : env[name]) ?? '';
    const names = Object.keys(wanted) as (keyof typeof wanted)[];
    const missing = names.filter((name) => read(name) === '');
    if (missing.length > 0) {
      throw new ConfigError(`the database is empty and needs a first admin: set ${missing.join(', ')} in the environment`);
    }
    for (const name of names) {
      const result = wanted[name].safeParse(read(name));
      if (!result.success) throw new ConfigError(`${name} ${result.error.issues[0]?.message}`);
    }
    const fault = await faultOf(passphrase, this.rules);
    if (fault) throw new ConfigError(`HANAMI_ADMIN_PASSPHRASE ${fault}`);
    await this.insert(read('HANAMI_ADMIN_USER_ID'), read('HANAMI_ADMIN_USER_NAME'), passphrase, true, 'HANAMI_INIT');
  }

  /** Creates a user. @throws BadRequest for a reserved id or a bad passphrase, Conflict if the id is taken. */
  async create(caller: Caller, { id, name, passphrase, is_admin }: ParsedInputOf<typeof createUser>) {
    mustBeAdmin(caller);
    await mustBeGood(passphrase, this.rules);
    if (RESERVED.includes(id.toUpperCase())) throw new BadRequest(`'id' is '${id}', which the server itself is called`);
    await this.insert(id, name, passphrase, is_admin, caller.id);
    return this.answer(id);
  }

  async get(caller: Caller, id: string) {
    mustBeAdmin(caller);
    return this.answer(id);
  }

  async list(caller: Caller, { name, ...part }: Search) {
    mustBeAdmin(caller);
    let query = this.db.selectFrom('account').selectAll().where('deleted_at', 'is', null);
    if (name !== undefined) query = query.where(({ or }) => or([holds('id', name), holds('name', name)]));
    const { rows, total } = await partOf(query, part, ['key']);
    return table(USER_COLUMNS, await Promise.all(rows.map((user) => this.describe(user))), total);
  }

  /**
   * Deletes a user. Their resources go to the heir, or are deleted; their tasks are aborted.
   * @throws Conflict for the caller themselves, or naming resources and tasks, without `force`.
   * @throws BadRequest if the heir is the user, NotFound if the user or heir does not exist.
   */
  async delete(caller: Caller, { id, force, heir }: ParsedInputOf<typeof deleteUser>): Promise<void> {
    mustBeAdmin(caller);
    if (id === caller.id) throw new Conflict('nobody can delete themselves; ask another admin');
    const user = await this.getUser(id);
    const successor = heir === undefined ? undefined : await this.getUser(heir);
    if (successor?.key === user.key) throw new BadRequest("'heir' must be another user");
    await this.revocations.inTransaction(async (db, revoke) => {
      const left = await this.ownership.describe(db, user);
      if (left !== '' && !force) {
        throw new Conflict(
          `the user '${id}' still has ${left}; delete them first, or delete the user with ${FORCE}: then all of it is deleted, or given to an heir=<user id> (hanamictl: --heir)`,
          'in_use',
        );
      }
      if (successor) await this.ownership.transfer(db, user, successor);
      const { numUpdatedRows } = await db
        .updateTable('account')
        .set({ deleted_at: Date.now() })
        .where('key', '=', user.key)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw notFound('user', id);
      await db.deleteFrom('member').where('user_id', '=', id).execute();
      await revoke(id);
    });
    await this.ownership.deleteAll(user);
  }

  /**
   * Changes the passphrase of the caller and revokes all their tokens, that of this call too.
   * @throws Unauthorized if the present passphrase is wrong.
   */
  async changePassphrase(caller: Caller, { passphrase, new_passphrase }: ParsedInputOf<typeof changePassphrase>): Promise<void> {
    // One limit for all addresses: a stolen token must not help to guess the passphrase.
    const origin = `a token of ${caller.id}`;
    const user = await this.getUser(caller.id);
    const right = await this.delays.attempt(
      caller.id,
      origin,
      async () => (await isPassphrase(passphrase, user.passphrase_hash)) || undefined,
    );
    if (!right) throw new Unauthorized('the passphrase is wrong', 'wrong_login');
    // Another call may have changed the passphrase meanwhile.
    if (!(await this.setPassphrase(user, new_passphrase, user.passphrase_hash)))
      throw new Unauthorized('the passphrase is wrong', 'wrong_login');
  }

  /** Sets the passphrase of a user and revokes all their tokens. @throws NotFound if there is no such user. */
  async resetPassphrase(caller: Caller, { id, new_passphrase }: ParsedInputOf<typeof resetPassphrase>): Promise<void> {
    mustBeAdmin(caller);
    if (!(await this.setPassphrase(await this.getUser(id), new_passphrase))) throw notFound('user', id);
  }

  /** @param present hash to replace; default: any. Returns whether the user exists, with that hash. */
  private async setPassphrase(user: UserRow, passphrase: string, present?: string): Promise<boolean> {
    await mustBeGood(passphrase, this.rules);
    const passphrase_hash = await hashPassphrase(passphrase);
    return this.revocations.inTransaction(async (db, revoke) => {
      let query = db.updateTable('account').set({ passphrase_hash }).where('key', '=', user.key).where('deleted_at', 'is', null);
      if (present !== undefined) query = query.where('passphrase_hash', '=', present);
      const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) return false;
      await revoke(user.id);
      return true;
    });
  }

  /** Assigns a user to a project. @throws BadRequest for an unknown role, NotFound for an unknown user or project. */
  async assign(caller: Caller, { id, project_id, role, is_project_admin }: ParsedInputOf<typeof addProjectToUser>) {
    mustBeAdmin(caller);
    const { roles } = this.policy;
    if (!roles.includes(role)) {
      throw new BadRequest(
        `'role' is '${role}', which no rule of the policy names; it has ${roles.map((known) => `'${known}'`).join(', ')}`,
      );
    }
    const row = { user_id: id, project_id, role, is_project_admin };
    await this.db.transaction().execute(async (db) => {
      // Locked until the row is inserted, so that no later user or project of the same id inherits it.
      if (!(await lockRow(db, 'account', id))) throw notFound('user', id);
      if (!(await lockRow(db, 'project', project_id))) throw notFound('project', project_id);
      await unlessTaken(
        db.insertInto('member').values(row).execute(),
        `the user '${id}' is assigned to the project '${project_id}' already`,
      );
    });
    return this.answer(id);
  }

  /** Removes a user from a project, and revokes their tokens for it. @throws NotFound if they are not assigned. */
  async unassign(caller: Caller, id: string, projectId: string) {
    mustBeAdmin(caller);
    await this.getUser(id);
    await this.revocations.inTransaction(async (db, revoke) => {
      const { numDeletedRows } = await db
        .deleteFrom('member')
        .where('user_id', '=', id)
        .where('project_id', '=', projectId)
        .executeTakeFirstOrThrow();
      if (numDeletedRows === 0n) throw notFound(`assignment of the user '${id}' to the project`, projectId);
      await revoke(id, projectId);
    });
    return this.answer(id);
  }

  /** The caller's projects; for admins anyone's. */
  async listProjects(caller: Caller, id = caller.id): Promise<{ projects: Membership[] }> {
    if (id !== caller.id) mustBeAdmin(caller);
    await this.getUser(id);
    return { projects: await this.projects(id) };
  }

  private async insert(id: string, name: string, passphrase: string, isAdmin: boolean, creator: string): Promise<void> {
    const passphrase_hash = await hashPassphrase(passphrase);
    const row = {
      ...idColumns(id),
      name,
      passphrase_hash,
      is_admin: isAdmin,
      creator_id: creator,
      created_at: Date.now(),
      deleted_at: null,
    };
    await unlessIdTaken(this.db, 'user', id, this.db.insertInto('account').values(row).execute());
  }

  private find(id: string): Promise<UserRow | undefined> {
    return this.db.selectFrom('account').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst();
  }

  private async getUser(id: string): Promise<UserRow> {
    const user = await this.find(id);
    if (!user) throw notFound('user', id);
    return user;
  }

  private async projects(id: string): Promise<Membership[]> {
    const rows = await this.db.selectFrom('member').selectAll().where('user_id', '=', id).orderBy('key').execute();
    return rows.map(({ project_id, role, is_project_admin }) => ({ project_id, role, is_project_admin }));
  }

  private async answer(id: string) {
    return this.describe(await this.getUser(id));
  }

  private async describe(user: UserRow) {
    const { id, name, creator_id } = user;
    return { created_at: time(user.created_at), id, name, is_admin: user.is_admin, creator_id, projects: await this.projects(id) };
  }
}
