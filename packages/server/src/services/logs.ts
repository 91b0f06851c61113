import {
  API_PREFIX,
  AUDIT_LOG_COLUMNS,
  ERROR_LOG_COLUMNS,
  type getAuditLog,
  type getErrorLog,
  LOG_PAGE,
  type Method,
  type ParsedInputOf,
  Unauthorized,
} from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import { type Caller, mustBeAdmin } from './access.ts';
import { table, time } from './answers.ts';

/** Characters of an entry's longest field. */
const LONGEST = 4000;
const SECRETS: readonly string[] = ['passphrase', 'new_passphrase', 'token'];
const DAY_MS = 86_400_000;

/** An internal error, for those who run the server. */
export interface Fault {
  readonly user: string;
  /** Part of the server, such as `http` or `task queue`. */
  readonly component: string;
  /** What it was about, such as an endpoint or the uuid of a task. */
  readonly context: string;
  readonly input: unknown;
  readonly message: string;
}

/** Who changed what, and what went wrong. */
export class Logs {
  constructor(private readonly db: Database) {}

  async audit(user: string, path: string, method: Method): Promise<void> {
    const endpoint = (API_PREFIX + path).slice(1);
    await this.db.insertInto('audit_log').values({ created_at: Date.now(), user_id: user, endpoint, request_type: method }).execute();
  }

  async fault({ user, component, context, input, message }: Fault): Promise<void> {
    const input_values = (JSON.stringify(input, withoutSecrets) ?? '').slice(0, LONGEST);
    await this.db
      .insertInto('error_log')
      .values({ created_at: Date.now(), user_id: user, component, context, input_values, message: message.slice(0, LONGEST) })
      .execute();
  }

  /** One's own entries; admins see all, or those of one user. */
  async listAudit(caller: Caller, { user_id, page }: ParsedInputOf<typeof getAuditLog>) {
    if (!caller.is_admin && user_id !== undefined && user_id !== caller.id) {
      throw new Unauthorized(`only admins may see what '${user_id}' did`);
    }
    const user = caller.is_admin ? user_id : caller.id;
    let query = this.db.selectFrom('audit_log').selectAll();
    if (user !== undefined) query = query.where('user_id', '=', user);
    const rows = await query
      .orderBy('key', 'desc')
      .limit(LOG_PAGE)
      .offset(page * LOG_PAGE)
      .execute();
    return table(
      AUDIT_LOG_COLUMNS,
      rows.map((row) => ({ ...row, created_at: time(row.created_at) })),
    );
  }

  async listErrors(caller: Caller, { user_id, page }: ParsedInputOf<typeof getErrorLog>) {
    mustBeAdmin(caller);
    let query = this.db.selectFrom('error_log').selectAll();
    if (user_id !== undefined) query = query.where('user_id', '=', user_id);
    const rows = await query
      .orderBy('key', 'desc')
      .limit(LOG_PAGE)
      .offset(page * LOG_PAGE)
      .execute();
    return table(
      ERROR_LOG_COLUMNS,
      rows.map((row) => ({ ...row, created_at: time(row.created_at) })),
    );
  }

  /** Removes entries that are older than `days`. */
  async removeOld(days: number): Promise<void> {
    const limit = Date.now() - days * DAY_MS;
    await this.db.deleteFrom('audit_log').where('created_at', '<', limit).execute();
    await this.db.deleteFrom('error_log').where('created_at', '<', limit).execute();
  }
}

function withoutSecrets(key: string, value: unknown): unknown {
  return SECRETS.includes(key) ? '***' : value;
}
