import {
  checkDataset as checkEndpoint,
  getDatasetContent as contentEndpoint,
  createArrowUpload,
  createCsvUpload,
  createMnistUpload,
  createParquetUpload,
  deleteDataset as deleteEndpoint,
  downloadDataset as downloadEndpoint,
  evaluateDataset as evaluateEndpoint,
  finishArrowUpload,
  finishCsvUpload,
  finishMnistUpload,
  finishParquetUpload,
  getDataset as getEndpoint,
  type InputOf,
  listDatasets as listEndpoint,
  type OutputOf,
  setDatasetVisibility,
  type Visibility,
} from '@openhanami/contract';
import { type CallOptions, call, type Stream, stream } from './call.ts';
import { openUploadable, type Uploadable, type UploadProgress, type UploadSource, uploadFile } from './upload.ts';

/**
 * Uploads two IDX files (plain or gzipped) as a data set; returns its uuid.
 * @throws BadRequest naming the fault of a file; nothing is left on the server then.
 */
export async function uploadMnistFiles(
  token: string,
  address: string,
  datasetName: string,
  inputFile: Uploadable,
  labelFile: Uploadable,
  onProgress: UploadProgress = () => {},
  options: CallOptions = {},
): Promise<string> {
  return withFiles([inputFile, labelFile], async ([input, label]) => {
    const total = input.size + label.size;
    const announced = { name: datasetName, input_data_size: input.size, label_data_size: label.size };
    const { uuid, uuid_input_file, uuid_label_file } = await call(createMnistUpload, token, address, announced, options);
    return complete(token, address, uuid, options, async () => {
      await uploadFile(token, address, uuid_input_file, input, (arrived) => onProgress(arrived, total), options);
      await uploadFile(token, address, uuid_label_file, label, (arrived) => onProgress(input.size + arrived, total), options);
      await call(finishMnistUpload, token, address, { uuid, uuid_input_file, uuid_label_file }, options);
    });
  });
}

/** Uploads a CSV file as a data set; returns its uuid. @throws BadRequest naming line and column of a fault; nothing is left on the server then. */
export const uploadCsvFiles = uploadTable(createCsvUpload, finishCsvUpload);

/** Uploads an Arrow IPC file (Feather) as a data set; returns its uuid. @throws BadRequest naming row and column of a fault; nothing is left then. */
export const uploadArrowFile = uploadTable(createArrowUpload, finishArrowUpload);

/** Uploads a Parquet file as a data set; returns its uuid. @throws BadRequest naming row and column of a fault; nothing is left then. */
export const uploadParquetFile = uploadTable(createParquetUpload, finishParquetUpload);

/** The upload of a table in one file. */
function uploadTable(announce: typeof createCsvUpload, finish: typeof finishCsvUpload) {
  return (
    token: string,
    address: string,
    datasetName: string,
    inputFile: Uploadable,
    onProgress: UploadProgress = () => {},
    options: CallOptions = {},
  ): Promise<string> =>
    withFiles([inputFile], async ([input]) => {
      const announced = { name: datasetName, input_data_size: input.size };
      const { uuid, uuid_input_file } = await call(announce, token, address, announced, options);
      return complete(token, address, uuid, options, async () => {
        await uploadFile(token, address, uuid_input_file, input, (arrived) => onProgress(arrived, input.size), options);
        await call(finish, token, address, { uuid, uuid_input_file }, options);
      });
    });
}

/** Opens files for the time of an upload. */
async function withFiles<const Files extends readonly Uploadable[]>(
  files: Files,
  work: (opened: { [I in keyof Files]: UploadSource }) => Promise<string>,
): Promise<string> {
  const opened: UploadSource[] = [];
  try {
    for (const file of files) opened.push(await openUploadable(file));
    return await work(opened as unknown as { [I in keyof Files]: UploadSource });
  } finally {
    for (const source of opened) await source.close();
  }
}

/** Does the work of an upload; if that fails, the half data set is deleted. */
async function complete(token: string, address: string, uuid: string, options: CallOptions, work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return uuid;
  } catch (error) {
    await deleteDataset(token, address, uuid, options).catch(() => {});
    throw error;
  }
}

/** Tells about a data set. */
export function getDataset(
  token: string,
  address: string,
  datasetUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: datasetUuid }, options);
}

/** Lists all visible data sets. */
export function listDatasets(token: string, address: string, options?: CallOptions): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, {}, options);
}

/** Deletes a data set. */
export function deleteDataset(
  token: string,
  address: string,
  datasetUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: datasetUuid }, options);
}

/** Percent of rows that a result has right, by the labels of a reference. */
export function checkMnistDataset(
  token: string,
  address: string,
  datasetUuid: string,
  referenceUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof checkEndpoint>> {
  return call(checkEndpoint, token, address, { uuid: datasetUuid, reference_uuid: referenceUuid }, options);
}

/** Reads rows of one column range. */
export function downloadDatasetContent(
  token: string,
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

/** How a comparison is done where names do not tell. */
export interface EvaluationOptions {
  /** Column of the result, and of the reference that it is compared with. */
  readonly columnName?: string;
  readonly referenceColumn?: string;
  /** Row of the reference that belongs to the first row of the result, such as the time length − 1. */
  readonly referenceOffset?: number;
}

/** Compares a result with a reference: accuracy, confusion matrix, precision and recall; MSE, MAE and R². */
export function evaluateDataset(
  token: string,
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

/** Downloads a whole data set. @param options.offset the byte to begin at, to go on with a download that broke. */
export function downloadDataset(
  token: string,
  address: string,
  datasetUuid: string,
  format: 'csv' | 'arrow' = 'csv',
  options?: CallOptions & { offset?: number },
): Promise<Stream> {
  return stream(downloadEndpoint, token, address, { uuid: datasetUuid, format }, options);
}

/** Says who sees a data set. */
export function setVisibility(
  token: string,
  address: string,
  datasetUuid: string,
  visibility: Visibility,
  options?: CallOptions,
): Promise<OutputOf<typeof setDatasetVisibility>> {
  return call(setDatasetVisibility, token, address, { uuid: datasetUuid, visibility }, options);
}
