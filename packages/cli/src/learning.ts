import { basename } from 'node:path';
import { HanamiError, type Task, toBase64 } from '@openhanami/sdk';
import { counted, countOf } from './command.ts';
import { type Judged, showJudged } from './judging.ts';
import { printLine } from './print.ts';
import { type Session, UsageError } from './session.ts';
import { type Cell, described, type Row, readRows, tableOptions, withTable } from './table.ts';
import { outputNames, targetColumns, targetKind } from './targets.ts';
import { follow } from './task-progress.ts';
import { templateOf } from './template-of.ts';

// From a file to a trained, judged and explained network, and to answers.

type Api = Session['api'];

/** Rows of a result that are read at once. */
const PAGE = 10_000;

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

export interface Learnt {
  readonly uuid: string;
  readonly name: string;
  readonly trained: number;
  readonly passes: number;
  readonly judged: (Judged & { readonly target: string })[];
  readonly importance: { field: string; share: number }[];
  readonly table: string;
  readonly notices: readonly string[];
}

export function learn(session: Session, file: string, options: Record<string, unknown>): Promise<Learnt> {
  const { api } = session;
  const targets = String(options['target'])
    .split(',')
    .map((name) => name.trim());
  const told = tableOptions(options);
  const holdout = Number(options['holdout']);
  if (!(holdout >= 0 && holdout <= 0.9)) throw new UsageError(`--holdout is a share from 0 to 0.9, not '${options['holdout']}'`);
  const epochs = options['passes'] === 'auto' ? 'auto' : countOf('--passes', options['passes']);
  const seed = countOf('--seed', options['seed']);
  return withTable(session, file, told, async ({ uuid: dataset_uuid, shown }) => {
    const found = await api.getDataset({ uuid: dataset_uuid });
    const notices = [...(found.notices ?? [])];
    let columns = found.columns ?? [];
    const kinds: Record<string, 'category'> = {};
    for (const target of targets) {
      const column = columns.find(({ name }) => name === target);
      if (!column) throw new UsageError(`${shown} has no column '${target}'; it has ${columns.map(({ name }) => `'${name}'`).join(', ')}`);
      if (targetKind(column, told.kinds?.[target] !== undefined, notices) === 'category' && column.kind !== 'category')
        kinds[target] = 'category';
      if (column.missing) notices.push(`${counted(column.missing, 'row')} without ${target} do not teach it`);
    }
    if (Object.keys(kinds).length > 0) columns = (await api.setDatasetKinds({ uuid: dataset_uuid, kinds })).columns ?? columns;
    const isInput = ({ name, kind, skip }: (typeof columns)[number]): boolean =>
      !targets.includes(name) && !skip && kind !== 'text' && kind !== 'vector';
    const inputs = columns.filter(isInput).map(({ name }) => name);
    if (inputs.length === 0) throw new UsageError(`${shown} has no column to learn ${targets.join(' and ')} from`);
    const outputs = outputNames(
      targets,
      columns.map(({ name }) => name),
    );
    const name = options['name'] === undefined ? clusterName(file === '-' ? 'table' : file) : String(options['name']);
    const { uuid, name: taken } = await newCluster(api, name, templateOf([...outputs.keys()]), options['name'] !== undefined);
    let task: Task;
    try {
      const created = await api.createTrainTask({
        name: `learn ${taken}`.slice(0, 254),
        cluster_uuid: uuid,
        inputs: [{ dataset_uuid, dataset_columns: inputs, hexagon_name: 'features' }],
        outputs: Array.from(outputs, ([hexagon_name, dataset_column]) => ({ dataset_uuid, dataset_column, hexagon_name })),
        epochs,
        shuffle: options['inOrder'] !== true,
        seed,
        holdout,
      });
      await follow(session, created, uuid, 'learn', 'rows');
      task = await api.getTask({ uuid: created.uuid });
    } catch (error) {
      // A cluster that learnt nothing is of no use to anybody.
      await api.deleteCluster({ uuid }).catch(() => {});
      throw error;
    }
    const { importance } = await api.explainDataset({ cluster_uuid: uuid, dataset_uuid });
    const { epochs: passes = 1, total_number_of_cycles: cycles } = task;
    return {
      uuid,
      name: taken,
      trained: cycles / passes,
      passes,
      judged: Object.entries(task.holdout ?? {}).map(([output, judged]) => ({ target: outputs.get(output) ?? output, ...judged })),
      importance,
      table: described(shown, found.number_of_rows, columns),
      notices,
    };
  });
}

export function showLearnt({ uuid, trained, passes, judged, importance, table, notices }: Learnt): void {
  printLine(table);
  for (const notice of notices) printLine(notice);
  const [first] = judged;
  printLine(
    `trained on ${counted(trained, 'row')} (${passes} ${passes === 1 ? 'pass' : 'passes'})${first ? `, judged on ${first.rows} that it never saw` : ''}`,
  );
  for (const one of judged) showJudged(one.target, one);
  const told = importance.filter(({ share }) => share >= 0.005).slice(0, 8);
  printLine(`what mattered: ${told.map(({ field, share }) => `${field} ${Math.round(100 * share)} %`).join(', ') || 'nothing'}`);
  printLine(`ask it: hanamictl predict ${uuid} <file>`);
}

