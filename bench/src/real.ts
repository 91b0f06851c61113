// npm run bench:real: the engine on real tables, series and streams beside other learners, and on tables that were spoilt. The sets and the figures of the
// others are in a folder of their own (LAB_DIR), with the scripts that score both. Prints what these say, and writes the tables of docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A line of the scoring script: ours after so many passes, the rank among all, and `[name, figure, CPU seconds, log loss]` of the others. */
interface Line {
  readonly name: string;
  readonly figure: 'acc' | 'r2' | 'mae';
  readonly columns: readonly {
    readonly p: number;
    readonly value: number;
    readonly spread: number;
    readonly cpu: number;
    readonly logloss?: number;
  }[];
  readonly rank: number;
  readonly peers: readonly (readonly [name: string, figure: number, cpu?: number, logloss?: number])[];
}

const MARKS = ['<!-- real: begin -->', '<!-- real: end -->'] as const;
const root = join(import.meta.dirname, '../..');
const lab = resolve(process.env['LAB_DIR'] ?? join(root, '../shared/lab'));
if (!existsSync(join(lab, 'run.mjs'))) {
  console.log(`The data sets of this bench are not here: ${lab} (LAB_DIR says where they are).`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'hanami-real-'));
const json = join(folder, 'lines.json');
const engine = join(root, 'packages/engine/dist/index.js');
const { SEEDS = '1,2,3', PASSES = '1,10' } = process.env;
try {
  await script('run.mjs', { JSON: json });
  const spoilt = await script('stress.mjs', {});
  const lines = readFileSync(json, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
  const page = join(root, 'docs/benchmarks.md');
  const text = readFileSync(page, 'utf8');
  const [begin, end] = MARKS.map((mark) => text.indexOf(mark)) as [number, number];
  if (begin < 0 || end < begin) throw new Error(`${page} has no place for the tables: ${MARKS.join(' … ')}`);
  writeFileSync(page, `${text.slice(0, begin + MARKS[0].length)}\n${tables(lines, spoilt)}\n${text.slice(end)}`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Runs a script of the lab; returns what it printed. It ends with 1 where a line does not hold. */
async function script(name: string, settings: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [join(lab, name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ENGINE: engine, SEEDS, PASSES, ...settings },
  });
  let printed = '';
  for await (const part of child.stdout.setEncoding('utf8')) {
    process.stdout.write(part);
    printed += part;
  }
  return printed;
}

function tables(lines: readonly Line[], spoilt: string): string {
  const best = lines.filter(({ rank }) => rank === 1).length;
  const mean = lines.reduce((sum, { rank }) => sum + rank, 0) / lines.length;
  const held = /^(\d+ of \d+) hold$/m.exec(spoilt)?.[1] ?? '?';
  return [
    '',
    `Best on ${best} of ${lines.length} sets, mean rank ${mean.toFixed(2)}; seeds ${SEEDS}.`,
    '',
    '| set | figure | one pass | ten passes | log loss | best of the others | rank | CPU s |',
    '|---|---|---|---|---|---|---|---|',
    ...lines.map(row),
    '',
    `Of the lines with spoilt tables ${held} hold.`,
    '',
  ].join('\n');
}

function row({ name, figure, columns, rank, peers }: Line): string {
  const [first, last] = [columns[0], columns.at(-1)];
  if (!first || !last) throw new Error(`no figures of ${name}`);
  const [peer, theirs] = peers.toSorted((a, b) => (figure === 'mae' ? a[1] - b[1] : b[1] - a[1]))[0] ?? ['', Number.NaN];
  const label = { acc: 'accuracy', r2: 'R²', mae: 'MAE' }[figure];
  const later = columns.length > 1 ? show(last.value) : '';
  return `| ${name} | ${label} | ${show(first.value)} | ${later} | ${last.logloss?.toFixed(3) ?? ''} | ${peer} ${show(theirs)} | ${rank} | ${last.cpu.toFixed(2)} |`;
}

const show = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 2 ? value.toFixed(2) : value.toFixed(4);
