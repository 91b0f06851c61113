import { randomUUID } from 'node:crypto';
import {
  BadRequest,
  type ColumnInfo,
  Conflict,
  type checkDataset,
  type createCsvUpload,
  type createMnistUpload,
  DATASET_VERSION,
  type downloadDataset,
  type evaluateDataset,
  type finishCsvUpload,
  type finishMnistUpload,
  type getDatasetContent,
  type getDatasetRows,
  InternalServerError,
  NotFound,
  type ParsedInputOf,
  type Search,
  type setDatasetKinds,
  type setDatasetVisibility,
} from '@openhanami/contract';
import type { Logger } from 'pino';
import type { TableFormat, TableOptions } from '../conversions/protocol.ts';
import type { TaskQueue } from '../jobs/queue.ts';
import { KeyedMutex } from '../keyed-mutex.ts';
import { RawJson } from '../raw-json.ts';
import type { DatasetReading } from '../reading/reading.ts';
import { DamagedFile, mustBeWhole } from '../store/checksum.ts';
import type { Database } from '../store/database.ts';
import { lockRow } from '../store/locks.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { DatasetRow } from '../store/tables.ts';
import { type Caller, markDeleted, mustOwn, newResource, notFound, visibleTo } from './access.ts';
import { holds, partOf, resourceAnswer, resourceList } from './answers.ts';
import { columnsOf, described } from './columns.ts';
import { Conversions } from './conversions.ts';
import { CsvIndexes } from './csv-indexes.ts';
import { inUse, markUnused, usersOf } from './dataset-users.ts';
import { type Download, downloadObject } from './downloads.ts';
import type { Quotas } from './quotas.ts';
import type { Uploads } from './uploads.ts';
import { setVisibility } from './visibility.ts';

/** Data sets: upload, conversion, reading, comparison and download. */
export class Datasets {
  /** Serializes conversions of a data set. */
  private readonly mutex = new KeyedMutex();
  private readonly conversions: Conversions;
  private readonly texts: CsvIndexes;

  constructor(
    private readonly db: Database,
    private readonly objects: Objects,
    private readonly uploads: Uploads,
    private readonly quotas: Quotas,
    private readonly queue: TaskQueue,
    private readonly reading: DatasetReading,
    log: Logger,
    /** Most bytes of a data set. */
    limit: number,
  ) {
    this.texts = new CsvIndexes(db, reading, log);
    this.conversions = new Conversions(db, objects, uploads, quotas, limit);
    queue.events.on('result', (uuid) => this.texts.indexSoon(uuid));
  }

  async createMnist(caller: Caller, input: ParsedInputOf<typeof createMnistUpload>) {
    this.uploads.mustTake(input.input_data_size, input.label_data_size);
    return this.quotas.add(caller.project_id, { dataset_bytes: input.input_data_size + input.label_data_size }, async (db) => {
      const row = await this.insert(db, caller, input.name);
      const uuid_input_file = await this.uploads.announce(db, row.uuid, 'mnist', 'input', input.input_data_size, input.input_fingerprint);
      const uuid_label_file = await this.uploads.announce(db, row.uuid, 'mnist', 'label', input.label_data_size, input.label_fingerprint);
      return { ...resourceAnswer(row), uuid_input_file, uuid_label_file };
    });
  }

  async createTable(caller: Caller, format: TableFormat, input: ParsedInputOf<typeof createCsvUpload>) {
    this.uploads.mustTake(input.input_data_size);
    return this.quotas.add(caller.project_id, { dataset_bytes: input.input_data_size }, async (db) => {
      const row = await this.insert(db, caller, input.name, input.temporary);
      const uuid_input_file = await this.uploads.announce(db, row.uuid, format, 'input', input.input_data_size, input.input_fingerprint);
      return { ...resourceAnswer(row), uuid_input_file };
    });
  }

  finishMnist(caller: Caller, input: ParsedInputOf<typeof finishMnistUpload>) {
    return this.finish(caller, input.uuid, 'mnist', { input: input.uuid_input_file, label: input.uuid_label_file });
  }

  finishTable(caller: Caller, format: TableFormat, input: ParsedInputOf<typeof finishCsvUpload>) {
    const { uuid, uuid_input_file, repair_header: repairHeader, sort_by: sortBy, ...options } = input;
    return this.finish(caller, uuid, format, { input: uuid_input_file }, { ...options, repairHeader, sortBy });
  }

  async get(caller: Caller, uuid: string) {
    const row = await this.getVisible(caller, uuid);
    const columns = columnsOf(row);
    return {
      ...resourceAnswer(row),
      ...described(columns),
      version: DATASET_VERSION,
      number_of_rows: row.rows,
      columns,
      notices: JSON.parse(row.notices) as string[],
    };
  }

