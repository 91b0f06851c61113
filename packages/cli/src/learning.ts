import { basename } from 'node:path';
import { generator, shuffled } from '@openhanami/engine/random';
import { HanamiError, toBase64 } from '@openhanami/sdk';
import { counted, countOf } from './command.ts';
import { type Answers, type Judged, judge, showJudged } from './judging.ts';
import { printLine } from './print.ts';
import { showProgress } from './progress.ts';
import { type Session, UsageError } from './session.ts';
import { type Kind, type Row, readTable, type Table } from './table.ts';
import { outputNames, renamed, targetKind, without } from './targets.ts';

// From a file to a trained, judged and explained network, and to answers.

type Api = Session['api'];
export type Scores = Awaited<ReturnType<Api['learnRows']>>['scores'];

/** Bytes and rows of one call. */
const CALL_BYTES = 1_000_000;
const CALL_ROWS = 5000;
/** Passes at most, and the part by which the loss must fall for another one. */
const MOST_PASSES = 10;
const WORTH = 0.005;
/** Rows that importance is worked out from. */
export const EXPLAINED = 500;

/** Parts of the rows, each small enough for one call. */
export function* parts(rows: readonly Row[]): Generator<readonly Row[]> {
  const sample = rows.slice(0, 200);
  const bytes = Math.max(1, JSON.stringify(sample).length / Math.max(1, sample.length));
  const count = Math.max(1, Math.min(CALL_ROWS, Math.floor(CALL_BYTES / bytes)));
  for (let from = 0; from < rows.length; from += count) yield rows.slice(from, from + count);
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

const PLURALS: Readonly<Record<Kind, string>> = { number: 'numbers', category: 'categories', time: 'times' };

/** Such as `891 rows; 14 columns: 4 numbers, 2 categories, 1 left out (name); missing: age 177`. */
function described({ file, rows, kinds, leftOut, missing }: Table): string {
  const parts = (Object.entries(PLURALS) as [Kind, string][]).flatMap(([kind, plural]) => {
    const count = Object.values(kinds).filter((one) => one === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? kind : plural}`];
  });
  const columns = Object.keys(kinds).length + leftOut.length;
  if (leftOut.length > 0) parts.push(`${leftOut.length} left out (${leftOut.slice(0, 5).join(', ')}${leftOut.length > 5 ? ', …' : ''})`);
  const gaps = Object.entries(missing).sort((a, b) => b[1] - a[1]);
  const told = gaps.slice(0, 6).map(([column, count]) => `${column} ${count}`);
  const more = gaps.length > 6 ? ', …' : '';
  return `${file}: ${counted(rows.length, 'row')}; ${counted(columns, 'column')}: ${parts.join(', ')}${told.length > 0 ? `; missing: ${told.join(', ')}${more}` : ''}`;
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

export async function learn({ api }: Session, file: string, options: Record<string, unknown>): Promise<Learnt> {
  const targets = String(options['target'])
    .split(',')
    .map((name) => name.trim());
  const told = tableOptions(options);
  const table = readTable(file, { ...told, keep: () => targets });
  const notices = [...table.notices];
  const targetKinds = new Map(targets.map((target) => [target, targetKind(table, target, told.kinds[target], notices)]));
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
  const rows = options['inOrder'] === true ? labelled : shuffled(labelled, generator(countOf('--seed', options['seed'])));
  const kept = Math.min(rows.length - 1, Math.round(rows.length * share));
  const [trained, held] = [rows.slice(0, rows.length - kept), rows.slice(rows.length - kept)];
  const outputs = outputNames(targets, Object.keys(table.kinds));
  if (Object.keys(table.kinds).every((column) => targets.includes(column))) {
    throw new UsageError(`${table.file} has no column to learn ${targets.join(' and ')} from`);
  }
  const kinds = {
    ...Object.fromEntries(Object.entries(table.kinds).filter(([column]) => !targets.includes(column))),
    ...Object.fromEntries(Array.from(outputs, ([output, target]) => [output, targetKinds.get(target) as Kind])),
  };

  const name = options['name'] === undefined ? clusterName(file) : String(options['name']);
  const { uuid, name: taken } = await newCluster(api, name, lineOf([...outputs.keys()]), options['name'] !== undefined);
  const progress = showProgress('learn', 'rows');
  let done = 0;
  let loss = Number.POSITIVE_INFINITY;
  let count = 0;
  try {
    const examples = trained.map((row) => renamed(row, outputs));
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
    for (const [output, target] of outputs) judged.push(judge(target, output, answers, held, trained));
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
  for (const one of judged) showJudged(one);
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
