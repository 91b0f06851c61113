import { randomUUID } from 'node:crypto';
import { TooLarge, type UploadedFile } from '@openhanami/contract';
import { KeyedMutex } from '../keyed-mutex.ts';
import type { Database } from '../store/database.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { UploadRow, UploadTable } from '../store/tables.ts';
import { type Caller, mustOwn, notFound, visibleTo } from './access.ts';
import { time } from './answers.ts';
import type { HangUp } from './hang-up.ts';
import { covers, OpenUpload, type Range } from './open-upload.ts';
import type { Policy } from './policy.ts';

/** Most listed uploads of data sets, and of checkpoints. */
const MOST_UPLOADS = 1000;

/** Files that are being uploaded: access to them, and which bytes have arrived. */
export class Uploads {
  private readonly open = new Map<string, OpenUpload>();
  /** Files are opened and closed one after the other. */
  private readonly mutex = new KeyedMutex();

  constructor(
    private readonly db: Database,
    private readonly objects: Objects,
    private readonly policy: Policy,
    /** Most bytes of a file. */
    private readonly limit: number,
  ) {}

  /** Checks sizes of announced files. @throws TooLarge if one exceeds the limit. */
  mustTake(...sizes: readonly number[]): void {
    const size = Math.max(...sizes);
    if (size > this.limit)
      throw new TooLarge(`a file of ${size} bytes is too large; the server takes up to ${this.limit} (http.upload_limit)`);
  }

  /** Announces one file of a data set or checkpoint, in the transaction that adds it; returns its uuid. */
  async announce(
    db: Database,
    resource: string,
    kind: UploadTable['kind'],
    part: UploadTable['part'],
    size: number,
    fingerprint: string | undefined,
  ): Promise<string> {
    const uuid = randomUUID();
    await db
      .insertInto('upload')
      .values({ uuid, resource_uuid: resource, kind, part, size, received: '[]', touched_at: Date.now(), fingerprint: fingerprint ?? null })
      .execute();
    return uuid;
  }

  of(resource: string): Promise<UploadRow[]> {
    return this.db.selectFrom('upload').selectAll().where('resource_uuid', '=', resource).execute();
  }

  /** Which bytes of a data set's or checkpoint's files have arrived. @throws NotFound if there is no such upload. */
  async progress(caller: Caller, uuid: string): Promise<{ uuid: string; complete: boolean; files?: UploadedFile[] }> {
    for (const table of ['dataset', 'checkpoint'] as const) {
      const row = await this.db.selectFrom(table).select('complete').where('uuid', '=', uuid).where(visibleTo(caller)).executeTakeFirst();
      if (!row) continue;
      if (row.complete) return { uuid, complete: true };
      const files = (await this.of(uuid)).map((upload) => this.describe(upload));
      return { uuid, complete: files.every(({ received, size }) => covers(received, size)), files };
    }
    throw notFound('upload', uuid);
  }

  /** The unfinished uploads of the caller, in the project of the token, the newest first. */
  async list(caller: Caller) {
    const uploads = [];
    for (const table of ['dataset', 'checkpoint'] as const) {
      const rows = await this.db
        .selectFrom(table)
        .select(['uuid', 'name', 'created_at'])
        .where('owner_key', '=', caller.key)
        .where('project_id', '=', caller.project_id)
        .where('complete', '=', false)
        .where('deleted_at', 'is', null)
        .orderBy('created_at', 'desc')
        .limit(MOST_UPLOADS)
        .execute();
      for (const { uuid, name, created_at } of rows) {
        const files = await this.of(uuid);
        const [first] = files;
        if (first)
          uploads.push({ created_at: time(created_at), uuid, name, kind: first.kind, files: files.map((file) => this.describe(file)) });
      }
    }
    return { uploads };
  }

  private describe({ uuid, part, size, received, fingerprint }: UploadRow): UploadedFile {
    const ranges = this.open.get(uuid)?.received ?? (JSON.parse(received) as Range[]);
    return {
      uuid,
      part,
      size,
      received: ranges.map(([start, end]): Range => [start, end]),
      ...(fingerprint === null ? {} : { fingerprint }),
    };
  }

  /** Whether all bytes of a file have arrived; if so, they can be read. */
  async isComplete({ uuid }: Pick<UploadRow, 'uuid'>): Promise<boolean> {
    const opened = this.open.get(uuid);
    const row = await this.db.selectFrom('upload').select(['received', 'size']).where('uuid', '=', uuid).executeTakeFirst();
    if (!row || !covers(opened?.received ?? JSON.parse(row.received), row.size)) return false;
    // A store may keep back what is not flushed. Behind the last connection the file is closed meanwhile, or is flushed and closed next.
    await this.mutex.runExclusive(uuid, async () => this.open.get(uuid)?.syncProgress());
    return true;
  }

