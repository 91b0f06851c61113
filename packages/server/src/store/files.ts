import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from '@openhanami/datasets/bytes';
import { ConfigError } from '../config.ts';

/** Accessible by the server's user only. */
const PRIVATE_FOLDER = 0o700;

/**
 * Creates a folder and its parents, accessible by this user only. Node's own `recursive` never ends if a parent takes no folders, such
 * as /proc.
 * @throws ConfigError naming the folder that cannot be created and why.
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

/** Creates a folder as `makeFolder` does; one that exists becomes private. */
export function makePrivateFolder(path: string): void {
  makeFolder(path);
  chmodSync(path, PRIVATE_FOLDER);
}

/** Copies a file durably; the file systems may differ. */
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

/** Removes a file, if it exists. */
export async function remove(path: string): Promise<void> {
  await rm(path, { force: true });
}
