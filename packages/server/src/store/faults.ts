import { Conflict, type HanamiError, InsufficientStorage, Unavailable } from '@openhanami/contract';

/**
 * Waits for an insert; a row that a unique index does not let in is a conflict.
 * @param sentence says what is there already.
 * @throws Conflict
 */
export async function unlessTaken<Row>(insert: Promise<Row>, sentence: string): Promise<Row> {
  try {
    return await insert;
  } catch (error) {
    if (/UNIQUE constraint failed/.test(String(error))) throw new Conflict(sentence, 'already_exists');
    throw error;
  }
}

/** What the disk or the database refused, as an error that a client can do something about; undefined for anything else. */
export function storageFault(error: unknown): HanamiError | undefined {
  const text = error instanceof Error ? `${(error as NodeJS.ErrnoException).code ?? ''} ${error.message}` : String(error);
  if (/ENOSPC|EDQUOT|database or disk is full/.test(text)) {
    return new InsufficientStorage('the disk of the server is full; nothing was changed. Delete something, or ask an admin for room');
  }
  if (/EROFS|readonly database/.test(text))
    return new Unavailable('the data folder of the server is read-only; nothing was changed. Ask an admin');
  if (/database is (locked|busy)/.test(text)) return new Unavailable('the database is locked by another process; try again');
  return undefined;
}
