import { sql } from 'kysely';
import { ConfigError, shownLocation } from '../config.ts';
import { type Database, runsOnPostgres } from '../store/database.ts';
import { withoutNul } from '../store/faults.ts';
import type { Tables } from '../store/tables.ts';

/** What the rows of each table are known by; a table comes after those that it refers to. */
const KEYS = {
  account: 'key',
  project: 'key',
  member: 'key',
  dataset: 'uuid',
  upload: 'uuid',
  cluster: 'uuid',
  task: 'key',
  checkpoint: 'uuid',
  csv_index: 'dataset_uuid',
  session: 'uuid',
  host: 'uuid',
  audit_log: 'key',
  error_log: 'key',
  revocation: 'key',
  quota: 'project_id',
} as const satisfies Record<keyof Tables, string>;

const TABLES = Object.entries(KEYS) as [keyof Tables, string][];

/** Rows of one statement. */
const TOGETHER = 500;

/** @throws ConfigError if a database holds anything. */
export async function mustBeEmpty(db: Database, location: string): Promise<void> {
  for (const [table] of TABLES) {
    const { count } = await db
      .selectFrom(table)
      .select(({ fn }) => fn.countAll<number>().as('count'))
      .executeTakeFirstOrThrow();
    if (Number(count) > 0)
      throw new ConfigError(
        `the database ${shownLocation(location)} is not empty: its table '${table}' has ${count} rows; give an empty one`,
      );
  }
}

/** Copies all rows as of one moment into an empty database: all of them, or none. Returns their number. */
export async function copyRows(from: Database, to: Database): Promise<number> {
  let count = 0;
  await to.transaction().execute(async (target) => {
    await from
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (source) => {
        for (const [table, key] of TABLES) count += await copyTable(source, target, table, key);
      });
  });
  return count;
}

async function copyTable(source: Database, target: Database, table: keyof Tables, key: string): Promise<number> {
  const by = sql.ref<string | number>(key);
  let last: string | number | undefined;
  for (let count = 0; ; ) {
    let query = source.selectFrom(table).selectAll().orderBy(by).limit(TOGETHER);
    if (last !== undefined) query = query.where(by, '>', last);
    const rows: Record<string, unknown>[] = await query.execute();
    if (rows.length === 0) {
      // Later rows go on behind the highest key.
      if (key === 'key' && count > 0 && runsOnPostgres(target))
        await sql`SELECT setval(pg_get_serial_sequence(${table}, ${key}), ${last})`.execute(target);
      return count;
    }
    await target
      .insertInto(table)
      .values((runsOnPostgres(target) ? rows.map(withoutNuls) : rows) as never)
      .execute();
    count += rows.length;
    last = rows.at(-1)?.[key] as string | number;
  }
}

/** SQLite holds texts with a character that PostgreSQL does not. */
function withoutNuls(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'string' ? withoutNul(value) : value]));
}
