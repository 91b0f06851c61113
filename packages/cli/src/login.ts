import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import envPaths from 'env-paths';

/** A login, as `hanamictl login` stores it. */
export interface Login {
  readonly address: string;
  readonly user: string;
  readonly token: string;
}

const FOLDER = envPaths('hanamictl', { suffix: '' }).config;
const FILE = join(FOLDER, 'login.json');

/** Stores a login for later commands, readable by this user only. Returns the file. */
export function keepLogin(login: Login): string {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 });
  const temporary = `${FILE}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, FILE);
  return FILE;
}

/** The stored login; undefined if there is none. */
export function loadLogin(): Login | undefined {
  try {
    const { address, user, token }: Partial<Login> = JSON.parse(readFileSync(FILE, 'utf8'));
    return address && user && token ? { address, user, token } : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the stored login. */
export function forgetLogin(): void {
  rmSync(FILE, { force: true });
}
