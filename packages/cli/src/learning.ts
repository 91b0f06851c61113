import { basename } from 'node:path';
import { HanamiError, toBase64 } from '@openhanami/sdk';
import { counted, countOf } from './command.ts';
import { printLine, printTable } from './print.ts';
import { showProgress } from './progress.ts';
import { type Session, UsageError } from './session.ts';
import { type Kind, type Row, readTable, type Table } from './table.ts';

// From a file to a trained, judged and explained network, and to answers.

type Api = Session['api'];
export type Scores = Awaited<ReturnType<Api['learnRows']>>['scores'];
type Answers = Awaited<ReturnType<Api['predictRows']>>['answers'];

/** Bytes and rows of one call. */
const CALL_BYTES = 1_000_000;
const CALL_ROWS = 5000;
/** Passes at most, and the part by which the loss must fall for another one. */
const MOST_PASSES = 10;
const WORTH = 0.005;
/** Classes that a confusion table shows. */
const MOST_CLASSES = 8;
/** Rows that importance is worked out from. */
export const EXPLAINED = 500;

const without = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

/** Parts of the rows, each small enough for one call. */
export function* parts(rows: readonly Row[]): Generator<readonly Row[]> {
  const sample = rows.slice(0, 200);
  const bytes = Math.max(1, JSON.stringify(sample).length / Math.max(1, sample.length));
  const count = Math.max(1, Math.min(CALL_ROWS, Math.floor(CALL_BYTES / bytes)));
  for (let from = 0; from < rows.length; from += count) yield rows.slice(from, from + count);
}

/** Random numbers that are the same for the same seed (mulberry32). */
function shuffled<T>(list: readonly T[], seed: number): T[] {
  let state = seed >>> 0;
  const draw = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const found = [...list];
  for (let i = found.length - 1; i > 0; i--) {
    const k = Math.floor(draw() * (i + 1));
    [found[i], found[k]] = [found[k] as T, found[i] as T];
  }
  return found;
}

/** Loss of a score, by which passes are compared: log loss of classes, mean squared error of numbers. */
const lossOf = (scores: Scores): number => Object.values(scores).reduce((sum, { log_loss, rmse = 0 }) => sum + (log_loss ?? rmse ** 2), 0);

/** Learns all rows once; returns the mean loss of the rows before they were learnt. */
async function pass(
  api: Api,
  cluster_uuid: string,
  rows: readonly Row[],
  kinds: Readonly<Record<string, Kind>>,
  seen: (rows: number) => void,
): Promise<number> {
  let loss = 0;
  for (const part of parts(rows)) {
    const { scores } = await api.learnRows({ cluster_uuid, rows: [...part], kinds });
    loss += lossOf(scores) * part.length;
    seen(part.length);
  }
  return loss / rows.length;
}

export async function predict(api: Api, cluster_uuid: string, rows: readonly Row[]): Promise<{ answers: Answers; notices: string[] }> {
  const found: Answers = [];
  const notices = new Set<string>();
  for (const part of parts(rows)) {
    const { answers, notices: told } = await api.predictRows({ cluster_uuid, rows: [...part] });
    found.push(...answers);
    for (const notice of told) notices.add(notice);
  }
  return { answers: found, notices: [...notices] };
}

/** How well rows were answered that were not learnt. */
interface Judged {
  readonly target: string;
  readonly rows: number;
  readonly accuracy?: number;
  readonly log_loss?: number;
  readonly most_frequent?: number;
  readonly confusion?: { readonly classes: string[]; readonly counts: number[][] };
  readonly r2?: number;
  readonly mae?: number;
  readonly mae_of_mean?: number;
}

