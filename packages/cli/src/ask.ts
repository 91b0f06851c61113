import { createInterface } from 'node:readline';
import { isCancel, password, text } from '@clack/prompts';
import { tell } from './interrupts.ts';
import { UsageError } from './session.ts';

/**
 * Asks for a passphrase (hidden), or reads a line of standard input. @param option alternative that errors mention.
 * @throws UsageError if none is given.
 */
export async function askPassphrase(message: string, option: string): Promise<string> {
  const line = process.stdin.isTTY ? undefined : await nextLine();
  if (line !== undefined) return line;
  mustBeTerminal('the passphrase', `${option}, or a line of standard input`);
  const answer = await password({ message });
  if (isCancel(answer) || answer === undefined) throw new UsageError('no passphrase was given');
  return answer;
}

/** Asks for a new passphrase, on a terminal twice. @throws UsageError if the two differ. */
export async function askNewPassphrase(option: string): Promise<string> {
  const first = await askPassphrase('Enter the new passphrase:', option);
  if (process.stdin.isTTY && first !== (await askPassphrase('Enter it again:', option))) throw new UsageError('the two passphrases differ');
  return first;
}

/** The passphrase of a flag, with a warning. */
export function passphraseOf(given: unknown): string | undefined {
  if (typeof given !== 'string') return undefined;
  tell('warning: a passphrase on the command line shows in the list of processes; leave it out to be asked, or give it as standard input');
  return given;
}

let input: AsyncIterator<string> | undefined;

/** The next line of standard input; undefined if there is none, or it is empty. */
async function nextLine(): Promise<string | undefined> {
  input ??= createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  const { done, value } = await input.next();
  return done === true || value === '' ? undefined : value;
}

/** Asks for a line of text. @throws UsageError without a terminal, or if it is cancelled. */
export async function askText(message: string, placeholder: string, option: string): Promise<string> {
  mustBeTerminal(message.toLowerCase(), option);
  const answer = await text({ message, placeholder, defaultValue: placeholder });
  if (isCancel(answer)) throw new UsageError('nothing was given');
  return answer;
}

function mustBeTerminal(what: string, option: string): void {
  if (!process.stdin.isTTY) throw new UsageError(`there is no terminal to ask for ${what}. Try: ${option}`);
}
