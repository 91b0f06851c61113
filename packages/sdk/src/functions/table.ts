import { BadRequest, type ColumnInfo, HanamiError, type Task, toBase64 } from '@openhanami/contract';
import type { CallOptions } from '../call.ts';
import { type Client, client } from '../client.ts';
import type { Token } from '../credentials.ts';
import { outputNames, targetColumns, targetKind, templateOf } from '../targets.ts';
import type { Uploadable, UploadProgress } from '../upload.ts';
import { deleteDataset, type TableOptions, uploadTable } from './dataset.ts';
import { waitForTask } from './task.ts';

// From a table in a file to a trained, judged and explained network, and to answers: several calls in one.

/** Where a table comes from, and who wants to know how far it is. */
export interface TableRunOptions extends CallOptions {
  /** What is known of the table. */
  readonly table?: TableOptions;
  readonly onUpload?: UploadProgress;
  /** Called with the task as soon as it is queued, and a few times a second while it runs. */
  readonly onProgress?: (task: Task) => void;
}

export interface LearnOptions extends TableRunOptions {
  /** What is to be answered: one column, or several. */
  readonly target: string | readonly string[];
  /** Name of the cluster. With a number behind it if somebody has it already, unless `ownName`. */
  readonly name?: string;
  readonly ownName?: boolean;
  /** How often the rows are learnt; default: as long as it helps. */
  readonly passes?: number | 'auto';
  /** Share of the rows that is kept apart, to judge by; default 0.2. */
  readonly holdout?: number;
  /** For series: rows keep their order, and the last ones judge. */
  readonly inOrder?: boolean;
  /** For series: learns the targets of that many rows behind each row, also from the targets so far; rows keep their order. */
  readonly forecast?: number;
  /** For series: how many rows, the present one and those before it, are seen at once. */
  readonly window?: number;
  /** Fixes the order of the rows, and which are kept apart; default 1. */
  readonly seed?: number;
}

/** What came of a table. */
export interface LearntTable {
  readonly cluster: { readonly uuid: string; readonly name: string };
  /** With scores, and how the rows that were kept apart are answered (`holdout`, by output). */
  readonly task: Task;
  /** The column that each output answers. */
  readonly targets: ReadonlyMap<string, string>;
  readonly rows: number;
  /** Rows that were learnt. */
  readonly trained: number;
  readonly columns: readonly ColumnInfo[];
  readonly importance: readonly { readonly field: string; readonly share: number }[];
  readonly notices: readonly string[];
}

/**
 * The template that `learnTable` makes: one input for all columns, an output for each target, in a line of three hexagons.
 * @param columns of the table, so that no output has the name of another one.
 */
export const tableTemplate = (targets: readonly string[], columns: readonly string[] = []): string =>
  templateOf([...outputNames(targets, columns).keys()]);

/** A table on the server, for as long as `work` runs. */
export async function withTable<Answer>(
  token: Token,
  address: string,
  file: Uploadable,
  { table, onUpload = () => {}, ...options }: TableRunOptions,
  work: (api: Client, uuid: string) => Promise<Answer>,
): Promise<Answer> {
  const name = `table ${new Date().toISOString().replace(/[^0-9]/g, '')}`;
  const uuid = await uploadTable(token, address, name, file, onUpload, { ...options, table: { repair_header: true, ...table } });
  try {
    return await work(client({ address, token, ...options }), uuid);
  } finally {
    await deleteDataset(token, address, uuid, { force: true, ...options }).catch(() => {});
  }
}

/**
 * Trains a new cluster with a table, judges it on rows that it did not see, and says what mattered.
 * @throws BadRequest for a target that there is not, or that cannot be learnt, and for a table that cannot be read; nothing is left then.
 */
