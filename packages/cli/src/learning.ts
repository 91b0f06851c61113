import { basename } from 'node:path';
import { table } from '@openhanami/sdk';
import { counted, countOf } from './command.ts';
import { withInput } from './file.ts';
import { atInterrupt, tell } from './interrupts.ts';
import { type Judged, showJudged } from './judging.ts';
import { printLine } from './print.ts';
import { showBytes } from './progress.ts';
import { type Session, UsageError } from './session.ts';
import { type Cell, described, type Row, readRows, tableOptions } from './table.ts';
import { taskProgress } from './task-progress.ts';

// Tables in files, learnt and answered: what the SDK does, with progress and in words.

function clusterName(file: string): string {
  const bare = basename(file)
    .replace(/\..*$/, '')
    .replace(/[^A-Za-z0-9_\- ]/g, '_');
  const lettered = /^[A-Za-z]/.test(bare) ? bare : `table ${bare}`;
  return lettered.length < 4 ? `table ${lettered}`.trim() : lettered.slice(0, 200);
}

/** Runs `work` with a file and what shows how far it is. */
function run<Answer>(
  { options }: Session,
  file: string,
  given: Record<string, unknown>,
  what: string,
  work: (path: string, how: table.TableRunOptions) => Promise<Answer>,
): Promise<Answer> {
  const told = tableOptions(given);
  return withInput(file, async (path) => {
    const upload = showBytes('upload');
    const progress = taskProgress(what, 'rows');
    // Once a task is queued, its progress says what goes on.
    const forget = atInterrupt(() => tell(`${what} was interrupted; the server removes what was uploaded when nothing uses it`));
    try {
      return await work(path, {
        ...options,
        table: told,
        onUpload: (arrived, total) => upload.update(arrived, total),
        onProgress(task) {
          forget();
          upload.stop();
          progress.update(task);
        },
      });
    } catch (error) {
      progress.failed(error);
      throw error;
    } finally {
      forget();
      upload.stop();
      progress.stop();
    }
  });
}

/** Rows that a network sees at once, or answers ahead, at most. */
const MOST_STEPS = 1000;

export interface Learnt {
  readonly uuid: string;
  readonly name: string;
  /** The name that the user would expect: his own, or that of the file. */
  readonly wanted: string;
  readonly trained: number;
  readonly passes: number;
  readonly judged: (Judged & { readonly target: string })[];
  readonly importance: table.LearntTable['importance'];
  readonly table: string;
  readonly notices: readonly string[];
}

export async function learn(session: Session, file: string, options: Record<string, unknown>): Promise<Learnt> {
  const target = String(options['target'])
    .split(',')
    .map((name) => name.trim());
  const holdout = Number(options['holdout']);
  if (!(holdout >= 0 && holdout <= 0.9)) throw new UsageError(`--holdout is a share from 0 to 0.9, not '${options['holdout']}'`);
  const passes = options['passes'] === 'auto' ? 'auto' : countOf('--passes', options['passes']);
  const seed = countOf('--seed', options['seed']);
  const series = {
    ...(options['forecast'] === undefined ? {} : { forecast: countOf('--forecast', options['forecast']) }),
    ...(options['window'] === undefined ? {} : { window: countOf('--window', options['window']) }),
  };
  for (const [flag, value = 0] of [
    ['--forecast', series.forecast],
    ['--window', series.window],
  ] as const)
    if (value > MOST_STEPS) throw new UsageError(`${flag} is at most ${MOST_STEPS} rows, not ${value}`);
  const own = options['name'] === undefined ? undefined : String(options['name']);
  if (own !== undefined && own.length < 4) throw new UsageError(`-n is a name of at least 4 characters, not '${own}'`);
  const name = own ?? clusterName(file === '-' ? 'table' : file);
  const { token, address } = session;
  const { cluster, task, targets, rows, trained, columns, importance, notices } = await run(session, file, options, 'learn', (path, how) =>
    table.learnTable(token, address, path, {
      ...how,
      target,
      name,
      ownName: own !== undefined,
      passes,
      holdout,
      seed,
      inOrder: options['inOrder'] === true,
      ...series,
    }),
  );
  const { epochs = 1, holdout: judged = {} } = task;
  return {
    uuid: cluster.uuid,
    name: cluster.name,
    wanted: own ?? basename(file).replace(/\..*$/, ''),
    trained,
    passes: epochs,
    judged: Object.entries(judged).map(([output, one]) => ({ target: targets.get(output) ?? output, ...one })),
    importance,
    table: described(file === '-' ? 'standard input' : basename(file), rows, columns),
    notices,
  };
}

export function showLearnt({ uuid, name, wanted, trained, passes, judged, importance, table: read, notices }: Learnt): void {
  printLine(read);
  for (const notice of notices) printLine(notice);
  const [first] = judged;
  printLine(
    `trained on ${counted(trained, 'row')} (${passes} ${passes === 1 ? 'pass' : 'passes'})${first ? `, judged on ${first.rows} that it never saw` : ''}`,
  );
  for (const one of judged) showJudged(one.target, one);
  const told = importance.filter(({ share }) => share >= 0.005).slice(0, 8);
  if (importance.length > 0)
    printLine(`what mattered: ${told.map(({ field, share }) => `${field} ${Math.round(100 * share)} %`).join(', ') || 'nothing'}`);
  if (name !== wanted) printLine(`the cluster is called '${name}'`);
  printLine(`ask it: hanamictl predict ${uuid} <file>`);
}

/** Answers the rows of a file: the rows as they stand there, with the answers beside them. */
export function predict(
  session: Session,
  cluster: string,
  file: string,
  options: Record<string, unknown>,
): Promise<{ rows: Row[]; notices: readonly string[] }> {
  const { token, address } = session;
  return run(session, file, options, 'predict', async (path, how) => {
    const {
      names,
      rows: answers,
      notices,
    } = await table.predictTable(token, address, cluster, path, { ...how, all: options['all'] === true });
    const { names: columns, rows } = await readRows(path, how.table ?? {});
    if (rows.length !== answers.length) throw new Error(`the result has ${answers.length} rows, the file ${rows.length}`);
    const shown = names.map((name) => beside(name, names, columns));
    for (const [i, answer] of answers.entries()) {
      const row = rows[i] as Row;
      for (const [k, name] of shown.entries()) row[name] = answer[k] as Cell;
    }
    return { rows, notices };
  });
}

/** The name of an answer beside the columns of a file: where its target is among them, `_answer` stands behind it. */
function beside(name: string, names: readonly string[], columns: readonly string[]): string {
  const taken = names.find((other) => columns.includes(other) && (name === other || name.startsWith(`${other}_`)));
  return taken === undefined ? name : `${taken}_answer${name.slice(taken.length)}`;
}

/** Lets a cluster learn the rows of a file, in their order. */
export const teach = (session: Session, cluster: string, file: string, options: Record<string, unknown>): Promise<table.TaughtTable> =>
  run(session, file, options, 'teach', (path, how) => table.teachTable(session.token, session.address, cluster, path, how));

export function explain(session: Session, cluster: string, file: string, options: Record<string, unknown>) {
  const row = options['row'] === undefined ? undefined : countOf('--row', options['row']);
  if (row === 0) throw new UsageError('--row counts from 1');
  return run(session, file, options, 'explain', (path, how) =>
    table.explainTable(session.token, session.address, cluster, path, { ...how, ...(row === undefined ? {} : { row: row - 1 }) }),
  );
}
