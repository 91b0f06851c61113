import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import {
  BadRequest,
  Conflict,
  type createCheckpointUpload,
  type finishCheckpointUpload,
  type listCheckpoints,
  type ParsedInputOf,
  type setCheckpointVisibility,
} from '@openhanami/contract';
import { inspectCheckpoint } from '../conversions/import.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import type { Database } from '../store/database.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { CheckpointRow } from '../store/tables.ts';
import { type Caller, markDeleted, mustOwn, newResource, notFound, visibleTo } from './access.ts';
import { grownAnswer, holds, partOf, resourceAnswer, resourceList } from './answers.ts';
import { type Download, downloadObject } from './downloads.ts';
import type { Quotas } from './quotas.ts';
import type { Uploads } from './uploads.ts';
import { setVisibility } from './visibility.ts';

/** Saved states of clusters. */
export class Checkpoints {
  constructor(
    private readonly db: Database,
    private readonly objects: Objects,
    private readonly uploads: Uploads,
    private readonly quotas: Quotas,
    private readonly threads: number,
  ) {}

  private readonly mutex = new KeyedMutex();

  /** Adds a checkpoint. @throws Conflict if it exceeds the project's quota. */
  async insert(row: CheckpointRow): Promise<void> {
    await this.quotas.add(row.project_id, { checkpoint_bytes: row.size }, (db) => db.insertInto('checkpoint').values(row).execute());
  }

  async get(caller: Caller, uuid: string) {
    const row = await this.getVisible(caller, uuid);
    const { size, cluster_uuid } = row;
    return { ...resourceAnswer(row), location: basename(keyOf.checkpoint(uuid)), size, cluster_uuid, ...grownAnswer(JSON.parse(row.info)) };
  }

  async list(caller: Caller, { cluster_uuid, name, ...part }: ParsedInputOf<typeof listCheckpoints>) {
    let query = this.db.selectFrom('checkpoint').selectAll().where(visibleTo(caller)).where('complete', '=', true);
    if (name !== undefined) query = query.where(holds('name', name));
    if (cluster_uuid !== undefined) query = query.where('cluster_uuid', '=', cluster_uuid);
    return resourceList(await partOf(query, part, ['created_at', 'uuid']));
  }

  async delete(caller: Caller, uuid: string): Promise<void> {
    const row = await this.find(caller, uuid);
    mustOwn(caller, row, `checkpoint '${uuid}'`);
    await markDeleted(this.db, 'checkpoint', uuid);
    await this.uploads.forget(uuid);
    await this.objects.remove(keyOf.checkpoint(uuid));
  }

  async setVisibility(caller: Caller, { uuid, visibility }: ParsedInputOf<typeof setCheckpointVisibility>) {
    return setVisibility(this.db, caller, 'checkpoint', await this.getVisible(caller, uuid), visibility);
  }

  async download(caller: Caller, uuid: string): Promise<Download> {
    const { name } = await this.getVisible(caller, uuid);
    return downloadObject(this.objects, keyOf.checkpoint(uuid), 'application/octet-stream', `${name}.checkpoint`);
  }

  /** Announces the upload of a checkpoint. */
  async createUpload(caller: Caller, { name, input_data_size, input_fingerprint }: ParsedInputOf<typeof createCheckpointUpload>) {
    this.uploads.mustTake(input_data_size);
    const row = { ...newResource(caller, randomUUID(), name), complete: false, cluster_uuid: '', size: input_data_size, info: '{}' };
    return this.quotas.add(caller.project_id, { checkpoint_bytes: input_data_size }, async (db) => {
      await db.insertInto('checkpoint').values(row).execute();
      const uuid_input_file = await this.uploads.announce(db, row.uuid, 'checkpoint', 'input', input_data_size, input_fingerprint);
      return { ...resourceAnswer(row), uuid_input_file };
    });
  }

  /**
   * Checks version, checksum and size of the uploaded file, and keeps it.
   * @throws NotFound for an unknown checkpoint or file, BadRequest if the upload is incomplete.
   */
  async finishUpload(caller: Caller, { uuid, uuid_input_file }: ParsedInputOf<typeof finishCheckpointUpload>) {
    mustOwn(caller, await this.find(caller, uuid), `checkpoint '${uuid}'`);
    return this.mutex.runExclusive(uuid, async () => {
      const { complete, project_id } = await this.find(caller, uuid);
      // Repeated after a lost answer.
      if (complete) return { uuid };
      const upload = (await this.uploads.of(uuid)).find((candidate) => candidate.uuid === uuid_input_file);
      if (!upload) throw notFound(`file of the checkpoint '${uuid}'`, uuid_input_file);
      if (!(await this.uploads.isComplete(upload))) throw new BadRequest('the upload of the file is not complete yet', 'upload_incomplete');
      const by = { user: caller.key, project: project_id, bytes: 0, objects: this.objects };
      const info = await inspectCheckpoint(keyOf.upload(upload.uuid), this.threads, by);
      await this.objects.of(project_id).copy(keyOf.upload(upload.uuid), keyOf.checkpoint(uuid));
      const { size } = upload;
      const { numUpdatedRows } = await this.db
        .updateTable('checkpoint')
        .set({ complete: true, size, info: JSON.stringify(info) })
        .where('uuid', '=', uuid)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) {
        await this.objects.remove(keyOf.checkpoint(uuid));
        throw notFound('checkpoint', uuid);
      }
      await this.uploads.forget(uuid);
      return { uuid };
    });
  }

  /** A complete checkpoint that the caller may see. @throws NotFound if there is none, Conflict while its file is uploaded. */
  async getVisible(caller: Caller, uuid: string): Promise<CheckpointRow> {
    const row = await this.find(caller, uuid);
    if (!row.complete) throw new Conflict(`the upload of the checkpoint '${uuid}' is not finished yet`);
    return row;
  }

  private async find(caller: Caller, uuid: string): Promise<CheckpointRow> {
    const row = await this.db.selectFrom('checkpoint').selectAll().where('uuid', '=', uuid).where(visibleTo(caller)).executeTakeFirst();
    if (!row) throw notFound('checkpoint', uuid);
    return row;
  }
}