export function learnTable(token: Token, address: string, file: Uploadable, options: LearnOptions): Promise<LearntTable> {
  const {
    target,
    name = 'table',
    ownName = false,
    passes = 'auto',
    holdout = 0.2,
    inOrder = false,
    forecast = 0,
    window = 1,
    seed = 1,
    onProgress = () => {},
    ...more
  } = options;
  const targets = typeof target === 'string' ? [target] : [...target];
  return withTable(token, address, file, more, async (api, dataset_uuid) => {
    const found = await api.getDataset({ uuid: dataset_uuid });
    const notices = [...(found.notices ?? [])];
    const columns = await withTargets(api, dataset_uuid, found.columns ?? [], targets, more.table, notices);
    const isSeries = forecast > 0 || window > 1;
    if (isSeries) mustBeInOrder(columns, notices);
    // What was so far says most of what comes.
    const source = sourceOf(columns, forecast > 0 ? [] : targets);
    if (!source) throw new BadRequest(`the table has no column to learn ${targets.join(' and ')} from`);
    const outputs = outputNames(
      targets,
      columns.map((column) => column.name),
    );
    const cluster = await newCluster(api, name, templateOf([...outputs.keys()]), ownName);
    try {
      const created = await api.createTrainTask({
        name: `learn ${cluster.name}`.slice(0, 254),
        cluster_uuid: cluster.uuid,
        inputs: [{ dataset_uuid, ...source, hexagon_name: 'features' }],
        outputs: Array.from(outputs, ([hexagon_name, dataset_column]) => ({ dataset_uuid, dataset_column, hexagon_name })),
        epochs: passes,
        shuffle: !inOrder && !isSeries,
        time_length: window,
        forecast_length: forecast,
        seed,
        holdout,
      });
      onProgress(created);
      await waitForTask(token, address, created.uuid, cluster.uuid, onProgress, more);
      const task = await api.getTask({ uuid: created.uuid });
      const usable = found.number_of_rows - (window - 1) - forecast;
      const trained = usable - (holdout > 0 ? Math.max(1, Math.min(usable - 1, Math.floor(usable * holdout))) : 0);
      const importance = 'dataset_columns' in source && !isSeries ? await importanceOf(api, cluster.uuid, dataset_uuid, notices) : [];
      return { cluster, task, targets: outputs, rows: found.number_of_rows, trained, columns, importance, notices };
    } catch (error) {
      // A cluster that learnt nothing is of no use to anybody.
      await api.deleteCluster({ uuid: cluster.uuid }).catch(() => {});
      throw error;
    }
  });
}

const isLearnable = ({ skip, kind }: ColumnInfo): boolean => !skip && kind !== 'text' && kind !== 'vector';

/** What mattered; nothing of a table that is too wide for that. */
async function importanceOf(
  api: Client,
  cluster_uuid: string,
  dataset_uuid: string,
  notices: string[],
): Promise<LearntTable['importance']> {
  try {
    return (await api.explainDataset({ cluster_uuid, dataset_uuid })).importance;
  } catch (error) {
    if (!(error instanceof HanamiError)) throw error;
    notices.push(`what mattered was not worked out: ${error.message}`);
    return [];
  }
}

/** @throws BadRequest if the rows of a series are not in the order of time. */
function mustBeInOrder(columns: readonly ColumnInfo[], notices: string[]): void {
  for (const { name, kind, skip, ascending, gaps = 0, step } of columns) {
    if (kind !== 'time' || skip) continue;
    if (ascending === false) throw new BadRequest(`the rows are not in the order of '${name}'; sort the file by it first`);
    if (gaps > 0)
      notices.push(`'${name}' has ${gaps} gaps: steps longer than the usual ${step} s; rows on both sides are taken for neighbours`);
  }
}

/** What is learnt from: all columns that say something of a row; of a table with nothing but pictures these. */
function sourceOf(
  columns: readonly ColumnInfo[],
  targets: readonly string[],
): { dataset_columns: string[] } | { dataset_column: string } | undefined {
  const fields = columns.filter((column) => isLearnable(column) && !targets.includes(column.name)).map((column) => column.name);
  if (fields.length > 0) return { dataset_columns: fields };
  const vectors = columns.filter(({ kind, skip }) => kind === 'vector' && !skip);
  return vectors.length === 1 ? { dataset_column: vectors[0]?.name ?? '' } : undefined;
}

