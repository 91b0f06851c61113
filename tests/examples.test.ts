import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, ServerProcess } from './server-process.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  folder = mkdtempSync(join(tmpdir(), 'hanami-examples-'));
  mkdirSync(join(folder, 'digits'));
  mkdirSync(join(folder, 'examples'));
  copyFileSync(join(EXAMPLES, 'template'), join(folder, 'examples/template'));
  for (const [part, count, seed] of [
    ['train', 2000, 1],
    ['t10k', 500, 2],
  ] as const) {
    const files = ['images-idx3', 'labels-idx1'].map((kind) => join(folder, 'digits', `${part}-${kind}-ubyte`));
    await writeMnist(drawDigits(count, seed), files[0] as string, files[1] as string);
  }
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

async function run(name: string): Promise<string> {
  const env = { PATH: process.env['PATH'], HANAMI_ADDRESS: server.address, HANAMI_USER: ADMIN.id, HANAMI_PASSPHRASE: ADMIN.passphrase };
  const { stdout } = await promisify(execFile)(process.execPath, [join(EXAMPLES, name)], { cwd: folder, env });
  return stdout;
}

describe('the examples', () => {
  it('demo.ts does the main job', async () => {
    const out = await run('demo.ts');
    expect(Number(/Accuracy on the test images: ([\d.]+) %/.exec(out)?.[1])).toBeGreaterThan(90);
  });

  it('first-session.ts is the first session in TypeScript', async () => {
    for (let time = 0; time < 2; time++) expect(Number(/accuracy: ([\d.]+)/.exec(await run('first-session.ts'))?.[1])).toBeGreaterThan(70);
  });

  it('object-client.ts trains, asks, compares and talks directly', async () => {
    const out = await run('object-client.ts');
    expect(out).toContain('50000 of 50000 cycles');
    expect(Number(/R² ([\d.-]+)/.exec(out)?.[1])).toBeGreaterThan(0.9);
    const [, larger] = /the larger of 20 and 80: ([\d.]+)\n/.exec(out) ?? [];
    expect(Math.abs(Number(larger) - 80)).toBeLessThan(3);
    // A second time, on the same server.
    expect(await run('object-client.ts')).toContain('the larger of 20 and 80: ');
  });
});
