import { tmpdir } from 'node:os';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';

/** Folders of this server with what may follow them in a path; those that lie in others first. */
let patterns: readonly RegExp[] = [];

/** Says which folders no client is to read of. */
export function hideFolders({ general, storage, auth }: Config): void {
  const { dataset_location, checkpoint_location, cluster_location, tempfile_location } = storage;
  const places = [dataset_location, checkpoint_location, cluster_location, tempfile_location, general.data, general.log_path];
  const files = [general.database, auth.token_key_path, auth.policies].map((file) => dirname(file));
  const own = [process.cwd(), tmpdir(), fileURLToPath(new URL('../../..', import.meta.url))].map((folder) => folder.replace(/\/$/, ''));
  const all = [...places, ...files, ...own].filter((folder) => folder.length > 1 && folder !== '.');
  patterns = [...new Set(all)]
    .sort((a, b) => b.length - a.length)
    .map((folder) => new RegExp(`${folder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(/[^\\s'",;:)]*)?`, 'g'));
}

/** A sentence for a client: of paths of this server only the names of files are left. Every sentence that goes out passes here. */
export function withoutPaths(sentence: string): string {
  return patterns.reduce((text, pattern) => text.replaceAll(pattern, (path) => basename(path)), sentence);
}