/** Answers the rows of a file: the rows as they stand there, with the answers beside them. */
export function predict(
  session: Session,
  cluster_uuid: string,
  file: string,
  options: Record<string, unknown>,
): Promise<{ rows: Row[]; notices: string[] }> {
  const { api } = session;
  const told = tableOptions(options);
  return withTable(session, file, told, async ({ uuid: dataset_uuid, file: path }) => {
    const { inputs, outputs } = await api.getCluster({ uuid: cluster_uuid });
    const fields = inputs[0]?.fields;
    if (!fields || inputs.length !== 1) throw new UsageError('the cluster was not trained with a table; task create request asks it');
    const { columns = [], notices: found = [] } = await api.getDataset({ uuid: dataset_uuid });
    const known = fields.map(({ name }) => name).filter((name) => columns.some((column) => column.name === name));
    const notices = [...found];
    const targets = [
      ...targetColumns(
        outputs.map(({ name }) => name),
        columns.map(({ name }) => name),
      ).values(),
    ];
    for (const { name } of columns) {
      if (!known.includes(name) && !targets.includes(name))
        notices.push(`the field '${name}' was not there when the cluster began to learn; it is passed over`);
    }
    for (const { name } of fields) if (!known.includes(name)) notices.push(`the field '${name}' is not given; it is taken as missing`);
    if (known.length === 0)
      throw new UsageError(`none of the columns is known to the cluster; it learnt ${fields.map(({ name }) => `'${name}'`).join(', ')}`);
    const created = await api.createRequestTask({
      name: 'predict',
      cluster_uuid,
      inputs: [{ dataset_uuid, dataset_columns: known, hexagon_name: inputs[0]?.name ?? '' }],
      results: outputs.map(({ name }) => ({ dataset_column: name, hexagon_name: name, all_classes: options['all'] === true })),
    });
    try {
      await follow(session, created, cluster_uuid, 'predict', 'rows');
      const { rows } = await readRows(path, told);
      return { rows: await withAnswers(api, created.uuid, rows), notices };
    } finally {
      await api.deleteDataset({ uuid: created.uuid }).catch(() => {});
    }
  });
}

export interface Taught {
  readonly rows: number;
  readonly scores: NonNullable<Task['scores']>;
  readonly notices: readonly string[];
}

/** Lets a cluster learn the rows of a file, in their order. */
export function teach(session: Session, cluster_uuid: string, file: string, options: Record<string, unknown>): Promise<Taught> {
  const { api } = session;
  return withTable(session, file, tableOptions(options), async ({ uuid: dataset_uuid, shown }) => {
    const { inputs, outputs } = await api.getCluster({ uuid: cluster_uuid });
    const { columns = [], notices = [], number_of_rows: rows } = await api.getDataset({ uuid: dataset_uuid });
    const names = columns.map(({ name }) => name);
    const targets = targetColumns(
      outputs.map(({ name }) => name),
      names,
    );
    for (const { name } of outputs) {
      if (!targets.has(name))
        throw new UsageError(`${shown} has no column for '${name}', which the cluster learns; it has ${names.join(', ')}`);
    }
    const [input] = inputs;
    if (!input || inputs.length > 1) throw new UsageError('the cluster has several inputs; task create train says which column goes where');
    const known = input.fields?.map(({ name }) => name).filter((name) => names.includes(name));
    const dataset_columns = known ?? ['*', ...Array.from(targets.values(), (column) => `-${column}`)];
    if (dataset_columns.length === 0) throw new UsageError(`none of the columns of ${shown} is known to the cluster`);
    const created = await api.createTrainTask({
      name: 'teach',
      cluster_uuid,
      inputs: [{ dataset_uuid, dataset_columns, hexagon_name: input.name }],
      outputs: Array.from(targets, ([hexagon_name, dataset_column]) => ({ dataset_uuid, dataset_column, hexagon_name })),
    });
    const { scores = {} } = await follow(session, created, cluster_uuid, 'teach', 'rows');
    const passedOver = names.filter((name) => known && !known.includes(name) && ![...targets.values()].includes(name));
    const told = passedOver.map((name) => `the field '${name}' was not there when the cluster began to learn; it is passed over`);
    return { rows, scores, notices: [...notices, ...told] };
  });
}

/** Rows with the columns of a result beside them; a column whose name is taken gets `_answer` behind it. */
async function withAnswers(api: Api, uuid: string, rows: Row[]): Promise<Row[]> {
  for (let from = 0; from < rows.length; from += PAGE) {
    const { names, rows: answers } = await api.getDatasetRows({ uuid, row_offset: from, number_of_rows: PAGE });
    if (from + answers.length < Math.min(rows.length, from + PAGE))
      throw new Error(`the result has ${from + answers.length} rows, the file ${rows.length}`);
    const taken = Object.keys(rows[0] ?? {});
    const shown = names.map((name) => {
      const base = names.find((other) => taken.includes(other) && (name === other || name.startsWith(`${other}_`)));
      return base === undefined ? name : `${base}_answer${name.slice(base.length)}`;
    });
    for (const [i, answer] of answers.entries()) {
      const row = rows[from + i] as Row;
      for (const [k, name] of shown.entries()) row[name] = answer[k] as Cell;
    }
  }
  return rows;
}
