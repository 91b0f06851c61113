import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { postgresPrograms } from './postgres-server.ts';

const answers = (command: string, ...args: string[]): boolean => spawnSync(command, args, { stdio: 'ignore' }).status === 0;

/** What some tests need, and whether it is there: those that lack it are skipped. */
const NEEDS: Readonly<Record<string, () => boolean>> = {
  'python3 with requests, websockets and protobuf': () => answers('/usr/bin/python3', '-c', 'import requests, websockets, google.protobuf'),
  Chromium: () => ['/usr/bin/chromium', '/usr/bin/google-chrome'].some((path) => existsSync(path)),
  PostgreSQL: () => postgresPrograms() !== undefined,
  openssl: () => answers('openssl', 'version'),
  promtool: () => answers('promtool', '--version'),
  'systemd-analyze': () => answers('systemd-analyze', '--version'),
  strace: () => answers('strace', '-V'),
  'the rights of root (mounts)': () => process.getuid?.() === 0,
  'a Node older than 24': () =>
    ['/usr/bin/node', '/usr/local/bin/node'].some((path) =>
      answers(path, '-e', 'process.exit(parseInt(process.versions.node) < 24 ? 0 : 1)'),
    ),
  'the MNIST files (MNIST_DIR)': () => existsSync(process.env['MNIST_DIR'] ?? join(import.meta.dirname, '../../shared/data/mnist')),
  'the reference documentation': () => existsSync(join(import.meta.dirname, '../../shared/reference')),
};

/** Ends a run with the tests that were skipped and why, and the line that continuous integration looks for. */
export default class ClosingLine implements Reporter {
  /** Says at once why a test has failed: a run that is ended early has no summary. */
  onTestCaseResult(test: TestCase): void {
    for (const { message, stacks, diff } of test.result().errors ?? []) {
      const places = (stacks ?? []).map(({ file, line }) => `  at ${file}:${line}`);
      process.stdout.write(`failed: ${test.fullName}\n${[message, diff, ...places].filter(Boolean).join('\n')}\n`);
    }
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    const skipped: string[] = [];
    for (const module of modules) {
      // A file that could not be loaded has no tests that could fail.
      if (module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped.push(`${module.relativeModuleId}: ${test.fullName}`);
      }
    }
    const lines = [`${passed} passed, ${failed} failed`];
    if (skipped.length > 0) {
      const missing = Object.keys(NEEDS).filter((need) => !NEEDS[need]?.());
      lines.unshift(
        ...skipped.map((name) => `skipped: ${name}`),
        `${skipped.length} skipped; not here: ${missing.join(', ') || 'nothing; the tests were left out on purpose'}`,
      );
    }
    // The default reporter's own summary comes before the process ends.
    process.once('exit', () => process.stdout.write(`${lines.join('\n')}\n`));
  }
}
