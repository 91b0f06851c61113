import {
  checkDataset as checkEndpoint,
  getDatasetContent as contentEndpoint,
  createArrowUpload,
  createCsvUpload,
  createMnistUpload,
  createParquetUpload,
  createTableUpload,
  deleteDataset as deleteEndpoint,
  downloadDataset as downloadEndpoint,
  type Endpoint,
  evaluateDataset as evaluateEndpoint,
  finishArrowUpload,
  finishCsvUpload,
  finishMnistUpload,
  finishParquetUpload,
  finishTableUpload,
  getDataset as getEndpoint,
  type InputOf,
  listDatasets as listEndpoint,
  type OutputOf,
  setDatasetVisibility,
  type Visibility,
} from '@openhanami/contract';
import { allRows, type NamedRows } from '../all-rows.ts';
import { type CallOptions, call, type ListOptions, type Stream, stream } from '../call.ts';
import { client } from '../client.ts';
import type { Token } from '../credentials.ts';
import { type TableOptions, type Uploadable, type UploadOptions, type UploadProgress, upload } from '../upload.ts';

export type { TableOptions };

const MNIST = { kind: 'mnist', announce: createMnistUpload, finish: finishMnistUpload } as const;

/**
 * Uploads two IDX files (plain or gzipped) as a data set; returns its uuid.
 * @throws BadRequest naming the fault of a file; nothing is left on the server then.
 */
export function uploadMnistFiles(
  token: Token,
  address: string,
  datasetName: string,
  inputFile: Uploadable,
  labelFile: Uploadable,
  onProgress: UploadProgress = () => {},
  options: UploadOptions = {},
): Promise<string> {
  return upload(MNIST, token, address, datasetName, { input: inputFile, label: labelFile }, onProgress, options);
}

/** Endpoints with the input and output of this one. */
type Like<E extends Endpoint> = Endpoint<E['input'], E['output']>;

/** Creates the upload function of a table format. */
function uploaderOf(
  kind: 'csv' | 'arrow' | 'parquet' | 'table',
  announce: Like<typeof createCsvUpload>,
  finish: Like<typeof finishCsvUpload>,
) {
  return (
    token: Token,
    address: string,
    datasetName: string,
    inputFile: Uploadable,
    onProgress: UploadProgress = () => {},
    options: UploadOptions = {},
  ): Promise<string> => upload({ kind, announce, finish }, token, address, datasetName, { input: inputFile }, onProgress, options);
}

/** Uploads a CSV file as a data set; returns its uuid. @throws BadRequest naming line and column of a fault; nothing is left then. */
export const uploadCsvFiles = uploaderOf('csv', createCsvUpload, finishCsvUpload);

/** Uploads an Arrow IPC file (Feather) as a data set; returns its uuid. @throws BadRequest naming row and column of a fault. */
export const uploadArrowFile = uploaderOf('arrow', createArrowUpload, finishArrowUpload);

/** Uploads a Parquet file as a data set; returns its uuid. @throws BadRequest naming row and column of a fault. */
export const uploadParquetFile = uploaderOf('parquet', createParquetUpload, finishParquetUpload);

/**
 * Uploads a table as a data set: CSV, JSON lines, Excel, Arrow or Parquet, also compressed; returns its uuid. The kinds of its columns are inferred from all rows;
 * `options.table` says otherwise.
 * @throws BadRequest naming line, column and value of a fault, and the option that would make it readable; nothing is left then.
 */
export const uploadTable = uploaderOf('table', createTableUpload, finishTableUpload);

/** Reads all rows of a data set, with the names and values of all columns: into memory, so for tables that fit into it. */
export function readRows(token: Token, address: string, datasetUuid: string, options?: CallOptions): Promise<NamedRows> {
  return allRows(client({ address, token, ...options }), datasetUuid);
}

/** Gets a data set. */
export function getDataset(
  token: Token,
  address: string,
  datasetUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: datasetUuid }, options);
}

/** Lists all visible data sets. */
export function listDatasets(
  token: Token,
  address: string,
  { limit, offset, order, name, ...options }: ListOptions = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { limit, offset, order, name }, options);
}

/** Deletes a data set. @param options.force aborts tasks that use it. @throws Conflict naming these tasks, without `force`. */
export function deleteDataset(
  token: Token,
  address: string,
  datasetUuid: string,
  { force, ...options }: CallOptions & { readonly force?: boolean } = {},
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: datasetUuid, force }, options);
}

/** Percent of rows of a result that match the labels of a reference. */
export function checkMnistDataset(
  token: Token,
  address: string,
  datasetUuid: string,
  referenceUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof checkEndpoint>> {
  return call(checkEndpoint, token, address, { uuid: datasetUuid, reference_uuid: referenceUuid }, options);
}

/** Reads rows of one column range. */
export function downloadDatasetContent(
  token: Token,
  address: string,
  datasetUuid: string,
  columnName: string,
  numberOfRows = 1,
  rowOffset = 0,
  options?: CallOptions,
): Promise<OutputOf<typeof contentEndpoint>> {
  return call(
    contentEndpoint,
    token,
    address,
    { uuid: datasetUuid, column_name: columnName, number_of_rows: numberOfRows, row_offset: rowOffset },
    options,
  );
}

/** Columns and offset of a comparison. */
export interface EvaluationOptions {
  /** Column of the result, and of the reference that it is compared with. */
  readonly columnName?: string;
  readonly referenceColumn?: string;
  /** Row of the reference that belongs to the first row of the result, such as the time length − 1. */
  readonly referenceOffset?: number;
}

/** Compares a result with a reference: accuracy, confusion matrix, precision and recall; MSE, MAE and R². */
export function evaluateDataset(
  token: Token,
  address: string,
  datasetUuid: string,
  referenceUuid: string,
  { columnName, referenceColumn, referenceOffset }: EvaluationOptions = {},
  options?: CallOptions,
): Promise<OutputOf<typeof evaluateEndpoint>> {
  const input: InputOf<typeof evaluateEndpoint> = {
    uuid: datasetUuid,
    reference_uuid: referenceUuid,
    ...(columnName === undefined ? {} : { column_name: columnName }),
    ...(referenceColumn === undefined ? {} : { reference_column: referenceColumn }),
    ...(referenceOffset === undefined ? {} : { reference_offset: referenceOffset }),
  };
  return call(evaluateEndpoint, token, address, input, options);
}

/**
 * Downloads a whole data set.
 * @param options.offset first byte, to resume a download that broke.
 * @param options.escapeFormulae prefixes CSV column names that a spreadsheet would evaluate as formulas with `'`; default true.
 */
export function downloadDataset(
  token: Token,
  address: string,
  datasetUuid: string,
  format: 'csv' | 'arrow' = 'csv',
  { escapeFormulae, ...options }: CallOptions & { readonly offset?: number; readonly escapeFormulae?: boolean } = {},
): Promise<Stream> {
  return stream(downloadEndpoint, token, address, { uuid: datasetUuid, format, escape_formulae: escapeFormulae }, options);
}

/** Sets who sees a data set. */
export function setVisibility(
  token: Token,
  address: string,
  datasetUuid: string,
  visibility: Visibility,
  options?: CallOptions,
): Promise<OutputOf<typeof setDatasetVisibility>> {
  return call(setDatasetVisibility, token, address, { uuid: datasetUuid, visibility }, options);
}
