import { createHash } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  API_PREFIX,
  AUDIT_LOG_COLUMNS,
  ERROR_LOG_COLUMNS,
  type getAuditLog,
  type getErrorLog,
  LOG_PAGE,
  type Method,
  type ParsedInputOf,
  type Search,
  Unauthorized,
} from '@openhanami/contract';
import { type Selectable, type SqlBool, sql } from 'kysely';
import type { Database } from '../store/database.ts';
import { withoutNul } from '../store/faults.ts';
import type { AuditLogTable } from '../store/tables.ts';
import { type Caller, mustBeAdmin } from './access.ts';
import { holds, partOf, table, time } from './answers.ts';

/** Characters of an entry's longest field. */
const LONGEST = 4000;
const LONGEST_OBJECT = 300;
const SECRETS: readonly string[] = ['passphrase', 'new_passphrase', 'token'];
const DAY_MS = 86_400_000;

/** An internal error, for the error log. */
export interface Fault {
  readonly user: string;
  /** Part of the server, such as `http` or `task queue`. */
  readonly component: string;
  /** What it was about, such as an endpoint or the uuid of a task. */
  readonly context: string;
  readonly input: unknown;
  readonly message: string;
}

/** A call, for the audit log. */
export interface Call {
  readonly user: string;
  /** Of the user, if known. */
  readonly key?: number;
  readonly path: string;
  readonly method: Method;
  readonly status: number;
  readonly address: string;
  /** Uuid or id of what it was about; empty if none. */
  readonly object: string;
}

type Hashed = Omit<Selectable<AuditLogTable>, 'key' | 'hash'>;

/** An entry that is to be written, and who waits for that. */
interface Waiting {
  readonly row: Hashed;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Entries of one statement. */
const MOST_TOGETHER = 500;

/** Hash of an entry and the previous entry's hash: whoever changes or removes an entry has to change all later hashes. */
export function hashOf(before: string, { created_at, user_id, user_key, endpoint, request_type, status, address, object }: Hashed): string {
  const entry = [before, created_at, user_id, user_key, endpoint, request_type, status, address, object];
  return createHash('sha256').update(JSON.stringify(entry)).digest('hex');
}

/** Columns in which a text is looked for. */
const SEARCHED = {
  audit: ['user_id', 'endpoint', 'request_type', 'address', 'object'],
  errors: ['user_id', 'component', 'context', 'message'],
} as const;

/** Entries in which a text is looked for: each is read for that. */
const MOST_SEARCHED = 20_000;

/** Whether an entry is one of the newest. */
const isNew = (log: 'audit_log' | 'error_log') =>
  sql<SqlBool>`key > (SELECT coalesce(max(key), 0) FROM ${sql.table(log)}) - ${MOST_SEARCHED}`;

/** The audit log and the error log. */
export class Logs {
  /** Entries that are not written yet, in order: those of calls that end together are written together. */
  private readonly waiting: Waiting[] = [];
  private isWriting = false;
  /** Hash of the newest entry, once it is known. */
  private last: string | undefined;

  constructor(
    private readonly db: Database,
    /** File that entries of the audit log are appended to as lines of JSON; empty: none. */
    private readonly file: string,
  ) {}

  /** Records a call when it has ended, before its answer is sent. */
  async audit({ user, key, path, method, status, address, object }: Call): Promise<void> {
    const row = {
      created_at: Date.now(),
      user_id: withoutNul(user),
      user_key: key ?? (await this.keyOf(user)),
      endpoint: (API_PREFIX + path).slice(1),
      request_type: method,
      status,
      address,
      object: withoutNul(object.slice(0, LONGEST_OBJECT)),
    };
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.waiting.push({ row, resolve, reject });
    if (!this.isWriting) void this.writeAll();
    return promise;
  }

  /** Writes the entries that wait, and those that come meanwhile. */
  private async writeAll(): Promise<void> {
    this.isWriting = true;
    await nextTurn();
    while (this.waiting.length > 0) {
      const together = this.waiting.splice(0, MOST_TOGETHER);
      try {
        await this.write(together.map(({ row }) => row));
        for (const { resolve } of together) resolve();
      } catch (error) {
        // Whether they were written is asked the next time.
        this.last = undefined;
        for (const { reject } of together) reject(error);
      }
    }
    this.isWriting = false;
  }

