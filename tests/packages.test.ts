// The packages as others install them: packed, into a folder that has nothing else.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const PACKAGES = ['contract', 'engine', 'datasets', 'server', 'sdk', 'cli'];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hanami-packages-'));
  const workspaces = PACKAGES.flatMap((name) => ['-w', `packages/${name}`]);
  execFileSync('npm', ['pack', '--pack-destination', folder, ...workspaces], { cwd: ROOT, stdio: 'pipe' });
  const archives = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const flags = ['--prefix', join(folder, 'prefix'), '--prefer-offline', '--no-audit', '--no-fund'];
  execFileSync('npm', ['install', '-g', ...flags, ...archives.map((name) => join(folder, name))], { cwd: folder, stdio: 'pipe' });
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.each(['hanami', 'hanamictl'])('%s works where it was installed with npm install -g', (name) => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'packages/server/package.json'), 'utf8'));
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [join(folder, 'prefix/bin', name), ...args], { encoding: 'utf8' });
  expect(run('--version')).toBe(`${version}\n`);
  expect(run('--help')).toContain(`Usage: ${name}`);
});

it('hanami starts there, and hanamictl talks to it', async () => {
  const { ServerProcess } = await import('./server-process.ts');
  const { hanamictl } = await import('./hanamictl.ts');
  const server = await ServerProcess.start({}, join(folder, 'prefix/bin/hanami'));
  try {
    const { code, out } = await hanamictl(server, ['host', 'list'], {}, '', join(folder, 'prefix/bin/hanamictl'));
    expect([code, out]).toEqual([0, expect.stringContaining('| cpu  |')]);
    expect(await (await fetch(server.address)).text()).toContain('<div id="root">');
  } finally {
    await server.remove();
  }
});

it('depend on nothing that docs/dependencies.md gives no reason for', () => {
  const reasons = readFileSync(join(ROOT, 'docs/dependencies.md'), 'utf8');
  for (const name of PACKAGES) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(ROOT, `packages/${name}/package.json`), 'utf8'));
    const foreign = Object.keys(dependencies).filter((library) => !library.startsWith('@openhanami/'));
    const [, section = ''] = reasons.split(`## @openhanami/${name}\n`);
    const told = section
      .split('\n## ')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('| '))
      .slice(1)
      .flatMap((line) => line.split('|')[1]?.trim().split(', '))
      .toSorted();
    expect(told ?? [], name).toEqual(foreign.toSorted());
  }
});

it('can be released: versions, changelog and what npm wants of a package', () => {
  // Nothing listens there: no registry is asked.
  const env = { ...process.env, npm_config_registry: 'http://127.0.0.1:9/' };
  const said = execFileSync(process.execPath, ['.ci/release.ts', '99.0.0', '--dry-run'], { cwd: ROOT, env, encoding: 'utf8' });
  for (const name of PACKAGES) expect(said).toContain(`@openhanami/${name} 99.0.0 could be published`);
}, 600_000);

it('take nothing along that does not belong to them', () => {
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.tgz'))) {
    const files = execFileSync('tar', ['tzf', join(folder, name)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const file of files) expect(file).toMatch(/^package\/(package\.json|README\.md|LICENSE|bin\/|dist\/|policies\/|dashboard\/)/);
  }
});