function judge(target: string, output: string, answers: Answers, rows: readonly Row[], trained: readonly Row[]): Judged {
  const given = answers.map((answer) => answer[output]);
  if (given[0]?.probabilities) {
    const wanted = rows.map((row) => String(row[target]));
    const counts = new Map<string, number>();
    for (const row of trained) counts.set(String(row[target]), (counts.get(String(row[target])) ?? 0) + 1);
    const usual = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
    const classes = [...new Set([...counts.keys(), ...wanted])].sort();
    const confusion = classes.map((of) => classes.map((as) => wanted.filter((w, i) => w === of && String(given[i]?.value) === as).length));
    const loss = wanted.reduce((sum, w, i) => sum - Math.log(Math.max(1e-7, given[i]?.probabilities?.[w] ?? 0)), 0);
    const part = (fits: (w: string, i: number) => boolean): number => wanted.filter(fits).length / rows.length;
    return {
      target,
      rows: rows.length,
      accuracy: part((w, i) => w === String(given[i]?.value)),
      log_loss: loss / rows.length,
      most_frequent: part((w) => w === usual),
      ...(classes.length <= MOST_CLASSES ? { confusion: { classes, counts: confusion } } : {}),
    };
  }
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const wanted = rows.map((row) => Number(row[target]));
  const usual = mean(trained.map((row) => Number(row[target])));
  const errors = wanted.map((w, i) => Number(given[i]?.value) - w);
  const middle = mean(wanted);
  const spread = mean(wanted.map((w) => (w - middle) ** 2));
  return {
    target,
    rows: rows.length,
    ...(spread > 0 ? { r2: 1 - mean(errors.map((e) => e * e)) / spread } : {}),
    mae: mean(errors.map(Math.abs)),
    mae_of_mean: mean(wanted.map((w) => Math.abs(w - usual))),
  };
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const short = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

/** Such as `891 rows; 14 columns: 4 numbers, 2 categories, 1 left out (name); missing: age 177`. */
function described({ file, rows, kinds, leftOut, missing }: Table): string {
  const of = (kind: Kind, word: string): string[] => {
    const count = Object.values(kinds).filter((one) => one === kind).length;
    return count === 0 ? [] : [counted(count, word)];
  };
  const columns = Object.keys(kinds).length + leftOut.length;
  const parts = [
    ...of('number', 'number'),
    ...of('category', 'category').map((text) => text.replace('categorys', 'categories')),
    ...of('time', 'time'),
  ];
  if (leftOut.length > 0) parts.push(`${leftOut.length} left out (${leftOut.slice(0, 5).join(', ')}${leftOut.length > 5 ? ', …' : ''})`);
  const gaps = Object.entries(missing).sort((a, b) => b[1] - a[1]);
  const told = gaps.slice(0, 6).map(([column, count]) => `${column} ${count}`);
  const more = gaps.length > 6 ? ', …' : '';
  return `${file}: ${counted(rows.length, 'row')}; ${counted(columns, 'column')}: ${parts.join(', ')}${told.length > 0 ? `; missing: ${told.join(', ')}${more}` : ''}`;
}

/** A name as templates allow it. */
const bareName = (target: string): string =>
  target
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .replace(/^-/, '_')
    .slice(0, 200) || 'target';

/** The columns of a table that outputs were made of, by output: one of the same name, or whose name became it. */
export function targetColumns(outputs: readonly string[], columns: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const output of outputs) {
    const column =
      columns.find((name) => name === output) ??
      columns.find((name) => bareName(name) === output) ??
      columns.find((name) => output.startsWith(bareName(name)) && /^_\d+$/.test(output.slice(bareName(name).length)));
    if (column !== undefined) found.set(output, column);
  }
  return found;
}

/** A row with its targets under the names of their outputs. */
export function renamed(row: Row, targets: ReadonlyMap<string, string>): Row {
  const columns = [...targets.values()];
  return { ...without(row, columns), ...Object.fromEntries(Array.from(targets, ([output, column]) => [output, row[column] ?? null])) };
}

/** Names of outputs, as templates allow them: each another one, and none that of another column. */
function outputNames(targets: readonly string[], columns: readonly string[]): string[] {
  const taken = new Set(columns.filter((column) => !targets.includes(column)));
  return targets.map((target) => {
    const bare =
      target
        .replace(/[^A-Za-z0-9_-]/g, '_')
        .replace(/^-/, '_')
        .slice(0, 200) || 'target';
    let found = bare;
    for (let i = 2; taken.has(found); i++) found = `${bare}_${i}`;
    taken.add(found);
    return found;
  });
}

const lineOf = (outputs: readonly string[]): string =>
  `version: 1\nhexagons:\n    1,1,1\n    2,1,1\n    3,1,1\ninputs:\n    features: 1,1,1\noutputs:\n${outputs.map((name) => `    ${name}: 3,1,1\n`).join('')}`;

