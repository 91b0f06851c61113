import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { ServerProcess } from './server-process.ts';

/** Servers, folders and mounts of single tests: all are gone after each. */
export function useScratch() {
  const servers: ServerProcess[] = [];
  const mounts: string[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.remove();
    // The last mount may lie in an earlier one.
    for (const mount of mounts.splice(0).reverse()) execFileSync('umount', [mount]);
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });
  const temporary = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'hanami-scratch-'));
    folders.push(folder);
    return folder;
  };
  return {
    temporary,

    async start(settings: Record<string, string> = {}): Promise<ServerProcess> {
      const server = await ServerProcess.start(settings);
      servers.push(server);
      return server;
    },

    /** A file system in memory with so many megabytes. */
    mountSmall(megabytes: number): string {
      const folder = temporary();
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
      mounts.push(folder);
      return folder;
    },

    mountReadOnly(folder: string): void {
      execFileSync('mount', ['--bind', folder, folder]);
      mounts.push(folder);
      execFileSync('mount', ['-o', 'remount,ro,bind', folder]);
    },
  };
}