  async list(caller: Caller, { name, ...part }: Search) {
    let query = this.db.selectFrom('dataset').selectAll().where(visibleTo(caller)).where('complete', '=', true);
    if (name !== undefined) query = query.where(holds('name', name));
    return resourceList(await partOf(query, part, ['created_at', 'uuid']));
  }

  /** Those of some data sets that the caller may see. */
  async visibleOf(caller: Caller, uuids: readonly string[]): Promise<string[]> {
    if (uuids.length === 0) return [];
    const rows = await this.db.selectFrom('dataset').select('uuid').where('uuid', 'in', uuids).where(visibleTo(caller)).execute();
    return rows.map(({ uuid }) => uuid);
  }

  /** Deletes a data set; with `force` tasks that use it are aborted. @throws Conflict naming these tasks, without `force`. */
  async delete(caller: Caller, { uuid, force }: { uuid: string; force: boolean }): Promise<void> {
    const row = await this.find(caller, uuid);
    mustOwn(caller, row, `data set '${uuid}'`);
    const users = await this.db.transaction().execute(async (db) => {
      if (!(await lockRow(db, 'dataset', uuid))) throw notFound('data set', uuid);
      const tasks = await usersOf(db, uuid);
      if (tasks.length > 0 && !force) throw new Conflict(inUse(caller, uuid, tasks), 'in_use');
      await markDeleted(db, 'dataset', uuid);
      return tasks;
    });
    // In reverse order: a queued task must not start when the one before it ends.
    for (const task of users.toReversed()) await this.queue.abort(task.cluster_uuid, task.uuid);
    await this.forget(uuid);
  }

  /** Removes temporary data sets that no task has used for `minutes`. */
  async removeTemporary(minutes: number): Promise<void> {
    for (const uuid of await markUnused(this.db, Date.now() - minutes * 60_000)) await this.forget(uuid);
  }

  /** Removes the files of a data set that is deleted. */
  private async forget(uuid: string): Promise<void> {
    await this.texts.forget(uuid);
    await this.uploads.forget(uuid);
    await this.objects.remove(keyOf.dataset(uuid));
  }

  /** Rows of one column, as JSON text. */
  async content(caller: Caller, input: ParsedInputOf<typeof getDatasetContent>): Promise<RawJson> {
    const { uuid, column_name: column, row_offset: offset, number_of_rows: rows } = input;
    const key = await this.keyOfWhole(await this.getVisible(caller, uuid));
    return new RawJson(await this.reading.content({ key, uuid, column, offset, rows }));
  }

  /** Rows with the names and values of all columns, as JSON text. */
  async rows(caller: Caller, { uuid, row_offset: offset, number_of_rows: rows }: ParsedInputOf<typeof getDatasetRows>): Promise<RawJson> {
    const key = await this.keyOfWhole(await this.getVisible(caller, uuid));
    return new RawJson(await this.reading.rows({ key, offset, rows }));
  }

  /**
   * Changes what columns are taken for: the data set is written anew.
   * @throws BadRequest for a column that there is none of, or a value that its kind does not fit, Conflict if tasks use the data set.
   */
  async setKinds(caller: Caller, { uuid, kinds, skip }: ParsedInputOf<typeof setDatasetKinds>) {
    mustOwn(caller, await this.getVisible(caller, uuid), `data set '${uuid}'`);
    return this.mutex.runExclusive(uuid, async () => {
      const row = await this.getVisible(caller, uuid);
      const columns = columnsOf(row);
      const skipped = new Set(skip ?? columns.filter((column) => column.skip).map(({ name }) => name));
      const names = new Set(columns.map(({ name }) => name));
      const unknown = [...Object.keys(kinds), ...skipped].find((name) => !names.has(name));
      if (unknown !== undefined) throw new NotFound(`the data set '${uuid}' has no column '${unknown}'`);
      const users = await usersOf(this.db, uuid);
      if (users.length > 0) throw new Conflict(inUse(caller, uuid, users), 'in_use');
      const changed = columns.filter(({ name, kind }) => Object.hasOwn(kinds, name) && kinds[name] !== kind);
      const skips = (all: readonly ColumnInfo[]): string =>
        JSON.stringify(all.map((column) => ({ ...column, skip: skipped.has(column.name) })));
      if (changed.length === 0) {
        await this.db
          .updateTable('dataset')
          .set({ columns: skips(columns) })
          .where('uuid', '=', uuid)
          .execute();
        return importedAnswer(await this.getVisible(caller, uuid));
      }
      await this.conversions.rewrite(row, await this.keyOfWhole(row), kinds, skips);
      await this.reading.forget({ key: keyOf.dataset(uuid) });
      await this.texts.forget(uuid);
      return importedAnswer(await this.getVisible(caller, uuid));
    });
  }

  async setVisibility(caller: Caller, { uuid, visibility }: ParsedInputOf<typeof setDatasetVisibility>) {
    return setVisibility(this.db, caller, 'dataset', await this.getVisible(caller, uuid), visibility);
  }

