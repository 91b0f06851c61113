import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ADMIN } from './server-process.ts';

const SDK = join(import.meta.dirname, '../sdk/python');
const SNIPPETS = join(import.meta.dirname, 'documentation');

/** A Python that has what the SDK needs; undefined where there is none. CI installs it. */
export const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (python) => spawnSync(python, ['-c', 'import requests, websockets, google.protobuf'], { stdio: 'ignore' }).status === 0,
);
if (!PYTHON && process.env['CI']) throw new Error('CI needs python3 with requests, websockets and protobuf');

/** What a snippet left behind. */
export interface Outcome {
  readonly printed: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly answers: readonly unknown[];
}

export interface Snippet {
  /** Texts of the documentation's examples, and what stands for them here. */
  readonly replace?: Readonly<Record<string, string>>;
  /** Names that the snippet expects to be there. */
  readonly names?: Readonly<Record<string, unknown>>;
}

/** Runs a Python program with the SDK; gives what it printed. */
export function python(args: readonly string[], input = ''): Promise<string> {
  const env = { PATH: process.env['PATH'], PYTHONPATH: SDK, PYTHONDONTWRITEBYTECODE: '1' };
  return new Promise((resolve, reject) => {
    const child = execFile(PYTHON ?? 'python3', args, { env, timeout: 200_000 }, (error, out) => (error ? reject(error) : resolve(out)));
    child.stdin?.end(input);
  });
}

/** Runs a snippet of the documentation as it stands. */
export async function runSnippet(address: string, name: string, { replace = {}, names = {} }: Snippet = {}): Promise<Outcome> {
  const job = {
    path: join(SNIPPETS, 'snippets', `${name}.py`),
    replace: { 'http://127.0.0.1:11418': address, ...replace },
    names,
    address,
    user: ADMIN.id,
    passphrase: ADMIN.passphrase,
  };
  const out = await python([join(SNIPPETS, 'run_snippet.py')], JSON.stringify(job));
  return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '');
}