  /**
   * Opens a file for one connection. Several connections share it.
   * @throws NotFound if the upload is not visible, Unauthorized if the caller may not write it.
   */
  async attach(caller: Caller, uuid: string, hangUp: HangUp): Promise<OpenUpload> {
    const upload = await this.db.selectFrom('upload').selectAll().where('uuid', '=', uuid).executeTakeFirst();
    const resource =
      upload &&
      (await this.db
        .selectFrom(tableOf(upload))
        .select(['uuid', 'owner_id', 'owner_key', 'project_id'])
        .where('uuid', '=', upload.resource_uuid)
        .where(visibleTo(caller))
        .executeTakeFirst());
    if (!upload || !resource) throw notFound('upload', uuid);
    mustOwn(caller, resource, `upload '${uuid}'`);
    this.policy.mustAllow(caller, upload.kind === 'checkpoint' ? '/checkpoint/upload' : `/dataset/upload/${upload.kind}`, 'POST');
    // Two connections may come at once, or one while the file is closed behind another.
    return this.mutex.runExclusive(uuid, async () => {
      const opened = this.open.get(uuid) ?? (await this.stage(uuid, resource.project_id));
      this.open.set(uuid, opened);
      opened.connections.add(hangUp);
      return opened;
    });
  }

  /** Opens a file that is not open. @throws NotFound if the upload is gone. */
  private async stage(uuid: string, project: string): Promise<OpenUpload> {
    const upload = await this.db.selectFrom('upload').select(['received', 'size']).where('uuid', '=', uuid).executeTakeFirst();
    if (!upload) throw notFound('upload', uuid);
    const staged = await this.objects.of(project).stage(keyOf.upload(uuid), upload.received === '[]', upload.size);
    return new OpenUpload(uuid, upload.size, JSON.parse(upload.received), staged, (received) => this.note(uuid, received));
  }

  /** Removes a connection; after the last one, records progress and closes the file. */
  async detach(opened: OpenUpload, hangUp: HangUp): Promise<void> {
    opened.connections.delete(hangUp);
    if (opened.connections.size > 0) return;
    await opened.syncProgress();
    await this.mutex.runExclusive(opened.uuid, async () => {
      // Another connection may have come in the meantime.
      if (opened.connections.size > 0) return;
      this.open.delete(opened.uuid);
      await opened.close();
    });
  }

  private async note(uuid: string, received: readonly Range[]): Promise<void> {
    await this.db
      .updateTable('upload')
      .set({ received: JSON.stringify(received), touched_at: Date.now() })
      .where('uuid', '=', uuid)
      .execute();
  }

  /** Removes the files and rows of a resource's uploads, and closes their connections. */
  async forget(resource: string): Promise<void> {
    await this.removeFiles(await this.deleteRows(this.db, resource));
  }

  /** Removes the rows of a resource's uploads, in a transaction; returns the uuids of their files. */
  async deleteRows(db: Database, resource: string): Promise<string[]> {
    const rows = await db.deleteFrom('upload').where('resource_uuid', '=', resource).returning('uuid').execute();
    return rows.map(({ uuid }) => uuid);
  }

  /** Removes the files of uploads that have no rows any more. */
  async removeFiles(uuids: readonly string[]): Promise<void> {
    for (const uuid of uuids)
      await this.mutex.runExclusive(uuid, async () => {
        const opened = this.open.get(uuid);
        await opened?.end();
        // One whose last connection could not store what it had is still open.
        if (opened?.connections.size === 0) {
          this.open.delete(uuid);
          await opened.close();
        }
        await this.objects.remove(keyOf.upload(uuid));
      });
  }

  /** Removes uploads that were idle for `minutes`, and their unfinished resources. Returns how many. */
  async removeIdle(minutes: number): Promise<number> {
    const idle = await this.db
      .selectFrom('upload')
      .select(['resource_uuid', 'kind'])
      .distinct()
      .where('touched_at', '<', Date.now() - minutes * 60_000)
      .execute();
    let removed = 0;
    for (const { resource_uuid, kind } of idle) {
      const uploads = await this.of(resource_uuid);
      if (uploads.some(({ uuid }) => (this.open.get(uuid)?.connections.size ?? 0) > 0)) continue;
      await this.db
        .updateTable(tableOf({ kind }))
        .set({ deleted_at: Date.now() })
        .where('uuid', '=', resource_uuid)
        .where('complete', '=', false)
        .execute();
      await this.forget(resource_uuid);
      removed++;
    }
    return removed;
  }
}

/** Table of the resource that an upload becomes. */
function tableOf({ kind }: Pick<UploadRow, 'kind'>): 'dataset' | 'checkpoint' {
  return kind === 'checkpoint' ? 'checkpoint' : 'dataset';
}
