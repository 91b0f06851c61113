// npm run release -- <version> [--dry-run]: sets the version of all packages and of the changelog, builds, tests, publishes, commits and tags.
// --dry-run does it in a copy, and publishes and commits nothing.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const REPOSITORY = join(import.meta.dirname, '..');
/** Those that others depend on first. */
const PACKAGES = ['contract', 'engine', 'datasets', 'sdk', 'cli', 'server'];

const say = (line: string): void => void process.stdout.write(`${line}\n`);
function fail(sentence: string): never {
  process.stderr.write(`release: ${sentence}\n`);
  process.exit(1);
}
const args = process.argv.slice(2);
const dry = args.includes('--dry-run');
const version = args.find((argument) => !argument.startsWith('--')) ?? '';
if (!/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) fail('which version? Such as: npm run release -- 0.2.0 --dry-run');

/** What is released: the repository, or a copy of what its packages hold. */
const root = dry ? mkdtempSync(join(tmpdir(), 'hanami-release-')) : REPOSITORY;
const run = (command: string, ...words: string[]): string => execFileSync(command, words, { cwd: root, encoding: 'utf8', stdio: 'pipe' });

/** Versions of what is not published are those of what it is built with. */
const OTHERS = ['package.json', 'bench/package.json', 'packages/dashboard/package.json'];
const files = [...PACKAGES.map((name) => `packages/${name}/package.json`), ...OTHERS, 'CHANGELOG.md'];
if (dry) {
  const needed = (path: string): boolean => !['node_modules', 'src', 'test'].includes(basename(path));
  for (const name of ['packages', ...files.filter((file) => !file.startsWith('packages/'))])
    cpSync(join(REPOSITORY, name), join(root, name), { recursive: true, filter: needed });
} else {
  const changed = run('git', 'status', '--porcelain');
  if (changed !== '') fail(`these files are not committed:\n${changed}`);
}

/** Where the packages come from, as git knows it; '' where it knows of nothing. */
function origin(): string {
  try {
    return execFileSync('git', ['remote', 'get-url', 'origin'], { cwd: REPOSITORY, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

interface Manifest {
  version: string;
  private?: boolean;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  repository?: { type: string; url: string; directory: string };
}

function setVersions(): void {
  const url = origin();
  if (url === '' && !dry) fail('the packages name no repository: git knows no remote "origin"');
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    const manifest: Manifest = JSON.parse(readFileSync(join(root, file), 'utf8'));
    manifest.version = version;
    for (const needed of [manifest.dependencies, manifest.devDependencies]) {
      for (const name of Object.keys(needed ?? {})) if (name.startsWith('@openhanami/') && needed) needed[name] = version;
    }
    if (url !== '' && !manifest.private && file.startsWith('packages/')) {
      manifest.repository = { type: 'git', url, directory: file.replace('/package.json', '') };
    }
    writeFileSync(join(root, file), `${JSON.stringify(manifest, null, 2)}\n`);
  }
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  if (!/## Unreleased\n\n(?!## )/.test(changelog)) fail('CHANGELOG.md says nothing under "Unreleased"');
  const day = new Date().toISOString().slice(0, 10);
  writeFileSync(join(root, 'CHANGELOG.md'), changelog.replace('## Unreleased\n', `## Unreleased\n\n## ${version} – ${day}\n`));
}

try {
  setVersions();
  if (!dry) {
    run('npm', 'install', '--package-lock-only');
    execFileSync('npm', ['test'], { cwd: root, stdio: 'inherit' });
  }
  for (const name of PACKAGES) {
    const where = ['-w', `packages/${name}`, '--access', 'public'];
    run('npm', 'publish', ...where, ...(dry ? ['--dry-run', '--fetch-retries=0'] : []));
    say(`@openhanami/${name} ${version}${dry ? ' could be published' : ' is published'}`);
  }
  if (!dry) {
    run('git', 'commit', '-am', `Release ${version}`);
    run('git', 'tag', `v${version}`);
    say(`committed and tagged v${version}; push both: git push --follow-tags`);
  }
} catch (error) {
  const { stderr = '', message } = error as { stderr?: string; message: string };
  process.exitCode = 1;
  process.stderr.write(`release: ${stderr || message}\n`);
} finally {
  if (dry) rmSync(root, { recursive: true, force: true });
}
