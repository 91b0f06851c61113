import { BadRequest, type ColumnInfo, HanamiError, heldRows, type Task, toBase64 } from '@openhanami/contract';
import { type Client, client } from '../client.ts';
import type { Token } from '../credentials.ts';
import { outputNames, targetKind, templateOf } from '../targets.ts';
import type { Uploadable } from '../upload.ts';
import { type TableRunOptions, withTable } from '../with-table.ts';
import type { TableOptions } from './dataset.ts';
import { TaskFailed, waitForTask } from './task.ts';

// From a table in a file to a trained, judged and explained network: several calls in one.

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
  /** For series: learns the targets of that many rows behind each row, also from the targets so far; rows are put in the order of the first column of times. */
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

/**
 * Trains a new cluster with a table, judges it on rows that it did not see, and says what mattered.
 * @throws BadRequest for a target that there is not, or that cannot be learnt, and for a table that cannot be read; nothing is left then.
 */
export function learnTable(token: Token, address: string, file: Uploadable, options: LearnOptions): Promise<LearntTable> {
  // Rows of a series are learnt in the order of time, however they stand in the file.
  const isSeries = (options.forecast ?? 0) > 0 || (options.window ?? 1) > 1;
  const table = isSeries ? { sort_by: 'auto', ...options.table } : options.table;
  return withTable(token, address, file, { ...options, ...(table ? { table } : {}) }, (_, uuid) =>
    learnDataset(token, address, uuid, options),
  );
}

/**
 * The same with a table that was uploaded before.
 * @throws BadRequest for a target that there is not, or that cannot be learnt, NotFound if the data set is not visible; no cluster is left then.
 */
export async function learnDataset(token: Token, address: string, dataset_uuid: string, options: LearnOptions): Promise<LearntTable> {
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
  const api = client({ address, token, ...more });
  const targets = typeof target === 'string' ? [target] : [...target];
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
  let isQueued = false;
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
    isQueued = true;
    onProgress(created);
    await waitForTask(token, address, created.uuid, cluster.uuid, onProgress, more);
    const task = await api.getTask({ uuid: created.uuid });
    const usable = found.number_of_rows - (window - 1) - forecast;
    const trained = usable - heldRows(usable, holdout);
    const importance = 'dataset_columns' in source && !isSeries ? await importanceOf(api, cluster.uuid, dataset_uuid, notices) : [];
    return { cluster, task, targets: outputs, rows: found.number_of_rows, trained, columns, importance, notices };
  } catch (error) {
    // A cluster that learnt nothing is of no use to anybody; one whose training was stopped, or is only lost sight of, is.
    if (!isQueued || (error instanceof TaskFailed && error.task.state === 'failed'))
      await api.deleteCluster({ uuid: cluster.uuid }).catch(() => {});
    throw error;
  }
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
export function mustBeInOrder(
  columns: readonly ColumnInfo[],
  notices: string[],
  help = `--sort-by puts them into it when the table is read`,
): void {
  for (const { name, kind, skip, ascending, gaps = 0, step } of columns) {
    if (kind !== 'time' || skip) continue;
    if (ascending === false)
      throw new BadRequest(
        `the rows are not in the order of '${name}', each later than the one before; ${help}, and of a file with several series each is learnt by itself`,
      );
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
  const vectors = columns.filter(({ name, kind, skip }) => kind === 'vector' && !skip && !targets.includes(name));
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
    if (told?.skip?.includes(target)) throw new BadRequest(`the target '${target}' is among the columns that are to be skipped`);
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
