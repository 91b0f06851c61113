import { BadRequest, type Task } from '@openhanami/contract';
import { allRows } from '../all-rows.ts';
import { type Client, client } from '../client.ts';
import type { Token } from '../credentials.ts';
import { partsOfField, type Series, seriesOf } from '../series.ts';
import { targetColumns } from '../targets.ts';
import type { Uploadable } from '../upload.ts';
import { type TableRunOptions, withTable } from '../with-table.ts';
import { mustBeInOrder } from './learn-table.ts';
import { waitForTask } from './task.ts';

// A table in a file and a trained network: more to learn, answers, and what took the network to them; several calls in one.

export * from './learn-table.ts';
export { partsOfField, type Series, seriesOf, type TableRunOptions };

type Cluster = Awaited<ReturnType<Client['getCluster']>>;

/** How the columns of a table are known to a cluster. @throws BadRequest for a cluster with several inputs, and for rows of a series that are not in order. */
async function fitted(api: Client, { inputs, outputs }: Cluster, dataset_uuid: string, help: string) {
  const { columns = [], notices = [], number_of_rows: rows } = await api.getDataset({ uuid: dataset_uuid });
  const names = columns.map(({ name }) => name);
  const targets = targetColumns(
    outputs.map(({ name }) => name),
    names,
  );
  const [input] = inputs;
  if (!input || inputs.length > 1) throw new BadRequest('the cluster has not one input; tasks say which column goes where');
  const series = seriesOf({ inputs, outputs }, targets);
  const { window = 1, forecast = 0 } = series ?? {};
  const fields = input.fields?.map(({ name }) => name).filter((name) => partsOfField(name).back === 0);
  const there = new Set(names);
  const known = fields?.filter((name) => there.has(name));
  const seen = new Set([...(known ?? []), ...targets.values()]);
  const told = [...notices];
  if (series) mustBeInOrder(columns, told, help);
  for (const name of names) {
    if (known && !seen.has(name)) told.push(`'${name}' is none of the cluster's fields; it is passed over`);
  }
  for (const name of fields ?? []) if (!there.has(name)) told.push(`the field '${name}' is not given; it is taken as missing`);
  const pictures = columns.filter(({ kind, skip }) => kind === 'vector' && !skip);
  if (known?.length === 0)
    throw new BadRequest(`none of the columns is known to the cluster; it learnt ${fields?.map((name) => `'${name}'`).join(', ')}`);
  const source = known ? { dataset_columns: known } : pictures.length === 1 ? { dataset_column: pictures[0]?.name ?? '' } : undefined;
  return { input: input.name, outputs, names, targets, source, window, forecast, rows, notices: told };
}

export interface TaughtTable {
  /** Rows that were learnt: of a series those that have enough before and behind them. */
  readonly rows: number;
  /** How well the rows were answered before they were learnt. */
  readonly scores: NonNullable<Task['scores']>;
  readonly notices: readonly string[];
}

/** Lets a cluster learn the rows of a table, in their order; those of a series in the order of time. @throws BadRequest if the table lacks a target. */
export async function teachTable(
  token: Token,
  address: string,
  cluster_uuid: string,
  file: Uploadable,
  options: TableRunOptions = {},
): Promise<TaughtTable> {
  const { onProgress = () => {} } = options;
  const cluster = await client({ address, token, ...options }).getCluster({ uuid: cluster_uuid });
  const table = seriesOf(cluster) ? { sort_by: 'auto', ...options.table } : options.table;
  return withTable(token, address, file, { ...options, ...(table ? { table } : {}) }, async (api, dataset_uuid) => {
    const help = '--sort-by puts them into it when the table is read';
    const { input, outputs, names, targets, source, window, forecast, rows, notices } = await fitted(api, cluster, dataset_uuid, help);
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
      forecast_length: forecast,
    });
    onProgress(created);
    const { scores = {} } = await waitForTask(token, address, created.uuid, cluster_uuid, onProgress, options);
    return { rows: Math.max(0, rows - (window - 1) - forecast), scores, notices };
  });
}

export interface AnsweredTable {
  /** Columns of the answers: of each output one of its name, of classes also `<name>_probability`, and with `all` one for each class. */
  readonly names: readonly string[];
  /** One for each row of the table. */
  readonly rows: readonly (readonly unknown[])[];
  readonly notices: readonly string[];
}

/** `all`: the probability of each class. */
export type PredictOptions = TableRunOptions & { readonly all?: boolean };

/** Answers the rows of a table. @param options.all the probability of each class. */
export function predictTable(
  token: Token,
  address: string,
  cluster_uuid: string,
  file: Uploadable,
  options: PredictOptions = {},
): Promise<AnsweredTable> {
  return withTable(token, address, file, options, (_, uuid) => predictDataset(token, address, cluster_uuid, uuid, options));
}

/** The same with a table that was uploaded before. */
export async function predictDataset(
  token: Token,
  address: string,
  cluster_uuid: string,
  dataset_uuid: string,
  { all = false, onProgress = () => {}, ...options }: PredictOptions = {},
): Promise<AnsweredTable> {
  const api = client({ address, token, ...options });
  const { input, outputs, source, window, notices } = await fitted(
    api,
    await api.getCluster({ uuid: cluster_uuid }),
    dataset_uuid,
    'sort the file by it first, so that answers stand beside its rows',
  );
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
    const { names, rows } = await allRows(api, created.uuid);
    return { ...flat(names, rows, window - 1), notices };
  } finally {
    await api.deleteDataset({ uuid: created.uuid }).catch(() => {});
  }
}

/** A column for each value of a forecast; rows that have too few before them have no answer. */
function flat(names: readonly string[], rows: readonly unknown[][], without: number): Pick<AnsweredTable, 'names' | 'rows'> {
  const [first = []] = rows;
  const all = names.flatMap((name, i) => (Array.isArray(first[i]) ? first[i].map((_value, k) => `${name}_${k + 1}`) : [name]));
  const nothing = Array.from({ length: without }, () => all.map(() => null));
  return { names: all, rows: [...nothing, ...rows.map((row) => row.flat())] };
}

/**
 * How much each column of a table matters to the answers; and what took the answer to one row (counted from 0) from the usual one.
 * @throws BadRequest for a cluster that learnt a series: its rows mean nothing by themselves.
 */
export async function explainTable(
  token: Token,
  address: string,
  cluster_uuid: string,
  file: Uploadable,
  { row, ...options }: TableRunOptions & { readonly row?: number } = {},
): ReturnType<Client['explainDataset']> {
  if (seriesOf(await client({ address, token, ...options }).getCluster({ uuid: cluster_uuid })))
    throw new BadRequest('the cluster learnt a series, whose rows mean nothing by themselves: what matters to it cannot be told from them');
  return withTable(token, address, file, options, (api, dataset_uuid) =>
    api.explainDataset({ cluster_uuid, dataset_uuid, ...(row === undefined ? {} : { row }) }),
  );
}
