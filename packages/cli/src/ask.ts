import { isCancel, password, text } from '@clack/prompts';
import { UsageError } from './session.ts';

/** Asks for a passphrase, hidden. @param option the flag that answers it where there is no terminal. */
export async function askPassphrase(message: string, option: string): Promise<string> {
  mustBeTerminal('the passphrase', option);
  const answer = await password({ message });
  if (isCancel(answer) || answer === undefined) throw new UsageError('no passphrase was given');
  return answer;
}

/** Asks for a new passphrase twice. */
export async function askNewPassphrase(option: string): Promise<string> {
  const first = await askPassphrase('Enter Passphrase:', option);
  if (first !== (await askPassphrase('Enter Passphrase again:', option))) throw new UsageError('the two passphrases differ');
  return first;
}

export async function askText(message: string, placeholder: string, option: string): Promise<string> {
  mustBeTerminal(message.toLowerCase(), option);
  const answer = await text({ message, placeholder, defaultValue: placeholder });
  if (isCancel(answer)) throw new UsageError('nothing was given');
  return answer;
}

function mustBeTerminal(what: string, option: string): void {
  if (!process.stdin.isTTY) throw new UsageError(`there is no terminal to ask for ${what}. Try: ${option}`);
}
