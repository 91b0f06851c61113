import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PYTHON } from './python.ts';
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

async function run(name: string, program = process.execPath): Promise<string> {
  const account = { HANAMI_ADDRESS: server.address, HANAMI_USER: ADMIN.id, HANAMI_PASSPHRASE: ADMIN.passphrase };
  const env = { PATH: process.env['PATH'], PYTHONPATH: join(EXAMPLES, '../sdk/python'), PYTHONDONTWRITEBYTECODE: '1', ...account };
  const { stdout } = await promisify(execFile)(program, [join(EXAMPLES, name)], { cwd: folder, env });
  return stdout;
}

/** What the examples on tables print, with figures that may differ a little. */
function expectTables(out: string): void {
  expect(out).toMatch(/^R² 0\.9\d \[ ?['"]time['"], ['"]sky['"] ?\]$/m);
  expect(Number(/hired: (\d+)/.exec(out)?.[1])).toBeGreaterThan(60);
  expect(out).toMatch(/^accuracy 0\.9\d$/m);
  expect(out).toMatch(/before they were learnt: 0\.9\d$/m);
  expect(out).toContain('what matters now: pressure');
  expect(out).toMatch(/^R² 0\.[89]\d for 24 hours ahead$/m);
}

describe('the examples', () => {
  it('demo.ts does the main job', async () => {
    const out = await run('demo.ts');
    expect(Number(/Accuracy on the test images: ([\d.]+) %/.exec(out)?.[1])).toBeGreaterThan(90);
  });

  it('first-session.ts is the first session in TypeScript', async () => {
    for (let time = 0; time < 2; time++) expect(Number(/accuracy: ([\d.]+)/.exec(await run('first-session.ts'))?.[1])).toBeGreaterThan(70);
  });

  it('tables.ts and tables.py learn rentals, a machine that changes, and a series', async () => {
    // The page on tables lists both, without what stands at their heads.
    const page = readFileSync(join(EXAMPLES, '../docs/tables.md'), 'utf8');
    expect(page).toContain(readFileSync(join(EXAMPLES, 'tables.ts'), 'utf8').replace(/^.*\n/, ''));
    expect(page).toContain(readFileSync(join(EXAMPLES, 'tables.py'), 'utf8').replace(/^.*\n\n/, ''));
    await run('draw-tables.ts');
    expectTables(await run('tables.ts'));
    if (PYTHON) expectTables(await run('tables.py', PYTHON));
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