/** The columns, with targets as what they are learnt as. */
async function withTargets(
  api: Client,
  uuid: string,
  columns: readonly ColumnInfo[],
  targets: readonly string[],
  told: TableOptions | undefined,
  notices: string[],
): Promise<readonly ColumnInfo[]> {
  const kinds: Record<string, 'category'> = {};
  for (const target of targets) {
    const column = columns.find(({ name }) => name === target);
    if (!column) throw new BadRequest(`the table has no column '${target}'; it has ${columns.map(({ name }) => `'${name}'`).join(', ')}`);
    const isTold = told?.kinds !== undefined && Object.hasOwn(told.kinds, target);
    // A few whole numbers that belong to pictures name what is to be seen.
    const isLabel =
      !isTold && column.kind === 'number' && column.distinct !== undefined && 'dataset_column' in (sourceOf(columns, targets) ?? {});
    const kind = isLabel ? 'category' : targetKind(column, isTold, notices);
    if (kind === 'category' && column.kind !== 'category') kinds[target] = 'category';
    if (column.missing) notices.push(`${column.missing} rows without ${target} do not teach it`);
  }
  return Object.keys(kinds).length === 0 ? columns : ((await api.setDatasetKinds({ uuid, kinds })).columns ?? columns);
}

/** Makes a cluster; with a number behind its name if somebody has that already. */
async function newCluster(api: Client, wanted: string, template: string, ownName: boolean): Promise<{ uuid: string; name: string }> {
  for (let i = 1; ; i++) {
    const name = i === 1 ? wanted : `${wanted} ${i}`;
    try {
      return await api.createCluster({ name, template: toBase64(template) });
    } catch (error) {
      if (ownName || !(error instanceof HanamiError) || error.status !== 409 || i >= 1000) throw error;
    }
  }
}

const BEFORE = / \((\d+) before\)$/;

/** How the columns of a table are known to a cluster. @throws BadRequest for a cluster with several inputs. */
async function fitted(api: Client, cluster_uuid: string, dataset_uuid: string) {
  const { inputs, outputs } = await api.getCluster({ uuid: cluster_uuid });
  const { columns = [], notices = [], number_of_rows: rows } = await api.getDataset({ uuid: dataset_uuid });
  const names = columns.map(({ name }) => name);
  const targets = targetColumns(
    outputs.map(({ name }) => name),
    names,
  );
  const [input] = inputs;
  if (!input || inputs.length > 1) throw new BadRequest('the cluster has not one input; tasks say which column goes where');
  // Of a series rows before the present one are fields too: `load (3 before)`.
  const lags = (input.fields ?? []).map(({ name }) => Number(BEFORE.exec(name)?.[1] ?? 0));
  const window = 1 + Math.max(0, ...lags);
  const fields = input.fields?.filter((_, i) => lags[i] === 0).map(({ name }) => name);
  const there = new Set(names);
  const known = fields?.filter((name) => there.has(name));
  const seen = new Set([...(known ?? []), ...targets.values()]);
  const told = [...notices];
  for (const name of names) {
    if (known && !seen.has(name)) told.push(`the field '${name}' was not there when the cluster began to learn; it is passed over`);
  }
  for (const name of fields ?? []) if (!there.has(name)) told.push(`the field '${name}' is not given; it is taken as missing`);
  const picture = columns.filter(({ kind, skip }) => kind === 'vector' && !skip);
  if (known?.length === 0)
    throw new BadRequest(`none of the columns is known to the cluster; it learnt ${fields?.map((name) => `'${name}'`).join(', ')}`);
  const source = known ? { dataset_columns: known } : picture.length === 1 ? { dataset_column: picture[0]?.name ?? '' } : undefined;
  return { input: input.name, outputs, names, targets, known, source, window, rows, notices: told };
}

export interface TaughtTable {
  readonly rows: number;
  /** How well the rows were answered before they were learnt. */
  readonly scores: NonNullable<Task['scores']>;
  readonly notices: readonly string[];
}

