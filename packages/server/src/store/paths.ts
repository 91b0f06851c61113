import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Config, isPostgres } from '../config.ts';

/** Patterns of paths in folders of this server; nested folders first. */
let patterns: readonly RegExp[] = [];

/** Sets the folders whose paths are hidden from clients. */
export function hideFolders({ general, storage, auth }: Config): void {
  const { dataset_location, checkpoint_location, cluster_location, tempfile_location, key_location } = storage;
  const places = [dataset_location, checkpoint_location, cluster_location, tempfile_location, key_location, general.data, general.log_path];
  const files = [isPostgres(general.database) ? '' : general.database, auth.token_key_path, auth.policies].map((file) => dirname(file));
  const own = [process.cwd(), tmpdir(), fileURLToPath(new URL('../../..', import.meta.url))].map((folder) => folder.replace(/\/$/, ''));
  const all = [...places, ...files, ...own].filter((folder) => folder.length > 1 && folder !== '.');
  patterns = [...new Set(all)]
    .sort((a, b) => b.length - a.length)
    .map((folder) => new RegExp(`${folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(/[^\\s'",;:)]*)?`, 'g'));
}

/** Shortens paths of this server in a message to the names of files. Applied to every message for clients. */
export function withoutPaths(sentence: string): string {
  return patterns.reduce((text, pattern) => text.replaceAll(pattern, (path) => basename(path)), sentence);
}
