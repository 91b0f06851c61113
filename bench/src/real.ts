// npm run bench:real: the engine on real tables, series and streams beside other learners, and on tables that were spoilt. The sets and the figures of the
// others are in a folder of their own (LAB_DIR), with the scripts that score both. Prints what these say, and writes the tables of docs/benchmarks.md.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Cluster } from '@openhanami/engine';

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

const LINE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\nx: 1,1,1\noutputs:\ny: 3,1,1\n';
const BINS = 10;
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
  const goals = goalsOf(lines, await calibrations(lines), spoilt);
  console.log(goals);
  writeFileSync(page, `${text.slice(0, begin + MARKS[0].length)}\n${tables(lines, goals)}\n${text.slice(end)}`);
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

/** A set of the lab, as far as it matters here. */
interface LabSet {
  readonly kind: 'cls' | 'reg';
  readonly mode: 'split' | 'stream';
  readonly n: number;
  readonly d: number;
  readonly w: number;
  readonly shape?: readonly [number, number];
  readonly X: Float32Array | Uint8Array;
  readonly T: Float32Array;
  readonly Xte?: Float32Array | Uint8Array;
  readonly Tte?: Float32Array;
}

/** Rows of each set, and of those with classes how far confidence is from accuracy after one pass. */
async function calibrations(lines: readonly Line[]): Promise<Map<string, { readonly rows: number; readonly ece?: number }>> {
  const { readSet } = (await import(pathToFileURL(join(lab, 'sets.mjs')).href)) as { readSet(name: string): LabSet };
  const found = new Map<string, { rows: number; ece?: number }>();
  for (const { name } of lines) {
    const set = readSet(name);
    if (set.kind !== 'cls' || set.mode !== 'split' || !set.Xte || !set.Tte) {
      found.set(name, { rows: set.n });
      continue;
    }
    const cluster = await Cluster.create(LINE, { seed: 1 });
    cluster.train({ x: { data: set.X, width: set.d, ...(set.shape ? { shape: set.shape } : {}) } }, { y: { data: set.T, width: set.w } });
    const answers = cluster.request({ x: { data: set.Xte, width: set.d } })['y'] as Float32Array;
    found.set(name, { rows: set.n, ece: calibrationError(answers, set.Tte, set.w) });
  }
  return found;
}

/** Expected calibration error: Σ over bins of confidence of the part of rows · |accuracy − mean confidence| (Guo et al. 2017). */
function calibrationError(answers: Float32Array, targets: Float32Array, width: number): number {
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, right: 0, confidence: 0 }));
  const rows = targets.length / width;
  for (let row = 0; row < rows; row++) {
    const first = answers[row] as number;
    const p = width === 1 ? [1 - first, first] : Array.from(answers.subarray(row * width, (row + 1) * width));
    const sum = p.reduce((all, value) => all + value, 0);
    const best = p.indexOf(Math.max(...p));
    const wanted = width === 1 ? (targets[row] as number) : targets.subarray(row * width, (row + 1) * width).indexOf(1);
    const confidence = (p[best] as number) / sum;
    const bin = bins[Math.min(BINS - 1, Math.floor(confidence * BINS))];
    if (!bin) continue;
    bin.rows++;
    bin.right += Number(best === wanted);
    bin.confidence += confidence;
  }
  return bins.reduce((all, bin) => all + Math.abs(bin.right - bin.confidence) / rows, 0);
}

