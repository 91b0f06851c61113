import { EventEmitter } from 'node:events';
import pLimit from 'p-limit';
import type { Database } from '../store/database.ts';
import type { Caller } from './access.ts';

/** Stands for all projects of a user. */
const ALL = '';
/** Days that revocations are kept: no token lives longer. */
const KEPT_DAYS = 366;

/**
 * Revoked tokens. Revocations are numbered, and each token holds the number of the newest one when it was made, so that no clock is needed.
 */
export class Revocations {
  private readonly events = new EventEmitter<{ revoked: [user: string, project: string] }>().setMaxListeners(0);
  /** Number of the last revocation of a user in a project. */
  private readonly last = new Map<string, number>();
  private newest = 0;
  private readonly inTurn = pLimit(1);

  constructor(private readonly db: Database) {}

  async load(): Promise<void> {
    const old = Date.now() - KEPT_DAYS * 86_400_000;
    await this.db.deleteFrom('revocation').where('created_at', '<', old).execute();
    const rows = await this.db.selectFrom('revocation').selectAll().orderBy('key').execute();
    for (const { key, user_id, project_id } of rows) this.note(key, user_id, project_id);
  }

  /** Number of the newest revocation, which new tokens hold. */
  get number(): number {
    return this.newest;
  }

  /**
   * Changes something in a transaction that also revokes tokens because of that: both are done, or neither is.
   * @param work is given the transaction, and a function that revokes all tokens of a user, or those for one project.
   */
  async inTransaction<Output>(
    work: (db: Database, revoke: (user: string, project?: string) => Promise<void>) => Promise<Output>,
  ): Promise<Output> {
    // One after the other, so that numbers are known in their order.
    return this.inTurn(async () => {
      const revoked: { key: number; user: string; project: string }[] = [];
      const output = await this.db.transaction().execute((db) =>
        work(db, async (user, project = ALL) => {
          const row = { user_id: user, project_id: project, created_at: Date.now() };
          const { key } = await db.insertInto('revocation').values(row).returning('key').executeTakeFirstOrThrow();
          revoked.push({ key, user, project });
        }),
      );
      for (const { key, user, project } of revoked) {
        this.note(key, user, project);
        // What their tokens hold open is closed.
        this.events.emit('revoked', user, project);
      }
      return output;
    });
  }

  isRevoked({ id, project_id }: Caller, known: number): boolean {
    return Math.max(this.last.get(place(id, ALL)) ?? 0, this.last.get(place(id, project_id)) ?? 0) > known;
  }

  /** Calls `end` when tokens like the caller's are revoked; returns a function that stops this. */
  watch(caller: Caller, end: () => void): () => void {
    const listener = (user: string, project: string): void => {
      if (user === caller.id && (project === ALL || project === caller.project_id)) end();
    };
    this.events.on('revoked', listener);
    return () => this.events.off('revoked', listener);
  }

  private note(key: number, user: string, project: string): void {
    this.last.set(place(user, project), key);
    this.newest = Math.max(this.newest, key);
  }
}

const place = (user: string, project: string): string => JSON.stringify([user, project]);
