import type { Database } from '../store/database.ts';
import { type Files, remove } from '../store/files.ts';
import type { CheckpointRow } from '../store/tables.ts';
import { type Caller, mustOwn, notFound, visibleTo } from './access.ts';
import { resourceAnswer, resourceList } from './answers.ts';

/** Saved states of clusters. */
export class Checkpoints {
  constructor(
    private readonly db: Database,
    private readonly files: Files,
  ) {}

  async insert(row: CheckpointRow): Promise<void> {
    await this.db.insertInto('checkpoint').values(row).execute();
  }

  async get(caller: Caller, uuid: string) {
    const row = await this.must(caller, uuid);
    return { ...resourceAnswer(row), location: this.files.checkpoint(uuid), size: row.size, cluster_uuid: row.cluster_uuid };
  }

  async list(caller: Caller) {
    return resourceList(await this.db.selectFrom('checkpoint').selectAll().where(visibleTo(caller)).orderBy('created_at').execute());
  }

  async delete(caller: Caller, uuid: string): Promise<void> {
    const row = await this.must(caller, uuid);
    mustOwn(caller, row, `checkpoint '${uuid}'`);
    await this.db.updateTable('checkpoint').set({ deleted_at: Date.now() }).where('uuid', '=', uuid).execute();
    await remove(this.files.checkpoint(uuid));
  }

  async must(caller: Caller, uuid: string): Promise<CheckpointRow> {
    const row = await this.db.selectFrom('checkpoint').selectAll().where('uuid', '=', uuid).where(visibleTo(caller)).executeTakeFirst();
    if (!row) throw notFound('checkpoint', uuid);
    return row;
  }
}