/** What of the goals is reached, a line each. */
function goalsOf(lines: readonly Line[], found: Awaited<ReturnType<typeof calibrations>>, spoilt: string): string {
  const atLeast = (figure: Line['figure'], ours: number, theirs: number): boolean =>
    figure === 'mae' ? ours <= theirs * 1.0005 : ours >= theirs - 0.0005;
  const last = ({ columns }: Line): Line['columns'][number] => columns.at(-1) as Line['columns'][number];
  const against = (...names: string[]): string => {
    const met = lines.flatMap((line) =>
      line.peers.filter(([peer]) => names.includes(peer)).map(([, theirs]) => atLeast(line.figure, last(line).value, theirs)),
    );
    return `${met.filter(Boolean).length} of ${met.length}`;
  };
  const best = lines.filter(({ rank }) => rank === 1).length;
  const mean = lines.reduce((sum, { rank }) => sum + rank, 0) / lines.length;
  const drops = lines
    .filter(({ columns, figure }) => columns.length > 1 && figure !== 'mae')
    .map((line) => [line.name, line.figure, (line.columns[0]?.value ?? 0) - last(line).value] as const)
    .filter(([, figure, drop]) => drop > (figure === 'acc' ? 0.005 : 0.01));
  const spreads = lines
    .filter(({ name, figure }) => figure === 'acc' && (found.get(name)?.rows ?? 0) > 5000)
    .flatMap(({ name, columns }) => columns.map(({ spread }) => [name, spread] as const));
  const losses = lines
    .flatMap((line) => {
      const theirs = line.peers
        .filter(([peer]) => peer === 'logreg' || peer === 'mlp')
        .map(([, , , loss]) => loss ?? Number.POSITIVE_INFINITY);
      const ours = last(line).logloss;
      return ours === undefined || theirs.length === 0 ? [] : [[line.name, ours / Math.min(...theirs)] as const];
    })
    .filter(([, ratio]) => ratio > 1.05);
  const errors = [...found].flatMap(([name, { ece }]) => (ece === undefined ? [] : [[name, ece] as const]));
  const named = (list: readonly (readonly [string, ...unknown[]])[], digits: number): string =>
    list.map((entry) => `${entry[0]} ${(entry.at(-1) as number).toFixed(digits)}`).join(', ') || 'none';
  return [
    `- Best on ${best} of ${lines.length} sets, mean rank ${mean.toFixed(2)}; seeds ${SEEDS}.`,
    `- At least as good as a linear model on ${against('linear', 'logreg')}, an MLP on ${against('mlp')}, a forest on ${against('forest')},`,
    `  gradient boosting on ${against('hgb')}, online logistic regressions on ${against('online_logreg_adagrad', 'online_logreg_const')}, an`,
    `  online MLP on ${against('online_mlp_adam', 'online_mlp_sgd', 'online_mlp')}, autoregressions on ${against('ar_rls', 'ar_rls_forget.995', 'ar_rls_forget.999')}, persistence on ${against('persist')}.`,
    `- More passes cost more than 0.5 points or 0.01 R² on: ${named(drops, 4)}.`,
    `- Largest half spread between seeds on sets of more than 5,000 rows: ${(100 * Math.max(...spreads.map(([, spread]) => spread))).toFixed(2)} points.`,
    `- Log loss above 1.05 × the better of logistic regression and MLP on: ${named(losses, 2)}.`,
    `- Expected calibration error after one pass above 0.03 on: ${named(
      errors.filter(([, ece]) => ece > 0.03),
      3,
    )}; median ${errors
      .map(([, ece]) => ece)
      .toSorted((a, b) => a - b)
      [errors.length >> 1]?.toFixed(3)}.`,
    `- Of the lines with spoilt tables ${/^(\d+ of \d+) hold$/m.exec(spoilt)?.[1] ?? '?'} hold.`,
  ]
    .join(' ')
    .split(/ (?=- )/)
    .map(wrapped)
    .join('\n');
}

/** An entry of a list in lines of at most 118 characters. */
function wrapped(text: string): string {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length + 1 > 118) lines.push(`  ${word}`);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join('\n');
}

function tables(lines: readonly Line[], goals: string): string {
  return [
    '',
    goals,
    '',
    '| set | figure | one pass | ten passes | log loss | best of the others | rank | CPU s |',
    '|---|---|---|---|---|---|---|---|',
    ...lines.map(row),
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

function show(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 2 ? value.toFixed(2) : value.toFixed(4);
}