/** Makes a cluster with a name that nobody has yet. */
async function newCluster(api: Api, wanted: string, template: string, told: boolean): Promise<{ uuid: string; name: string }> {
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted} ${i}`;
    try {
      return await api.createCluster({ name, template: toBase64(template) });
    } catch (error) {
      if (told || !(error instanceof HanamiError) || error.status !== 409 || i >= 1000) throw error;
    }
  }
}

function clusterName(file: string): string {
  const bare = basename(file)
    .replace(/\..*$/, '')
    .replace(/[^A-Za-z0-9_\- ]/g, '_');
  const lettered = /^[A-Za-z]/.test(bare) ? bare : `table ${bare}`;
  return lettered.length < 4 ? `table ${lettered}`.trim() : lettered.slice(0, 200);
}

const KINDS: readonly string[] = ['number', 'category', 'time'];

/** The options of a command that reads a table. @throws UsageError for a kind that there is none of. */
export function tableOptions({ kind = [], skip = [], missing = [] }: Record<string, unknown>) {
  const kinds = Object.fromEntries(
    (kind as string[]).map((text) => {
      const [column = '', wanted = ''] = text.split(/=(?=[^=]*$)/);
      if (!KINDS.includes(wanted)) throw new UsageError(`--kind is <column>=number, category or time, not '${text}'`);
      return [column, wanted as Kind];
    }),
  );
  return { kinds, skip: skip as string[], missing: missing as string[] };
}

export interface Learnt {
  readonly uuid: string;
  readonly name: string;
  readonly trained: number;
  readonly passes: number;
  readonly judged: Judged[];
  readonly importance: { field: string; share: number }[];
  readonly table: string;
  readonly notices: readonly string[];
}

/** Different whole numbers up to which a target may well be meant as classes. */
const FEW_NUMBERS = 20;

/** What a target is learnt as: two numbers are classes, more are numbers, unless the caller says otherwise. */
function targetKind(table: Table, target: string, told: Kind | undefined, notices: string[]): Kind {
  const kind = told ?? table.kinds[target] ?? 'category';
  if (kind === 'time') throw new UsageError(`the target '${target}' is a time; --kind ${target}=category learns classes`);
  if (told !== undefined || kind !== 'number') return kind;
  const different = new Set(table.rows.map((row) => row[target]).filter((value) => value !== null));
  if (different.size <= 2) return 'category';
  if (different.size <= FEW_NUMBERS && [...different].every(Number.isInteger)) {
    notices.push(
      `'${target}' has ${different.size} different whole numbers, and is learnt as a number; --kind ${target}=category learns classes`,
    );
  }
  return 'number';
}

export async function learn({ api }: Session, file: string, options: Record<string, unknown>): Promise<Learnt> {
  const targets = String(options['target'])
    .split(',')
    .map((name) => name.trim());
  const told = tableOptions(options);
  const table = readTable(file, { ...told, keep: targets });
  const notices = [...table.notices];
  const targetKinds = targets.map((target) => targetKind(table, target, told.kinds[target], notices));
  const share = Number(options['holdout']);
  if (!(share >= 0 && share < 1)) throw new UsageError(`--holdout is a share from 0 to 1, not '${options['holdout']}'`);
  const passes = options['passes'] === 'auto' ? undefined : countOf('--passes', options['passes']);
  const labelled = table.rows.filter((row) => targets.every((target) => row[target] !== null));
  if (labelled.length < 2)
    throw new UsageError(
      `${table.file} has ${counted(labelled.length, 'row')} with a value for ${targets.join(' and ')}; two are the least`,
    );
  if (labelled.length < table.rows.length)
    notices.push(`${counted(table.rows.length - labelled.length, 'row')} without ${targets.join(' or ')} are not learnt`);
  const rows = options['inOrder'] === true ? labelled : shuffled(labelled, countOf('--seed', options['seed']));
  const kept = Math.min(rows.length - 1, Math.round(rows.length * share));
  const [trained, held] = [rows.slice(0, rows.length - kept), rows.slice(rows.length - kept)];
  const outputs = outputNames(targets, Object.keys(table.kinds));
  if (Object.keys(table.kinds).every((column) => targets.includes(column))) {
    throw new UsageError(`${table.file} has no column to learn ${targets.join(' and ')} from`);
  }
  const named = (row: Row): Row => ({
    ...without(row, targets),
    ...Object.fromEntries(targets.map((target, i) => [outputs[i] as string, row[target] ?? null])),
  });
  const kinds = {
    ...table.kinds,
    ...Object.fromEntries(outputs.map((output, i) => [output, targetKinds[i] as Kind])),
  };
  for (const [i, target] of targets.entries()) if (outputs[i] !== target) delete kinds[target];

  const name = options['name'] === undefined ? clusterName(file) : String(options['name']);
  const { uuid, name: taken } = await newCluster(api, name, lineOf(outputs), options['name'] !== undefined);
  const progress = showProgress('learn', 'rows');
  let done = 0;
  let loss = Number.POSITIVE_INFINITY;
  let count = 0;
  try {
    const examples = trained.map(named);
    while (count < (passes ?? MOST_PASSES)) {
      const now = await pass(api, uuid, examples, kinds, (more) => {
        done += more;
        progress.update(done, examples.length * (passes ?? Math.max(3, count + 1)));
      });
      count++;
      // The first pass answers rows while it knows little; later ones are judged by parts of the network that never learn them.
      if (passes === undefined && count > 1 && now > loss * (1 - WORTH)) break;
      loss = now;
    }
  } catch (error) {
    // A cluster that learnt nothing is of no use to anybody.
    if (count === 0) await api.deleteCluster({ uuid }).catch(() => {});
    throw error;
  } finally {
    progress.stop();
  }
  const judged: Judged[] = [];
  if (held.length > 0) {
    const { answers } = await predict(
      api,
      uuid,
      held.map((row) => without(row, targets)),
    );
    for (const [i, target] of targets.entries()) judged.push(judge(target, outputs[i] as string, answers, held, trained));
  }
  const { importance } = await api.explainRows({
    cluster_uuid: uuid,
    rows: trained.slice(0, EXPLAINED).map((row) => without(row, targets)),
  });
  return { uuid, name: taken, trained: trained.length, passes: count, judged, importance, table: described(table), notices };
}

export function showLearnt({ uuid, trained, passes, judged, importance, table, notices }: Learnt): void {
  printLine(table);
  for (const notice of notices) printLine(notice);
  const [first] = judged;
  printLine(
    `trained on ${counted(trained, 'row')} (${passes} ${passes === 1 ? 'pass' : 'passes'})${first ? `, judged on ${first.rows} that it never saw` : ''}`,
  );
  for (const { target, accuracy, log_loss = 0, most_frequent = 0, confusion, r2, mae = 0, mae_of_mean = 0 } of judged) {
    if (accuracy === undefined) {
      printLine(
        `${target}: ${r2 === undefined ? '' : `R² ${r2.toFixed(3)}, `}mean absolute error ${short(mae)}; always the mean: ${short(mae_of_mean)}`,
      );
      continue;
    }
    printLine(
      `${target}: accuracy ${percent(accuracy)}, log loss ${log_loss.toFixed(3)}; always the most frequent answer: ${percent(most_frequent)}`,
    );
    if (confusion) {
      printTable(
        ['is \\ answered', ...confusion.classes],
        confusion.classes.map((of, i) => [of, ...(confusion.counts[i] ?? []).map(String)]),
      );
    }
  }
  const told = importance.filter(({ share }) => share >= 0.005).slice(0, 8);
  printLine(`what mattered: ${told.map(({ field, share }) => `${field} ${Math.round(100 * share)} %`).join(', ') || 'nothing'}`);
  printLine(`ask it: hanamictl predict ${uuid} <file>`);
}

/** Rows as they were with their answers beside them. */
export function answered(table: Table, answers: Answers, all: boolean): Table['original'][number][] {
  return table.original.map((row, i) => {
    const added: Row = {};
    for (const [output, { value, probabilities, values }] of Object.entries(answers[i] ?? {})) {
      const name = output in row ? `${output}_answer` : output;
      if (values) for (const [k, one] of values.entries()) added[`${name}_${k}`] = one;
      else added[name] = value ?? null;
      if (!probabilities) continue;
      added[`${name}_probability`] = probabilities[String(value)] ?? null;
      if (all) for (const [label, p] of Object.entries(probabilities)) added[`${name}_${label}`] = p;
    }
    return { ...row, ...added };
  });
}