  private async write(rows: readonly Hashed[]): Promise<void> {
    let last = this.last ?? (await this.newestHash());
    const entries = rows.map((row) => {
      last = hashOf(last, row);
      return { ...row, hash: last };
    });
    await this.db.insertInto('audit_log').values(entries).execute();
    this.last = last;
    if (this.file === '') return;
    const lines = entries.map((entry) => `${JSON.stringify({ ...entry, created_at: time(entry.created_at) })}\n`);
    // Opened each time, so that the file can be rotated.
    await appendFile(this.file, lines.join(''), { mode: 0o600 });
  }

  private async newestHash(): Promise<string> {
    const newest = await this.db.selectFrom('audit_log').select('hash').orderBy('key', 'desc').limit(1).executeTakeFirst();
    return newest?.hash ?? '';
  }

  private async keyOf(user: string): Promise<number> {
    const row = await this.db.selectFrom('account').select('key').where('id', '=', user).where('deleted_at', 'is', null).executeTakeFirst();
    return row?.key ?? 0;
  }

  async fault({ user, component, context, input, message }: Fault): Promise<void> {
    const input_values = (JSON.stringify(input, withoutSecrets) ?? '').slice(0, LONGEST);
    await this.db
      .insertInto('error_log')
      .values({ created_at: Date.now(), user_id: user, component, context, input_values, message: withoutNul(message.slice(0, LONGEST)) })
      .execute();
  }

  /** The caller's entries; for admins all, or those of one user. @throws Unauthorized for entries of others. */
  async listAudit(caller: Caller, { user_id, text, ...part }: ParsedInputOf<typeof getAuditLog>) {
    if (!caller.is_admin && user_id !== undefined && user_id !== caller.id) {
      throw new Unauthorized(`only admins may see what '${user_id}' did`);
    }
    let query = this.db.selectFrom('audit_log').select(AUDIT_LOG_COLUMNS);
    // Entries of an earlier user with the same id are not the caller's.
    if (!caller.is_admin) query = query.where('user_key', '=', caller.key);
    else if (user_id !== undefined) query = query.where('user_id', '=', user_id);
    if (text !== undefined)
      query = query.where(isNew('audit_log')).where(({ or }) => or(SEARCHED.audit.map((column) => holds(column, text))));
    const { rows, total } = await partOf(query, newestOf(part), ['key']);
    return table(
      AUDIT_LOG_COLUMNS,
      rows.map((row) => ({ ...row, created_at: time(row.created_at) })),
      total,
    );
  }

  async listErrors(caller: Caller, { user_id, text, ...part }: ParsedInputOf<typeof getErrorLog>) {
    mustBeAdmin(caller);
    let query = this.db.selectFrom('error_log').select(ERROR_LOG_COLUMNS);
    if (user_id !== undefined) query = query.where('user_id', '=', user_id);
    if (text !== undefined)
      query = query.where(isNew('error_log')).where(({ or }) => or(SEARCHED.errors.map((column) => holds(column, text))));
    const { rows, total } = await partOf(query, newestOf(part), ['key']);
    return table(
      ERROR_LOG_COLUMNS,
      rows.map((row) => ({ ...row, created_at: time(row.created_at) })),
      total,
    );
  }

  /** Removes entries that are older than `days`. */
  async removeOld(days: number): Promise<void> {
    const limit = Date.now() - days * DAY_MS;
    await this.db.deleteFrom('audit_log').where('created_at', '<', limit).execute();
    await this.db.deleteFrom('error_log').where('created_at', '<', limit).execute();
  }
}

/** The page, newest entries first. */
function newestOf({ page, limit, offset = page * LOG_PAGE }: Omit<ParsedInputOf<typeof getAuditLog>, 'user_id'>): Search {
  return { limit, offset, order: 'newest' };
}

function withoutSecrets(key: string, value: unknown): unknown {
  return SECRETS.includes(key) ? '***' : value;
}
