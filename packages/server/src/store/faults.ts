import { Conflict, type HanamiError, InsufficientStorage, Unavailable } from '@openhanami/contract';

/**
 * Awaits an insert.
 * @param sentence message of the error.
 * @throws Conflict if a unique index refuses the row.
 */
export async function unlessTaken<Row>(insert: Promise<Row>, sentence: string): Promise<Row> {
  try {
    return await insert;
  } catch (error) {
    if (/UNIQUE constraint failed/.test(String(error))) throw new Conflict(sentence, 'already_exists');
    throw error;
  }
}

/** Converts an error of the disk or the database to the contract's; undefined for other errors. */
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
