import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import type { Config } from '../config.ts';

export type PassphraseRules = Pick<Config['auth'], 'passphrase_length' | 'refuse_breached'>;

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2);

/** One hash per core at once: more would be no faster, and occupy the threads for file access. */
const limit = pLimit(availableParallelism());

const hash = (algorithm: 'argon2id', parameters: Argon2Parameters): Promise<Buffer> => limit(() => derive(algorithm, parameters));

// From OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one lane.
const COST = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

/** argon2id of a passphrase as `$argon2id$m=…,t=…,p=…$salt$hash`; computed off the event loop. */
export async function hashPassphrase(passphrase: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await hash('argon2id', { ...COST, message: passphrase, nonce });
  return `$argon2id$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${nonce.toString('base64')}$${tag.toString('base64')}`;
}

/** Whether a passphrase matches a stored hash. */
export async function isPassphrase(passphrase: string, stored: string): Promise<boolean> {
  const [, memory, passes, parallelism, nonce, tag] = /^\$argon2id\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored) ?? [];
  if (!nonce || !tag) throw new Error('a stored passphrase hash is not readable');
  const expected = Buffer.from(tag, 'base64');
  const found = await hash('argon2id', {
    message: passphrase,
    nonce: Buffer.from(nonce, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
  });
  return timingSafeEqual(found, expected);
}

/** What is wrong with a new passphrase, to follow "the passphrase"; undefined if nothing. */
export async function faultOf(passphrase: string, rules: PassphraseRules): Promise<string | undefined> {
  if ([...passphrase].length < rules.passphrase_length) {
    return `must have at least ${rules.passphrase_length} characters (auth.passphrase_length)`;
  }
  if (rules.refuse_breached && (await breached()).has(passphrase.toLowerCase())) {
    return 'stands in a list of those that were stolen elsewhere, and would be guessed early (auth.refuse_breached)';
  }
  return undefined;
}

/** The 49,233 most common ones of published breaches, in lower case. Loaded on demand: it takes a few MB. */
let list: Promise<ReadonlySet<string>> | undefined;
function breached(): Promise<ReadonlySet<string>> {
  list ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return list;
}
