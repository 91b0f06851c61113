import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../config.ts';
import { makeFolder } from '../store/files.ts';

// The key file: one key per line. The first signs; the others are former keys, accepted until the time that follows them.

const KEY_BYTES = 32;
const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

/** The accepted keys, the signing one first; a missing file is created (mode 0600) with a new key. @throws ConfigError if it is invalid. */
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

/** Adds a new signing key; tokens of the present one stay valid until they expire. Returns the number of keys in the file. */
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
