import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { type endSession, type listSessions, type NotFound, type ParsedInputOf, SESSION_COLUMNS, Unauthorized } from '@openhanami/contract';
import type { Config } from '../config.ts';
import type { Database } from '../store/database.ts';
import type { UserRow } from '../store/tables.ts';
import { type Caller, notFound } from './access.ts';
import { holds, partOf, table, time } from './answers.ts';

/** Milliseconds that sessions are kept after the last of their tokens has expired. */
const KEPT_MS = 86_400_000;

/** Sessions: a login, and all tokens that are renewed from its first one. */
export class Sessions {
  private readonly events = new EventEmitter<{ ended: [session: string] }>().setMaxListeners(0);
  /** Sessions that were ended before their tokens expired; the table is the source of truth. */
  private readonly ended = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly auth: Pick<Config['auth'], 'token_expire_time' | 'session_limit'>,
  ) {}

  async load(): Promise<void> {
    await this.db
      .deleteFrom('session')
      .where('expires_at', '<', Date.now() - KEPT_MS)
      .execute();
    const rows = await this.db.selectFrom('session').select('uuid').where('ended_at', 'is not', null).execute();
    for (const { uuid } of rows) this.ended.add(uuid);
  }

  /** Records a login; returns the uuid of its session. */
  async begin({ key, id }: UserRow, address: string): Promise<string> {
    const uuid = randomUUID();
    const now = Date.now();
    await this.db
      .insertInto('session')
      .values({
        uuid,
        user_key: key,
        user_id: id,
        address,
        created_at: now,
        expires_at: now + this.auth.token_expire_time * 1000,
        ended_at: null,
      })
      .execute();
    return uuid;
  }

  /** Continues a session with another token. @throws Unauthorized if it has ended or exceeds auth.session_limit. */
  async renew(uuid: string): Promise<string> {
    const row = await this.db.selectFrom('session').selectAll().where('uuid', '=', uuid).executeTakeFirst();
    if (!row || row.ended_at !== null) throw new Unauthorized('the session has ended; log in again', 'session_ended');
    const { session_limit, token_expire_time } = this.auth;
    if (session_limit > 0 && Date.now() - row.created_at > session_limit * 1000) {
      throw new Unauthorized('the session has lasted as long as it may (auth.session_limit); log in again', 'session_ended');
    }
    await this.db
      .updateTable('session')
      .set({ expires_at: Date.now() + token_expire_time * 1000 })
      .where('uuid', '=', uuid)
      .execute();
    return uuid;
  }

  hasEnded(uuid: string): boolean {
    return this.ended.has(uuid);
  }

  /** Calls `end` when a session ends; returns a function that stops this. */
  watch(uuid: string, end: () => void): () => void {
    const listener = (ended: string): void => {
      if (ended === uuid) end();
    };
    this.events.on('ended', listener);
    return () => this.events.off('ended', listener);
  }

  /** The caller's sessions; for admins all, or those of a user. @throws Unauthorized for sessions of others. */
  async list(caller: Caller, { user_id, name, ...part }: ParsedInputOf<typeof listSessions>) {
    if (user_id !== undefined && user_id !== caller.id && !caller.is_admin) {
      throw new Unauthorized(`only admins may see the sessions of '${user_id}'`);
    }
    let query = this.db.selectFrom('session').selectAll().where('ended_at', 'is', null).where('expires_at', '>', Date.now());
    if (!caller.is_admin) query = query.where('user_key', '=', caller.key);
    else if (user_id !== undefined) query = query.where('user_id', '=', user_id);
    // A session is called as its user.
    if (name !== undefined) query = query.where(holds('user_id', name));
    const { rows, total } = await partOf(query, part, ['created_at', 'uuid'], 'user_id');
    return table(
      SESSION_COLUMNS,
      rows.map((row) => ({
        ...row,
        created_at: time(row.created_at),
        expires_at: time(row.expires_at),
        current: row.uuid === caller.session,
      })),
      total,
    );
  }

  /** Ends a session of the caller, or (admins) of any user, and closes what its tokens hold open. @throws NotFound if there is none. */
  async end(caller: Caller, { uuid }: ParsedInputOf<typeof endSession>): Promise<void> {
    let query = this.db.updateTable('session').set({ ended_at: Date.now() }).where('uuid', '=', uuid).where('ended_at', 'is', null);
    if (!caller.is_admin) query = query.where('user_key', '=', caller.key);
    const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw notFound('session', uuid) satisfies NotFound;
    this.ended.add(uuid);
    this.events.emit('ended', uuid);
  }
}
