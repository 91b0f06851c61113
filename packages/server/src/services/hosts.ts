import { randomUUID } from 'node:crypto';
import { HOST_COLUMNS } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import { table } from './answers.ts';

/** The logical hosts of this server; they keep their uuids over restarts. */
export class Hosts {
  constructor(private readonly db: Database) {}

  /** The uuid of the host that this process is; made at the first start. */
  async own(): Promise<string> {
    const known = await this.db.selectFrom('host').select('uuid').executeTakeFirst();
    if (known) return known.uuid;
    const uuid = randomUUID();
    await this.db.insertInto('host').values({ uuid, type: 'cpu' }).execute();
    return uuid;
  }

  async list() {
    return table(HOST_COLUMNS, await this.db.selectFrom('host').selectAll().execute());
  }
}
