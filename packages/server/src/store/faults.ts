import { BadRequest, Conflict, HanamiError, InsufficientStorage, Unavailable } from '@openhanami/contract';
import { isLocked } from './sqlite.ts';

/** Codes of PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const UNIQUE_VIOLATION = '23505';
const NO_SUCH_CHARACTER = '22021';
/** It ends, starts, has no room, memory or connection left, is a copy that is only read, or gave up a transaction for another one. */
const PASSING = /^(08...|57P0[1-5]|53[0-4]00|25006|40001|40P01)$/;

/** Errors of Node and of the client whose connection has broken. */
const BROKEN =
  /ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|EAI_AGAIN|Connection terminated|connection error and is not queryable|Query read timeout/;

const codeOf = (error: unknown): string => String((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/**
 * Awaits an insert.
 * @param sentence message of the error.
 * @throws Conflict if a unique index refuses the row.
 */
export async function unlessTaken<Row>(insert: Promise<Row>, sentence: string): Promise<Row> {
  try {
    return await insert;
  } catch (error) {
    if (/UNIQUE constraint failed/.test(String(error)) || codeOf(error) === UNIQUE_VIOLATION)
      throw new Conflict(sentence, 'already_exists');
    throw error;
  }
}

/** A text without the character that PostgreSQL cannot hold. */
export const withoutNul = (text: string): string => text.replaceAll('\0', '\u{FFFD}');

/** Whether an error says that the database cannot be used at the moment: the same may go well a little later. */
export function isPassing(error: unknown): boolean {
  // What is told to users quotes them.
  if (!(error instanceof Error) || error instanceof HanamiError) return false;
  return (
    error.name === 'DatabaseAway' || isLocked(error) || PASSING.test(codeOf(error)) || BROKEN.test(`${codeOf(error)} ${error.message}`)
  );
}

/** Converts an error of the disk or the database to the contract's; undefined for other errors. */
export function storageFault(error: unknown): HanamiError | undefined {
  const text = error instanceof Error ? `${codeOf(error)} ${error.message}` : String(error);
  if (/ENOSPC|EDQUOT|database or disk is full|^53100/.test(text)) {
    return new InsufficientStorage('the disk of the server is full; nothing was changed. Delete something, or ask an admin for room');
  }
  if (/EROFS|readonly database/.test(text))
    return new Unavailable('the data folder of the server is read-only; nothing was changed. Ask an admin');
  if (isLocked(error)) return new Unavailable('the database is locked by another process; try again');
  if (isPassing(error)) return new Unavailable('the database cannot be used at the moment; try again in some seconds');
  if (codeOf(error) === NO_SUCH_CHARACTER)
    return new BadRequest('a text has the character U+0000, which the database cannot hold; leave it out');
  return undefined;
}
