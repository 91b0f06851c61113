import { randomUUID } from 'node:crypto';
import { type ColumnInfo, type ColumnKind, Conflict, NotFound } from '@openhanami/contract';
import { sql } from 'kysely';
import { importMnistFiles, importTable } from '../conversions/import.ts';
import type { TableFormat, TableOptions } from '../conversions/protocol.ts';
import type { Database } from '../store/database.ts';
import { keyOf, type Objects } from '../store/objects/index.ts';
import type { DatasetRow } from '../store/tables.ts';
import { notFound } from './access.ts';
import { columnsOf } from './columns.ts';
import type { Quotas } from './quotas.ts';
import type { Uploads } from './uploads.ts';

/** Of a temporary data set the present time. */
const writtenNow = () => sql<number | null>`CASE WHEN temporary_since IS NULL THEN NULL ELSE CAST(${Date.now()} AS BIGINT) END`;

/** Files that become data sets, and data sets whose columns are taken for something else. */
export class Conversions {
  constructor(
    private readonly db: Database,
    private readonly objects: Objects,
    private readonly uploads: Uploads,
    private readonly quotas: Quotas,
    /** Most bytes of a data set. */
    private readonly limit: number,
  ) {}

  /** Makes a data set of uploaded files. @throws BadRequest naming the fault of a file, Conflict if the quota is used up. */
  async make(
    { uuid, owner_key: user, project_id }: DatasetRow,
    kind: 'mnist' | TableFormat,
    parts: { input: string; label?: string },
    announced: number,
    options: TableOptions,
  ): Promise<void> {
    const bytes = Math.min(this.limit, await this.quotas.datasetBytesLeft(project_id, announced));
    const by = { user, project: project_id, bytes, objects: this.objects };
    const target = keyOf.dataset(uuid);
    const input = keyOf.upload(parts.input);
    const imported =
      kind === 'mnist'
        ? await importMnistFiles(input, keyOf.upload(parts.label ?? ''), target, by)
        : await importTable(kind, input, target, options, by);
    const keep = async (db: Database): Promise<string[]> => {
      const { numUpdatedRows } = await db
        .updateTable('dataset')
        .set({
          complete: true,
          temporary_since: writtenNow(),
          rows: imported.rows,
          columns: JSON.stringify(imported.columns),
          notices: JSON.stringify(imported.notices),
          bytes: imported.bytes,
          crc32: imported.crc32,
        })
        .where('uuid', '=', uuid)
        .where('deleted_at', 'is', null)
        .executeTakeFirstOrThrow();
      if (numUpdatedRows === 0n) throw notFound('data set', uuid);
      return this.uploads.deleteRows(db, uuid);
    };
    // Meanwhile others may have used up the quota, and the data set may have been deleted.
    const uploads = await this.quotas.add(project_id, { dataset_bytes: imported.bytes - announced }, keep).catch(async (error: Error) => {
      if (error instanceof Conflict || error instanceof NotFound) await this.objects.remove(target);
      throw error;
    });
    await this.uploads.removeFiles(uploads);
  }

  /**
   * Writes a data set anew with other kinds of columns.
   * @param described what is kept of the columns.
   * @throws BadRequest naming a value that its kind does not fit; nothing is changed then.
   */
  async rewrite(
    row: DatasetRow,
    key: string,
    kinds: Readonly<Record<string, ColumnKind>>,
    described: (columns: readonly ColumnInfo[]) => string,
  ): Promise<void> {
    const { uuid, owner_key: user, project_id } = row;
    const next = keyOf.dataset(randomUUID());
    await this.db.updateTable('dataset').set({ temporary_since: writtenNow() }).where('uuid', '=', uuid).execute();
    const told = Object.fromEntries(columnsOf(row).flatMap(({ name, kind }) => (kind === 'vector' ? [] : [[name, kinds[name] ?? kind]])));
    const bytes = Math.min(this.limit, await this.quotas.datasetBytesLeft(project_id, row.bytes));
    const imported = await importTable('arrow', key, next, { kinds: told }, { user, project: project_id, bytes, objects: this.objects });
    // After a crash between these steps the file counts as one whose checksum is not known.
    await this.db.updateTable('dataset').set({ crc32: null }).where('uuid', '=', uuid).execute();
    await this.objects.of(project_id).copy(next, keyOf.dataset(uuid));
    await this.objects.remove(next);
    await this.quotas.add(project_id, { dataset_bytes: imported.bytes - row.bytes }, (db) =>
      db
        .updateTable('dataset')
        .set({
          columns: described(imported.columns as ColumnInfo[]),
          temporary_since: writtenNow(),
          bytes: imported.bytes,
          crc32: imported.crc32,
        })
        .where('uuid', '=', uuid)
        .execute(),
    );
  }
}