/** Lets a cluster learn the rows of a table, in their order. @throws BadRequest if the table lacks a target. */
export function teachTable(
  token: Token,
  address: string,
  cluster_uuid: string,
  file: Uploadable,
  options: TableRunOptions = {},
): Promise<TaughtTable> {
  const { onProgress = () => {} } = options;
  return withTable(token, address, file, options, async (api, dataset_uuid) => {
    const { input, outputs, names, targets, source, window, rows, notices } = await fitted(api, cluster_uuid, dataset_uuid);
    for (const { name } of outputs) {
      if (!targets.has(name))
        throw new BadRequest(`the table has no column for '${name}', which the cluster learns; it has ${names.join(', ')}`);
    }
    const from = source ?? { dataset_columns: ['*', ...Array.from(targets.values(), (column) => `-${column}`)] };
    const created = await api.createTrainTask({
      name: 'teach',
      cluster_uuid,
      inputs: [{ dataset_uuid, ...from, hexagon_name: input }],
      outputs: Array.from(targets, ([hexagon_name, dataset_column]) => ({ dataset_uuid, dataset_column, hexagon_name })),
      time_length: window,
      // An output that is no class and has several values forecasts them.
      forecast_length: Math.max(0, ...outputs.map(({ width, classes }) => (!classes && width > 1 ? width : 0))),
    });
    onProgress(created);
    const { scores = {} } = await waitForTask(token, address, created.uuid, cluster_uuid, onProgress, options);
    return { rows, scores, notices };
  });
}

export interface AnsweredTable {
  /** Columns of the answers: of each output one of its name, of classes also `<name>_probability`, and with `all` one for each class. */
  readonly names: readonly string[];
  /** One for each row of the table. */
  readonly rows: readonly (readonly unknown[])[];
  readonly notices: readonly string[];
}

/** Rows of a result that are read at once. */
const PAGE = 10_000;

/** Answers the rows of a table. @param options.all the probability of each class. */
export function predictTable(
  token: Token,
  address: string,
  cluster_uuid: string,
  file: Uploadable,
  { all = false, onProgress = () => {}, ...options }: TableRunOptions & { readonly all?: boolean } = {},
): Promise<AnsweredTable> {
  return withTable(token, address, file, options, async (api, dataset_uuid) => {
    const { input, outputs, source, window, rows: count, notices } = await fitted(api, cluster_uuid, dataset_uuid);
    if (!source) throw new BadRequest('the cluster was not trained with a table; a request task asks it');
    const created = await api.createRequestTask({
      name: 'predict',
      cluster_uuid,
      inputs: [{ dataset_uuid, ...source, hexagon_name: input }],
      results: outputs.map(({ name }) => ({ dataset_column: name, hexagon_name: name, all_classes: all })),
      time_length: window,
    });
    onProgress(created);
    try {
      await waitForTask(token, address, created.uuid, cluster_uuid, onProgress, options);
      const rows: unknown[][] = [];
      let names: string[] = [];
      while (rows.length < count - (window - 1)) {
        const page = await api.getDatasetRows({ uuid: created.uuid, row_offset: rows.length, number_of_rows: PAGE });
        if (page.rows.length === 0) break;
        ({ names } = page);
        rows.push(...page.rows);
      }
      return { ...flat(names, rows, window - 1), notices };
    } finally {
      await api.deleteDataset({ uuid: created.uuid }).catch(() => {});
    }
  });
}

/** A column for each value of a forecast; rows that have too few before them have no answer. */
function flat(names: readonly string[], rows: readonly unknown[][], without: number): Pick<AnsweredTable, 'names' | 'rows'> {
  const [first = []] = rows;
  const all = names.flatMap((name, i) => (Array.isArray(first[i]) ? first[i].map((_value, k) => `${name}_${k + 1}`) : [name]));
  const nothing = Array.from({ length: without }, () => all.map(() => null));
  return { names: all, rows: [...nothing, ...rows.map((row) => row.flat())] };
}

/** How much each column of a table matters to the answers; and what took the answer to one row (counted from 0) from the usual one. */
export function explainTable(
  token: Token,
  address: string,
  cluster_uuid: string,
  file: Uploadable,
  { row, ...options }: TableRunOptions & { readonly row?: number } = {},
): ReturnType<Client['explainDataset']> {
  return withTable(token, address, file, options, (api, dataset_uuid) =>
    api.explainDataset({ cluster_uuid, dataset_uuid, ...(row === undefined ? {} : { row }) }),
  );
}
