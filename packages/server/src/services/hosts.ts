import { randomUUID } from 'node:crypto';
import { HOST_COLUMNS, type Search } from '@openhanami/contract';
import type { HostPool } from '../hosts/pool.ts';
import type { Database } from '../store/database.ts';
import { table } from './answers.ts';

/** The logical hosts of this server. */
export class Hosts {
  constructor(private readonly pool: HostPool) {}

  list({ limit = Number.POSITIVE_INFINITY, offset, order, name = '' }: Search) {
    const hosts = this.pool.usage().filter(({ uuid }) => uuid.includes(name.toLowerCase()));
    if (order === 'newest') hosts.reverse();
    if (order === 'name') hosts.sort((a, b) => a.uuid.localeCompare(b.uuid));
    return table(
      HOST_COLUMNS,
      hosts.slice(offset, offset + limit).map((host) => ({ ...host, type: 'cpu', load: Number(host.load.toFixed(3)) })),
      hosts.length,
    );
  }
}

/** Uuids of `count` hosts, sorted; they stay the same over restarts. */
export async function hostUuids(db: Database, count: number): Promise<string[]> {
  const known = await db.selectFrom('host').select('uuid').orderBy('uuid').execute();
  const uuids = known.map(({ uuid }) => uuid).slice(0, count);
  while (uuids.length < count) {
    const uuid = randomUUID();
    await db.insertInto('host').values({ uuid, type: 'cpu' }).execute();
    uuids.push(uuid);
  }
  return uuids.sort();
}
