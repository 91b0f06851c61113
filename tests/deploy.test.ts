// What `deploy/` ships is what the server takes: its settings, its metrics, its commands.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { useScratch } from './scratch.ts';
import { runWith } from './server-process.ts';

const DEPLOY = join(import.meta.dirname, '../deploy');
const read = (path: string): string => readFileSync(join(DEPLOY, path), 'utf8');
const there = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

const { start, temporary } = useScratch();

/** Variables of a text such as `HANAMI_DATA=/data`. */
const variablesOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(/\b(HANAMI_\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]));

/** What the server says of its settings. */
function checked(settings: Record<string, string>, ...args: string[]): string {
  const place = { ...settings, HANAMI_DATA: temporary() };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(DEPLOY, '../packages/server/bin/hanami.js'), ...args, '--check-config'],
    {
      env: { PATH: process.env['PATH'], ...place },
      encoding: 'utf8',
    },
  );
  expect(status, stderr).toBe(0);
  return stdout + stderr;
}

describe('the systemd unit', () => {
  const unit = read('systemd/hanami.service');

  it('names settings and variables that the server knows, and a configuration that it takes', () => {
    const told = checked(variablesOf(unit), '--config', join(DEPLOY, 'systemd/hanami.toml'));
    expect(told).toContain('the configuration is fine');
    expect(told).not.toContain('is no setting');
  });

  it.skipIf(!there('systemd-analyze'))('is valid, and gives the server little', () => {
    const path = join(temporary(), 'hanami.service');
    writeFileSync(path, unit.replace('/usr/local/bin/hanami', process.execPath));
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
    expect([status, stdout + stderr]).toEqual([0, '']);
    // 10 is everything, 0 nothing; most services have 9.
    const exposed = spawnSync('systemd-analyze', ['security', '--offline=true', '--threshold=25', path], { encoding: 'utf8' });
    expect(exposed.status, exposed.stdout).toBe(0);
  });
});

describe('the container', () => {
  it('runs without rights on a root that is read only, with settings that the server knows', () => {
    const { services } = parse(read('container/compose.yaml'));
    expect(services.hanami).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    const file = read('container/Containerfile');
    expect(file).toMatch(/^USER \d+:\d+$/m);
    const { HANAMI_DATA: _, ...image } = variablesOf(file);
    const settings: Record<string, string> = { ...image, ...services.hanami.environment };
    const told = checked(Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith('HANAMI_'))));
    expect(told).toContain('the configuration is fine');
    expect(told).not.toContain('is no setting');
  });

  it('is made of files that are there', () => {
    const [, program = ''] = /^ENTRYPOINT \["node", "\/app\/(.+)"\]$/m.exec(read('container/Containerfile')) ?? [];
    expect(existsSync(join(DEPLOY, '..', program))).toBe(true);
    const { build } = parse(read('container/compose.yaml')).services.hanami;
    expect(existsSync(join(DEPLOY, 'container', build.context, build.dockerfile))).toBe(true);
  });
});

describe('alerts and charts', () => {
  it('ask for metrics that the server has', async () => {
    const server = await start();
    const told = await (await fetch(`${server.address}/metrics`)).text();
    const known = new Set(
      [...told.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? [`${name}_count`, `${name}_bucket`] : [name],
      ),
    );
    const rules: string[] = parse(read('prometheus/alerts.yml')).groups.flatMap((group: { rules: { expr: string }[] }) =>
      group.rules.map(({ expr }) => expr),
    );
    const panels: { targets: { expr: string }[] }[] = JSON.parse(read('grafana/openhanami.json')).panels;
    const asked = [...rules, ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))];
    const names = new Set(asked.flatMap((expr) => expr.match(/\b(hanami|process|nodejs)_\w+/g) ?? []));
    expect(names.size).toBeGreaterThan(10);
    expect([...names].filter((name) => !known.has(name))).toEqual([]);
  });

  it.skipIf(!there('promtool'))('are raised when something is wrong, and not otherwise', () => {
    for (const [what, file] of [
      ['check', 'alerts.yml'],
      ['test', 'alerts.test.yml'],
    ] as const) {
      const { status, stdout, stderr } = spawnSync('promtool', [what, 'rules', file], {
        cwd: join(DEPLOY, 'prometheus'),
        encoding: 'utf8',
      });
      expect(status, stdout + stderr).toBe(0);
    }
  });
});

it('the checks of docs/deploy.md are commands of the server', () => {
  const commands = [
    ...readFileSync(join(DEPLOY, '../docs/deploy.md'), 'utf8').matchAll(
      /`?hanami (check|migrate|backup|restore|doctor|reset-passphrase)\b/g,
    ),
  ];
  expect(commands.length).toBeGreaterThan(5);
  const help = runWith({ HANAMI_DATA: temporary() }, ['--help']);
  for (const [, command = ''] of commands) expect(help).toContain(command);
});
