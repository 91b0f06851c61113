// npm run bench:tables: `hanamictl learn` and `predict` with defaults on raw tables, as a user types them, beside what other learners reach after careful
// preparation. The tables and the figures of the others are in a folder of their own (TABLES_DIR). Prints a table, and writes that of docs/benchmarks.md.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import Papa from 'papaparse';
import { hanamictl } from '../../tests/hanamictl.ts';
import { ServerProcess } from '../../tests/server-process.ts';
import { median } from './figure.ts';

interface Peer {
  readonly acc?: number;
  readonly r2?: number;
  readonly logloss?: number;
}

interface Known {
  readonly target: string;
  readonly kind: 'classes' | 'numbers';
  readonly rows: number;
  readonly peers: Readonly<Record<string, Peer>>;
}

const MARKS = ['<!-- tables: begin -->', '<!-- tables: end -->'] as const;
const root = join(import.meta.dirname, '../..');
const from = resolve(process.env['TABLES_DIR'] ?? join(root, '../shared/data/tables'));
if (!existsSync(join(from, 'tables.json'))) {
  console.log(`The tables of this bench are not here: ${from} (TABLES_DIR says where they are).`);
  process.exit(0);
}
const tables: Record<string, Known> = JSON.parse(readFileSync(join(from, 'tables.json'), 'utf8'));
const seeds = (process.env['SEEDS'] ?? '1,2,3').split(',');
const only = process.env['ONLY']?.split(',');
const folder = mkdtempSync(join(tmpdir(), 'hanami-tables-'));
const server = await ServerProcess.start();
const wins: Record<string, number> = { linear: 0, mlp: 0, forest: 0, hgb: 0 };
const lines: string[] = [];
try {
  for (const [name, known] of Object.entries(tables)) {
    if (only && !only.includes(name)) continue;
    const runs = [];
    for (const seed of seeds) runs.push(await run(name, known, seed));
    const value = median(runs.map((one) => one.value));
    const spread = Math.max(...runs.map((one) => one.value)) - Math.min(...runs.map((one) => one.value));
    const peers = Object.entries(known.peers).map(([peer, figures]) => {
      const theirs = (known.kind === 'classes' ? figures.acc : figures.r2) ?? Number.NaN;
      // As good to three digits.
      const isWon = value >= theirs - 0.0005;
      wins[peer] = (wins[peer] ?? 0) + Number(isWon);
      return `${theirs.toFixed(3)}${isWon ? '' : ' *'}`;
    });
    const seconds = median(runs.map((one) => one.seconds));
    const loss = known.kind === 'classes' ? median(runs.map((one) => one.loss)).toFixed(3) : '';
    const line = `| ${name} | ${known.kind === 'classes' ? 'accuracy' : 'R²'} | ${value.toFixed(3)} | ${spread.toFixed(3)} | ${loss} | ${peers.join(' | ')} | ${seconds.toFixed(1)} s |`;
    console.log(line);
    lines.push(line);
  }
} finally {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
}
const count = lines.length;
const text = `| table | figure | ours | spread of seeds | log loss | ${Object.keys(wins).join(' | ')} | learn, from the file to its answer |
|---|---|---|---|---|---|---|---|---|---|
${lines.join('\n')}

At least as good as (of ${count}; \\* marks where not): ${Object.entries(wins)
  .map(([peer, won]) => `${peer} ${won}`)
  .join(', ')}.
Goals: linear 9, mlp 8, forest 6, hgb 5.`;
console.log(`\n${text}`);
if (!only) {
  const page = join(root, 'docs/benchmarks.md');
  const before = readFileSync(page, 'utf8');
  const [begin, end] = MARKS.map((mark) => before.indexOf(mark)) as [number, number];
  if (begin < 0 || end < begin) throw new Error(`${page} has no place for the table: ${MARKS.join(' … ')}`);
  writeFileSync(page, `${before.slice(0, begin + MARKS[0].length)}\n${text}\n${before.slice(end)}`);
}

/** Learns and asks once. */
async function run(name: string, { target, kind }: Known, seed: string): Promise<{ value: number; loss: number; seconds: number }> {
  const started = performance.now();
  const learnt = await cli(
    'learn',
    join(from, `${name}.train.csv.gz`),
    '--target',
    target,
    '--holdout',
    '0',
    '--seed',
    seed,
    '-n',
    `${name} ${seed}`,
    '-j',
  );
  const seconds = (performance.now() - started) / 1000;
  const { uuid } = JSON.parse(learnt) as { uuid: string };
  const answers = join(folder, 'answers.csv');
  await cli('predict', uuid, join(from, `${name}.test.csv.gz`), '-o', answers, '--force', '--all');
  await cli('cluster', 'delete', uuid);
  const { data } = Papa.parse<Record<string, string>>(readFileSync(answers, 'utf8').trim(), { header: true });
  const answer = Object.keys(data[0] ?? {}).includes(`${target}_answer`) ? `${target}_answer` : target;
  const known = data.filter((row) => row[target] !== '' && row[target] !== undefined);
  const mean = (of: (row: Record<string, string>) => number): number => known.reduce((sum, row) => sum + of(row), 0) / known.length;
  if (kind === 'classes') {
    return {
      value: mean((row) => Number(row[target] === row[answer])),
      loss: mean((row) => -Math.log(Math.max(1e-7, Number(row[`${answer}_${row[target]}`] ?? 0)))),
      seconds,
    };
  }
  const middle = mean((row) => Number(row[target]));
  const squares = mean((row) => (Number(row[answer]) - Number(row[target])) ** 2);
  return { value: 1 - squares / mean((row) => (Number(row[target]) - middle) ** 2), loss: 0, seconds };
}

async function cli(...args: string[]): Promise<string> {
  const { code, out, err } = await hanamictl(server, args);
  if (code !== 0) throw new Error(`hanamictl ${args.join(' ')}: ${err}`);
  return out;
}