  async download(caller: Caller, { uuid, format, escape_formulae: guarded }: ParsedInputOf<typeof downloadDataset>): Promise<Download> {
    const row = await this.getVisible(caller, uuid);
    const { name } = row;
    const key = await this.keyOfWhole(row);
    if (format === 'arrow') return downloadObject(this.objects, key, 'application/vnd.apache.arrow.file', `${name}.arrow`);
    return {
      type: 'text/csv; charset=utf-8',
      name: `${name}.csv`,
      etag: `"${uuid}-${row.crc32}${guarded ? '' : '-plain'}"`,
      size: async () => (await this.texts.indexOf(uuid, guarded)).bytes + (guarded ? await this.reading.guardOf(key) : 0),
      open: async (start, end) =>
        this.reading.csv(key, guarded, start, end, start > 0 ? await this.texts.indexOf(uuid, guarded) : undefined),
    };
  }

  async evaluate(caller: Caller, { uuid, reference_uuid, ...wanted }: ParsedInputOf<typeof evaluateDataset>): Promise<RawJson> {
    const key = await this.keyOfWhole(await this.getVisible(caller, uuid));
    const reference = await this.keyOfWhole(await this.getVisible(caller, reference_uuid));
    return new RawJson(await this.reading.evaluate({ key, reference, wanted }));
  }

  /** Percent of rows whose largest value is at the index of the largest of the reference's `label`. */
  async check(caller: Caller, { uuid, reference_uuid }: ParsedInputOf<typeof checkDataset>) {
    const key = await this.keyOfWhole(await this.getVisible(caller, uuid));
    const reference = await this.keyOfWhole(await this.getVisible(caller, reference_uuid));
    return { accuracy: await this.reading.check({ key, reference, referenceUuid: reference_uuid }) };
  }

  /** A complete data set that the caller may see. @throws NotFound if there is none. */
  async getVisible(caller: Caller, uuid: string): Promise<DatasetRow> {
    const row = await this.find(caller, uuid);
    if (!row.complete) throw new NotFound(`the upload of the data set '${uuid}' is not finished yet`);
    return row;
  }

  /** The key of a complete data set. @throws InternalServerError naming its file if it is damaged. */
  private async keyOfWhole({ uuid, bytes, crc32 }: DatasetRow): Promise<string> {
    const key = keyOf.dataset(uuid);
    if (crc32 === null) return key;
    try {
      await mustBeWhole(this.objects, key, { bytes, crc32 });
    } catch (error) {
      throw error instanceof DamagedFile ? new InternalServerError(error.message, 'damaged_file') : error;
    }
    return key;
  }

  private async find(caller: Caller, uuid: string): Promise<DatasetRow> {
    const row = await this.db.selectFrom('dataset').selectAll().where('uuid', '=', uuid).where(visibleTo(caller)).executeTakeFirst();
    if (!row) throw notFound('data set', uuid);
    return row;
  }

  private async insert(db: Database, caller: Caller, name: string, temporary = false): Promise<DatasetRow> {
    const row = {
      ...newResource(caller, randomUUID(), name),
      complete: false,
      rows: 0,
      columns: '[]',
      notices: '[]',
      temporary_since: temporary ? Date.now() : null,
      bytes: 0,
      crc32: null,
    };
    await db.insertInto('dataset').values(row).execute();
    return row;
  }

  private async finish(
    caller: Caller,
    uuid: string,
    kind: 'mnist' | TableFormat,
    parts: { input: string; label?: string },
    options: TableOptions = {},
  ) {
    mustOwn(caller, await this.find(caller, uuid), `data set '${uuid}'`);
    // A call during the same conversion waits for it, and finds it done.
    return this.mutex.runExclusive(uuid, async () => {
      const row = await this.find(caller, uuid);
      // Repeated after a lost answer.
      if (row.complete) return importedAnswer(row);
      const uploads = await this.uploads.of(uuid);
      for (const [part, file] of Object.entries(parts)) {
        const upload = uploads.find((candidate) => candidate.uuid === file && candidate.part === part && candidate.kind === kind);
        if (!upload) throw notFound(`${part} file of the ${kind} data set '${uuid}'`, file);
        if (!(await this.uploads.isComplete(upload)))
          throw new BadRequest(`the upload of the ${part} file is not complete yet`, 'upload_incomplete');
      }
      const announced = uploads.reduce((sum, { size }) => sum + size, 0);
      await this.conversions.make(row, kind, parts, announced, options);
      this.texts.indexSoon(uuid);
      return importedAnswer(await this.find(caller, uuid));
    });
  }
}

const importedAnswer = (row: DatasetRow) => ({
  uuid: row.uuid,
  number_of_rows: row.rows,
  columns: columnsOf(row),
  notices: JSON.parse(row.notices) as string[],
});
