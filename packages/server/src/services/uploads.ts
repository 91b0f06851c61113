import { randomUUID } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { BadRequest, TooLarge } from '@openhanami/contract';
import type { Database } from '../store/database.ts';
import { type Files, remove } from '../store/files.ts';
import type { UploadRow, UploadTable } from '../store/tables.ts';
import { type Caller, mustOwn, notFound, visibleTo } from './access.ts';

type Range = [start: number, end: number];

/** Files that are being uploaded: who may write which bytes, and which have arrived. */
export class Uploads {
  private readonly open = new Map<string, OpenUpload>();

  constructor(
    private readonly db: Database,
    private readonly files: Files,
    /** Most bytes of a file. */
    private readonly limit: number,
  ) {}

  /** @throws TooLarge for files that are not taken, before anything is noted of them. */
  mustTake(...sizes: readonly number[]): void {
    const size = Math.max(...sizes);
    if (size > this.limit)
      throw new TooLarge(`a file of ${size} bytes is too large; the server takes up to ${this.limit} (http.upload_limit)`);
  }

  /** Announces one file of a data set or checkpoint; returns its uuid. */
  async announce(resource: string, kind: UploadTable['kind'], part: UploadTable['part'], size: number): Promise<string> {
    const uuid = randomUUID();
    await this.db
      .insertInto('upload')
      .values({ uuid, resource_uuid: resource, kind, part, size, received: '[]', touched_at: Date.now() })
      .execute();
    return uuid;
  }

  of(resource: string): Promise<UploadRow[]> {
    return this.db.selectFrom('upload').selectAll().where('resource_uuid', '=', resource).execute();
  }

  async isComplete({ uuid }: Pick<UploadRow, 'uuid'>): Promise<boolean> {
    const opened = this.open.get(uuid);
    const row = await this.db.selectFrom('upload').select(['received', 'size']).where('uuid', '=', uuid).executeTakeFirst();
    return row !== undefined && covers(opened?.received ?? JSON.parse(row.received), row.size);
  }

  /** Opens a file for one connection. Several connections share it. @throws NotFound for what the caller may not write. */
  async attach(caller: Caller, uuid: string): Promise<OpenUpload> {
    const upload = await this.db.selectFrom('upload').selectAll().where('uuid', '=', uuid).executeTakeFirst();
    const resource =
      upload &&
      (await this.db
        .selectFrom(tableOf(upload))
        .select(['uuid', 'owner_id', 'project_id'])
        .where('uuid', '=', upload.resource_uuid)
        .where(visibleTo(caller))
        .executeTakeFirst());
    if (!upload || !resource) throw notFound('upload', uuid);
    mustOwn(caller, resource, `upload '${uuid}'`);
    let opened = this.open.get(uuid);
    if (!opened) {
      const file = await open(this.files.upload(uuid), upload.received === '[]' ? 'w' : 'r+');
      opened = new OpenUpload(uuid, upload.size, JSON.parse(upload.received), file);
      this.open.set(uuid, opened);
    }
    opened.connections++;
    return opened;
  }

  /** A connection has gone; what it brought is noted. */
  async detach(opened: OpenUpload): Promise<void> {
    if (--opened.connections > 0) return;
    await this.db
      .updateTable('upload')
      .set({ received: JSON.stringify(opened.received), touched_at: Date.now() })
      .where('uuid', '=', opened.uuid)
      .execute();
    // Another connection may have come in the meantime.
    if (opened.connections > 0) return;
    this.open.delete(opened.uuid);
    await opened.close();
  }

  /** Removes the files and rows of a resource's uploads. */
  async forget(resource: string): Promise<void> {
    const uploads = await this.of(resource);
    await this.db.deleteFrom('upload').where('resource_uuid', '=', resource).execute();
    for (const { uuid } of uploads) await remove(this.files.upload(uuid));
  }

  /** Removes uploads that nobody touched for `minutes`, and the resources that they would have become. Returns how many. */
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
      if (uploads.some(({ uuid }) => this.open.has(uuid))) continue;
      await this.forget(resource_uuid);
      await this.db
        .updateTable(tableOf({ kind }))
        .set({ deleted_at: Date.now() })
        .where('uuid', '=', resource_uuid)
        .where('complete', '=', 0)
        .execute();
      removed++;
    }
    return removed;
  }
}

/** Where the resource stands that a file will become. */
function tableOf({ kind }: Pick<UploadRow, 'kind'>): 'dataset' | 'checkpoint' {
  return kind === 'checkpoint' ? 'checkpoint' : 'dataset';
}

/** One file that connections write to. */
export class OpenUpload {
  connections = 0;

  constructor(
    readonly uuid: string,
    private readonly size: number,
    /** Ranges that have arrived: in order, not touching. */
    readonly received: Range[],
    private readonly file: FileHandle,
  ) {}

  /** Writes bytes at a position; again is fine. @throws BadRequest beyond the announced size. */
  async write(position: number, data: Uint8Array): Promise<void> {
    const end = position + data.length;
    if (position < 0 || end > this.size) {
      throw new BadRequest(`bytes ${position} to ${end} lie outside of the announced ${this.size} bytes`);
    }
    if (data.length === 0) return;
    for (let written = 0; written < data.length; ) {
      const { bytesWritten } = await this.file.write(data, written, data.length - written, position + written);
      written += bytesWritten;
    }
    addRange(this.received, position, end);
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

/** Adds [start, end) to ordered ranges that do not touch. */
export function addRange(ranges: Range[], start: number, end: number): void {
  let first = ranges.length;
  // Uploads mostly append: the search runs from the end.
  while (first > 0 && (ranges[first - 1] as Range)[1] >= start) first--;
  let last = first;
  while (last < ranges.length && (ranges[last] as Range)[0] <= end) last++;
  const joined = ranges.slice(first, last);
  const from = Math.min(start, ...joined.map((range) => range[0]));
  const to = Math.max(end, ...joined.map((range) => range[1]));
  ranges.splice(first, last - first, [from, to]);
}

function covers(ranges: readonly Range[], size: number): boolean {
  return ranges.length === 1 && ranges[0]?.[0] === 0 && ranges[0][1] === size;
}
