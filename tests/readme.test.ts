// The README as a newcomer meets it: a fresh clone, npm ci, and its own commands, typed as they stand. UPDATE_README=1 writes what they print into the README.
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');
const README = join(ROOT, 'README.md');
const TABLES = join(ROOT, 'docs/tables.md');
const SERVER_PORT = 11418;
/** Files that the README lists, each below a comment of its own. */
const EXAMPLES = ['first-session.ts', 'object-session.ts'];

/** A block of the README: its language, its lines, and at which line of the README these begin. */
interface Block {
  readonly language: string;
  readonly lines: readonly string[];
  readonly line: number;
  readonly section: string;
}

function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  let section = '';
  let open: { language: string; lines: string[]; line: number; section: string } | undefined;
  for (const [i, line] of text.split('\n').entries()) {
    if (open) {
      if (line === '```') {
        blocks.push(open);
        open = undefined;
      } else open.lines.push(line);
    } else if (line.startsWith('```')) open = { language: line.slice(3), lines: [], line: i + 1, section };
    else if (line.startsWith('## ')) section = line.slice(3);
  }
  return blocks;
}

/** Commands of a console block with what the README says that they print. */
function commandsOf({ lines }: Block): { command: string; output: string[] }[] {
  const commands: { command: string; output: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
    else commands.at(-1)?.output.push(line);
  }
  return commands;
}

/** Lines with uuids, times, numbers and widths made alike; lines of progress that are the same then are one. */
function shapeOf(lines: readonly string[]): string[] {
  const alike = lines.map((line) =>
    line
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
      // How well it goes, and what matters little, is another each time.
      .replace(/s left; .*/, 's left')
      .replace(/^what mattered: .*/, 'what mattered:')
      .replace(/[+-]?\d+(\.\d+)?(e[+-]\d+)?/g, 'N')
      .replace(/-{2,}/g, '--')
      .replace(/ +/g, ' '),
  );
  return alike.filter((line, i) => line !== alike[i - 1] || !/^(\w+: N of N|N cycles)/.test(line));
}

/** A shell that a person types in. */
class Shell {
  private output = '';
  private readonly child: ChildProcessWithoutNullStreams;

  constructor(cwd: string, env: Record<string, string>) {
    this.child = spawn('bash', ['--noprofile', '--norc'], { cwd, env });
    this.child.stdin.on('error', () => {});
    this.child.stdout.on('data', (data) => (this.output += data));
    this.child.stdin.write("exec 2>&1\nset -m\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n");
  }

