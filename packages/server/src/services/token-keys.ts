import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../config.ts';
import { makeFolder } from '../store/files.ts';

// The key file: one key a line. The first signs; those after it were used before, and are accepted until the time that stands behind them.

const KEY_BYTES = 32;
const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

/** The keys that are accepted at the moment, the one that signs first; a file with a new key (mode 0600) is made if there is none. @throws ConfigError */
export function loadKeys(path: string): Buffer[] {
  makeFolder(dirname(path));
  try {
    writeFileSync(path, newKey(), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return readKeys(path)
    .filter(({ until }, i) => i === 0 || until > Date.now())
    .map(({ key }) => Buffer.from(key));
}

/** Puts a new key before the others; tokens of the present one are accepted for as long as they may live. Returns how many keys the file has now. */
export function rotateKeys(path: string, tokenSeconds: number): number {
  const until = Date.now() + tokenSeconds * 1000;
  const before = readKeys(path).map(({ key, until: old }, i) => ({ key, until: i === 0 ? until : old }));
  const keys = before.filter((each) => each.until > Date.now());
  const lines = [newKey(), ...keys.map((each) => `${each.key} until ${new Date(each.until).toISOString()}`)];
  writeFileSync(`${path}.part`, `${lines.join('\n')}\n`, { mode: 0o600 });
  renameSync(`${path}.part`, path);
  return lines.length;
}

function readKeys(path: string): { key: string; until: number }[] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  if (lines.length === 0) throw new ConfigError(`the token key ${path} is empty; delete it to get a new one`);
  return lines.map((line, i) => {
    const [, key = '', until = ''] = /^(\S+)(?: until (\S+))?$/.exec(line) ?? [];
    const time = i === 0 ? Number.POSITIVE_INFINITY : Date.parse(until);
    if (key.length < KEY_BYTES || Number.isNaN(time)) {
      throw new ConfigError(
        `the token key ${path} line ${i + 1} is no key of at least ${KEY_BYTES} characters; delete the file to get a new one`,
      );
    }
    return { key, until: time };
  });
}
