import type { CsvIndex } from '@openhanami/datasets';
import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import type { DatasetReading } from '../reading/reading.ts';
import type { Database } from '../store/database.ts';
import { keyOf } from '../store/objects/index.ts';

/** Where rows stand in the CSV text of data sets, so that a download can begin anywhere. */
export class CsvIndexes {
  /** Those in use, by variant. */
  private readonly indexes = new LRUCache<string, Promise<CsvIndex>>({ max: 1000 });

  constructor(
    private readonly db: Database,
    private readonly reading: DatasetReading,
    private readonly log: Logger,
  ) {}

  /** Forgets the text of a data set that is deleted or written anew. */
  async forget(uuid: string): Promise<void> {
    const variants = [variantOf(uuid, true), variantOf(uuid, false)];
    for (const variant of variants) this.indexes.delete(variant);
    await this.db.deleteFrom('csv_index').where('dataset_uuid', 'in', variants).execute();
  }

  /** The index of the CSV text of a data set; computed once, and stored. */
  indexOf(uuid: string, guarded: boolean): Promise<CsvIndex> {
    const variant = variantOf(uuid, guarded);
    let index = this.indexes.get(variant);
    if (!index) {
      index = this.findIndex(uuid, guarded);
      index.catch(() => this.indexes.delete(variant));
      this.indexes.set(variant, index);
    }
    return index;
  }

  private async findIndex(uuid: string, guarded: boolean): Promise<CsvIndex> {
    const variant = variantOf(uuid, guarded);
    const kept = await this.db.selectFrom('csv_index').selectAll().where('dataset_uuid', '=', variant).executeTakeFirst();
    if (kept) return { bytes: kept.bytes, places: JSON.parse(kept.places) };
    const found = await this.reading.index(keyOf.dataset(uuid), guarded);
    const row = { bytes: found.bytes, places: JSON.stringify(found.places) };
    await this.db
      .insertInto('csv_index')
      .values({ dataset_uuid: variant, ...row })
      .onConflict((conflict) => conflict.column('dataset_uuid').doUpdateSet(row))
      .execute();
    return found;
  }

  /** Computes the index of a new data set in the background, so that a download of any part starts without delay. */
  indexSoon(uuid: string): void {
    this.indexOf(uuid, true).catch((error) =>
      this.log.warn({ err: error, dataset: uuid }, 'the CSV text of a data set could not be indexed'),
    );
  }
}

/** Texts with guarded formulas and without have other lengths. */
const variantOf = (uuid: string, guarded: boolean): string => (guarded ? uuid : `${uuid} plain`);
