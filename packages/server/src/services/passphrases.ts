import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import type { Config } from '../config.ts';

export type PassphraseRules = Pick<Config['auth'], 'passphrase_length' | 'refuse_breached'>;

const derive = promisify<'argon2id', Argon2Parameters, Buffer>(argon2);

/** As many at once as there are cores: more would be no faster, and take the threads that files are read and written by. */
const limit = pLimit(availableParallelism());

const hash = (algorithm: 'argon2id', parameters: Argon2Parameters): Promise<Buffer> => limit(() => derive(algorithm, parameters));

// OWASP's second choice for argon2id: 19 MiB, two passes, one lane.
const COST = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 };

/** argon2id of a passphrase as `$argon2id$m=…,t=…,p=…$salt$hash`; worked out off the event loop. */
export async function hashPassphrase(passphrase: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await hash('argon2id', { ...COST, message: passphrase, nonce });
  return `$argon2id$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${nonce.toString('base64')}$${tag.toString('base64')}`;
}

/** Whether a passphrase belongs to a stored hash. */
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

/** What is wrong with a new passphrase, to follow "the passphrase"; undefined: nothing. */
export async function faultOf(passphrase: string, rules: PassphraseRules): Promise<string | undefined> {
  if ([...passphrase].length < rules.passphrase_length) {
    return `must have at least ${rules.passphrase_length} characters (auth.passphrase_length)`;
  }
  if (rules.refuse_breached && (await breached()).has(passphrase.toLowerCase())) {
    return 'stands in a list of those that were stolen elsewhere, and would be guessed early (auth.refuse_breached)';
  }
  return undefined;
}

/** The 49,233 most common ones of published breaches, in small letters. Loaded once it is needed: it takes a few MB. */
let list: Promise<ReadonlySet<string>> | undefined;
function breached(): Promise<ReadonlySet<string>> {
  list ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return list;
}