  /** Types a line; resolves with what it printed and how it ended. */
  async type(line: string): Promise<{ lines: string[]; code: number }> {
    this.output = '';
    // Commands get no part of what the shell itself reads.
    this.child.stdin.write(`{ ${line}\n} < /dev/null\necho "[ended $?]"\n`);
    while (!/\[ended \d+\]\n$/.test(this.output)) {
      if (this.child.exitCode !== null) throw new Error(`the shell ended: ${this.output}`);
      await new Promise((next) => setTimeout(next, 10));
    }
    const [, code = ''] = /\[ended (\d+)\]\n$/.exec(this.output) ?? [];
    const lines = this.output
      .replace(/\[ended \d+\]\n$/, '')
      .replace(/\n$/, '')
      .split('\n');
    // What job control says of background jobs is not the command's.
    return { lines: lines.filter((text) => text !== '' && !/^\[\d+\][ +-]/.test(text)), code: Number(code) };
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.stdin.end('exit\n');
    await exit;
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

let clone: string;
let shell: Shell;
let closeRegistry = (): void => {};
const asked: string[] = [];
const env: Record<string, string> = {};
for (const name of ['HOME', 'npm_config_cache']) if (process.env[name] !== undefined) env[name] = process.env[name];
// The Node that is installed, not the one that this test runs on.
env['PATH'] = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');

beforeAll(async () => {
  if (await isOpen(SERVER_PORT)) throw new Error(`something listens on port ${SERVER_PORT}, where the README's server is to listen`);
  clone = mkdtempSync(join(tmpdir(), 'hanami-clone-'));
  // What a clone would have: everything that git knows or would take.
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0');
  for (const file of files) {
    if (file === '' || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(clone, file)), { recursive: true });
    cpSync(join(ROOT, file), join(clone, file));
  }
  // A registry that has nothing, and notes what it is asked for.
  const registry = createServer((request, response) => {
    asked.push(String(request.url));
    response.writeHead(404).end('{}');
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  closeRegistry = () => registry.close();
  shell = new Shell(clone, { ...env, npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false' });
  const install = await shell.type('npm ci > install.log 2>&1 || cat install.log');
  if (install.code !== 0 || !existsSync(join(clone, 'node_modules/.bin/hanamictl'))) throw new Error(install.lines.join('\n'));
  await shell.type(`export npm_config_registry=http://127.0.0.1:${(registry.address() as AddressInfo).port}`);
}, 600_000);
afterAll(async () => {
  await shell.end();
  closeRegistry();
  rmSync(clone, { recursive: true, force: true });
});

describe('before the build', () => {
  it.each(['hanami', 'hanamictl'])('%s is linked by npm ci, and says what is missing', async (name) => {
    for (const command of [`npx ${name} --help`, `PATH=$PWD/node_modules/.bin:$PATH ${name}`]) {
      const { lines, code } = await shell.type(command);
      expect([lines.join('\n'), code]).toEqual([`${name} is not built yet: run "npm run build" first.`, 1]);
    }
    expect(asked).toEqual([]);
  });
});

describe('the README', () => {
  it('works as typed, and prints what it says', { timeout: 600_000 }, async () => {
    const text = readFileSync(README, 'utf8');
    const printed = new Map<number, string[]>();
    for (const block of blocksOf(text)) {
      if (block.language === 'toml') writeFileSync(join(clone, 'hanami.toml'), block.lines.join('\n'));
      if (block.language === 'ts') {
        const [file] = EXAMPLES.filter((name) =>
          readFileSync(join(clone, 'examples', name), 'utf8').endsWith(`\n${block.lines.join('\n')}\n`),
        );
        expect(file, `no example is the listing of line ${block.line}`).toBeDefined();
        const { lines, code } = await shell.type(`node examples/${file}`);
        expect(code, lines.join('\n')).toBe(0);
        expect(lines.at(-1)).toMatch(/^\{ accuracy: 9\d(\.\d+)? \}$|^it looks like a \d$/);
      }
      if (block.language !== 'console') continue;
      printed.set(block.line, await typed(block));
      // The page on tables goes on with the server and the tables that are there now.
      if (block.lines.some((line) => line.includes('hanamictl learn'))) await typePage(TABLES);
    }
    expect(printed.size).toBeGreaterThan(3);
    // Nobody asked a registry for one of our names, or for anything.
    expect(asked).toEqual([]);
    if (process.env['UPDATE_README']) writeFileSync(README, withOutputs(text, printed));
  });
});

/** Types the console blocks of a page. */
async function typePage(page: string): Promise<void> {
  const text = readFileSync(page, 'utf8');
  const printed = new Map<number, string[]>();
  for (const block of blocksOf(text)) if (block.language === 'console') printed.set(block.line, await typed(block));
  expect(printed.size).toBeGreaterThan(2);
  if (process.env['UPDATE_README']) writeFileSync(page, withOutputs(text, printed));
}

/** Types the commands of a block, and compares what they print with what the page says. */
async function typed(block: Block): Promise<string[]> {
  const found: string[] = [];
  for (const { command, output } of commandsOf(block)) {
    // The install was done above, from the real registry.
    const answer = await shell.type(command.replace(/^npm ci && /, ''));
    // On a slow machine the first command waits for the server, and says so.
    const lines = answer.lines.filter((line) => !line.startsWith('nothing listens at'));
    expect(answer.code, `${command}\n${lines.join('\n')}`).toBe(0);
    found.push(`$ ${command}`, ...(output[0] === '…' || command.startsWith('npm ') ? output : lines));
    if (command.startsWith('npm ') || process.env['UPDATE_README']) continue;
    if (output[0] === '…') expect(lines.slice(-1)).toEqual(output.slice(1));
    // Rows that are ordered by how much a column matters may change places.
    else expect(shapeOf(lines).toSorted(), command).toEqual(shapeOf(output).toSorted());
  }
  return found;
}

function withOutputs(text: string, printed: ReadonlyMap<number, string[]>): string {
  const lines = text.split('\n');
  for (const block of blocksOf(text).toReversed()) {
    const found = printed.get(block.line);
    if (found) lines.splice(block.line, block.lines.length, ...found);
  }
  return lines.join('\n');
}
