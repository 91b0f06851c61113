// PostgreSQL behind Kysely: a database of its own, that others look after.
import { setTimeout as delay } from 'node:timers/promises';
import { PostgresDialect } from 'kysely';
import pg from 'pg';
import { shownLocation } from '../config.ts';

/** Milliseconds within which a connection is there, and for which calls wait for a database that is away. */
const CONNECT_MS = 5000;
/** Milliseconds between two tries to reach a database that is away. */
const AGAIN_MS = 500;
/** Milliseconds between two looks whether the connection that holds the place is still there. */
const LOOK_MS = 5000;
/** Milliseconds for PostgreSQL to notice that the last server has ended. */
const NOTICE_MS = 3000;
/** Milliseconds after which a statement is given up. */
const STATEMENT_MS = 120_000;
/** Key of the advisory lock that a server holds: "hanami" as a number. */
const LOCK = 0x68616e616d69;

/** Types whose values are numbers here: int8 and numeric. All that is counted stays below 2^53. */
const NUMBERS: readonly number[] = [pg.types.builtins.INT8, pg.types.builtins.NUMERIC];

/** The database cannot be reached. */
export class DatabaseAway extends Error {
  override name = 'DatabaseAway';
}

const away = (error: unknown): DatabaseAway =>
  new DatabaseAway(
    `the database cannot be reached: ${error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : error}`,
  );

/** A connection's settings. */
function settingsOf(location: string): pg.ClientConfig {
  return {
    connectionString: location,
    application_name: 'hanami',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    // Of a network that is cut nothing is heard.
    query_timeout: STATEMENT_MS + CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // PostgreSQL notices as soon that a server is gone without a word, and gives its place to another one.
    options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3',
    types: {
      getTypeParser: ((oid: number, format) =>
        NUMBERS.includes(oid) ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  };
}

/** Cuts a connection, without a word to the other side. */
function cut(client: object): void {
  (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
}

/** What a server is told of its place. */
export interface PlaceEvents {
  /** Another server has taken the database while it could not be reached: nothing may be written any more. */
  onTaken(): void;
}

/**
 * The only server's place at a database: an advisory lock, which PostgreSQL gives back when the connection that took it ends.
 * A server whose connection is lost takes it again as soon as the database is back; statements wait for that.
 */
class Place {
  private client: pg.Client | undefined;
  private isClosed = false;
  /** While the place is lost: resolves when it is taken again. */
  private taking: Promise<void> | undefined;

  constructor(
    private readonly location: string,
    private readonly events: PlaceEvents,
  ) {}

  /** @throws Error if another server has it, DatabaseAway if the database cannot be reached. */
  async take(): Promise<void> {
    const client = new pg.Client(settingsOf(this.location));
    client.on('error', () => {});
    try {
      await client.connect();
      const latest = performance.now() + NOTICE_MS;
      while (!(await client.query('SELECT pg_try_advisory_lock($1) AS mine', [LOCK])).rows[0]?.mine) {
        if (performance.now() > latest) throw new Error(`the database ${shownLocation(this.location)} is in use by another server`);
        await delay(AGAIN_MS / 5);
      }
    } catch (error) {
      await client.end().catch(() => {});
      throw error;
    }
    this.client = client;
    const looking = setInterval(() => void this.look(client), LOOK_MS);
    looking.unref();
    client.on('end', () => {
      clearInterval(looking);
      this.lost();
    });
  }

  /** Asks whether the connection is still there: one that is cut says nothing by itself. */
  private async look(client: pg.Client): Promise<void> {
    await client.query({ text: 'SELECT 1', query_timeout: CONNECT_MS } as pg.QueryConfig).catch(() => cut(client));
  }

  /** Resolves once this server has its place. @throws DatabaseAway if that takes too long. */
  async held(): Promise<void> {
    if (!this.taking) return;
    const gaveUp = new AbortController();
    try {
      await Promise.race([
        this.taking,
        delay(CONNECT_MS, undefined, { signal: gaveUp.signal }).then(() => {
          throw away('the connection was lost');
        }),
      ]);
    } finally {
      gaveUp.abort();
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.client?.end().catch(() => {});
  }

  private lost(): void {
    this.client = undefined;
    if (this.isClosed) return;
    this.taking = this.takeAgain().finally(() => {
      this.taking = undefined;
    });
    // Whoever waits for it is told; nobody may.
    this.taking.catch(() => {});
  }

  private async takeAgain(): Promise<void> {
    while (!this.isClosed) {
      try {
        return await this.take();
      } catch (error) {
        if (/in use by another server/.test(String(error))) {
          this.events.onTaken();
          throw error;
        }
        await delay(AGAIN_MS, undefined, { ref: false });
      }
    }
  }
}

/** Statements of a connection that PostgreSQL keeps, so that it parses each once. */
const MOST_PREPARED = 500;
const names = new Map<string, string>();

/** Gives the statements of a connection names, by which PostgreSQL knows them again; a connection that breaks in the midst of one is no fault of ours. */
function prepare(client: pg.PoolClient): void {
  // Who waits for its answer is told; without a listener the process would end.
  client.on('error', () => {});
  const query = client.query.bind(client) as (config: pg.QueryConfig) => Promise<pg.QueryResult>;
  const named = (text: string, values: unknown[] = []): Promise<pg.QueryResult> => {
    let name = names.get(text);
    if (name === undefined && values.length > 0 && names.size < MOST_PREPARED) {
      name = `statement_${names.size}`;
      names.set(text, name);
    }
    const result = query({ text, values, ...(name === undefined ? {} : { name }) });
    return result.catch((error) => {
      // It is still busy with what nobody waits for any more.
      if (/Query read timeout/.test(String(error))) cut(client);
      throw error;
    });
  };
  Object.assign(client, { query: named });
}

/**
 * A database that others may read, at `postgres://user:password@host:port/name?sslmode=…`.
 * @param events left out: only reads, also beside a server.
 * @throws Error if another server uses it, DatabaseAway if it cannot be reached.
 */
export async function postgres(location: string, events?: PlaceEvents): Promise<PostgresDialect> {
  const place = events && new Place(location, events);
  try {
    await place?.take();
  } catch (error) {
    if (/in use by another server/.test(String(error))) throw error;
    throw new DatabaseAway(
      `the database ${shownLocation(location)} cannot be reached: ${(error as Error).message || (error as NodeJS.ErrnoException).code}`,
    );
  }
  const pool = new pg.Pool(settingsOf(location));
  // A connection that breaks while nobody uses it is replaced.
  pool.on('error', () => {});
  pool.on('connect', prepare);
  return new PostgresDialect({
    pool: {
      options: pool.options,
      Client: pg.Client,
      async connect() {
        await place?.held();
        return await pool.connect().catch((error) => {
          throw away(error);
        });
      },
      async end() {
        // A connection that hears nothing does not hold up the end of the server.
        await Promise.race([pool.end(), delay(CONNECT_MS, undefined, { ref: false })]);
        await place?.close();
      },
    },
  });
}
