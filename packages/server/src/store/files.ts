import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '@openhanami/datasets';
import { ConfigError } from '../config.ts';

/** Nobody but the user whom the server runs as. */
const PRIVATE_FOLDER = 0o700;

/**
 * Makes a folder with all that it lies in, readable by nobody else. Node's own `recursive` never ends where a parent exists but takes no folders, such as /proc.
 * @throws ConfigError saying which folder cannot be made and why.
 */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: PRIVATE_FOLDER });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    const parent = dirname(path);
    const orphan = code === 'ENOENT' && parent !== path && !statSync(parent, { throwIfNoEntry: false });
    if (!orphan) throw new ConfigError(`the folder ${path} cannot be made: ${message}`);
    makeFolder(parent);
    makeFolder(path);
  }
}

/** Makes a folder as `makeFolder` does, and takes the rights of others from one that is there. */
export function makePrivateFolder(path: string): void {
  makeFolder(path);
  chmodSync(path, PRIVATE_FOLDER);
}

/** Makes a file that is there another one, durably. Both lie on the same file system or not. */
export async function adopt(from: string, to: string): Promise<void> {
  const temporary = `${to}.part`;
  await copyFile(from, temporary);
  const file = await open(temporary, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, to);
  await syncFolder(dirname(to));
}

/** Removes a file; one that is not there is fine. */
export async function remove(path: string): Promise<void> {
  await rm(path, { force: true });
}
