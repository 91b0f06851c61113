import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { ADMIN, type ServerProcess } from './server-process.ts';

/** The command as npm links it. */
export const HANAMICTL = join(import.meta.dirname, '../packages/cli/bin/hanamictl.js');
export const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** Runs hanamictl as a person without a terminal would. */
export function hanamictl(
  server: ServerProcess,
  args: readonly string[],
  env: Record<string, string> = {},
  input = '',
  main = HANAMICTL,
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { HANAMI_ADDRESS: server.address, HANAMI_USER: ADMIN.id, HANAMI_PASSPHRASE: ADMIN.passphrase, HOME: server.folder, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => (out += data));
    child.stderr.on('data', (data) => (err += data));
    child.once('close', (code) => resolve({ code, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Output of a command that must succeed. */
export async function shown(server: ServerProcess, ...args: string[]): Promise<string> {
  const { code, out, err } = await hanamictl(server, args);
  expect(err.replace(/^((upload|download|train|request|task):|warning: a passphrase on the command line) .*\n/gm, '')).toBe('');
  expect(code).toBe(0);
  return out;
}

/** The first uuid of what a command prints. */
export async function uuidFrom(server: ServerProcess, ...args: string[]): Promise<string> {
  return UUID.exec(await shown(server, ...args))?.[0] ?? '';
}

/** Uuids and times made alike. */
export const alike = (text: string): string =>
  text
    .replaceAll(new RegExp(UUID, 'g'), '00000000-0000-0000-0000-000000000000')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '2024-07-12 20:52:21');
