import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import {
  fileSize,
  fingerprint,
  flag,
  list,
  name,
  noInput,
  nothing,
  RESOURCE_COLUMNS,
  resource,
  searchInput,
  shortName,
  timestamp,
  uuid,
  whole,
} from './fields.ts';
import { columnInfo, columnKinds, tableOptions, texts } from './table.ts';

/** Version reported for data sets. */
export const DATASET_VERSION = 'v1.0alpha';

/** Column ranges by name; the end is exclusive. */
const description = z.record(z.string(), z.object({ column_start: z.number(), column_end: z.number() }));
export type DatasetDescription = z.infer<typeof description>;

const imported = z.object({
  uuid: z.string(),
  number_of_rows: z.number().optional(),
  columns: z.array(columnInfo).optional(),
  /** What a reader should know, such as that the file had no header. */
  notices: z.array(z.string()).optional(),
});

/** A file of an upload, and the ranges [start, end) of its bytes that have arrived, in order. */
export const uploadedFile = z.object({
  uuid: z.string(),
  part: z.enum(['input', 'label']),
  /** Bytes. */
  size: z.number(),
  received: z.array(z.tuple([z.number(), z.number()])),
  fingerprint: z.string().optional(),
});
export type UploadedFile = z.infer<typeof uploadedFile>;

export const createMnistUpload = endpoint({
  method: 'POST',
  path: '/dataset/upload/mnist',
  summary: 'Announce a data set of two IDX files',
  input: z.strictObject({
    name,
    input_data_size: fileSize,
    label_data_size: fileSize,
    input_fingerprint: fingerprint,
    label_fingerprint: fingerprint,
  }),
  output: resource.extend({ uuid_input_file: z.string(), uuid_label_file: z.string() }),
  errors: [],
});

export const finishMnistUpload = endpoint({
  method: 'PUT',
  path: '/dataset/upload/mnist',
  summary: 'Convert and check the uploaded IDX files',
  input: z.strictObject({ uuid, uuid_input_file: uuid, uuid_label_file: uuid }),
  output: z.object({ uuid: z.string() }),
  errors: [404, 409],
});

const tableUpload = <Path extends string>(path: Path, format: string) =>
  endpoint({
    method: 'POST',
    path,
    summary: `Announce a data set of one ${format} file`,
    input: z.strictObject({
      name,
      input_data_size: fileSize,
      input_fingerprint: fingerprint,
      /** Whether it is removed when no task has used it for `storage.tempfile_timeout` minutes. */
      temporary: flag.default(false),
    }),
    output: resource.extend({ uuid_input_file: z.string() }),
    errors: [],
  });

const finishUpload = <Path extends string>(path: Path, format: string) =>
  endpoint({
    method: 'PUT',
    path,
    summary: `Convert and check the uploaded ${format} file`,
    input: z.strictObject({ uuid, uuid_input_file: uuid, ...tableOptions }),
    output: imported,
    errors: [404, 409],
  });

export const createTableUpload = tableUpload('/dataset/upload/table', 'CSV, JSON, Excel, Arrow or Parquet');
export const finishTableUpload = finishUpload('/dataset/upload/table', 'CSV, JSON, Excel, Arrow or Parquet');
export const createCsvUpload = tableUpload('/dataset/upload/csv', 'CSV');
export const finishCsvUpload = finishUpload('/dataset/upload/csv', 'CSV');
export const createArrowUpload = tableUpload('/dataset/upload/arrow', 'Arrow IPC');
export const finishArrowUpload = finishUpload('/dataset/upload/arrow', 'Arrow IPC');
export const createParquetUpload = tableUpload('/dataset/upload/parquet', 'Parquet');
export const finishParquetUpload = finishUpload('/dataset/upload/parquet', 'Parquet');

export const getUploadProgress = endpoint({
  method: 'GET',
  path: '/dataset/progress',
  summary: 'Which bytes of an upload have arrived, and whether these are all',
  input: z.strictObject({ uuid }),
  output: z.object({ uuid: z.string(), complete: z.boolean(), files: z.array(uploadedFile).optional() }),
  errors: [404],
});

export const listUploads = endpoint({
  method: 'GET',
  path: '/dataset/upload/all',
  summary: "List one's own uploads of data sets and checkpoints that are not finished, so that they can go on",
  input: noInput,
  output: z.object({
    uploads: z.array(
      z.object({ created_at: timestamp, uuid: z.string(), name: z.string(), kind: z.string(), files: z.array(uploadedFile) }),
    ),
  }),
  errors: [],
});

export const getDataset = endpoint({
  method: 'GET',
  path: '/dataset',
  summary: 'Get a data set',
  input: z.strictObject({ uuid }),
  output: resource.extend({
    description,
    version: z.string(),
    number_of_rows: z.number(),
    number_of_columns: z.number(),
    columns: z.array(columnInfo).optional(),
    notices: z.array(z.string()).optional(),
  }),
  errors: [404],
});

export const setDatasetKinds = endpoint({
  method: 'PUT',
  path: '/dataset/kinds',
  summary: 'Change what columns are taken for, and which of them are not learnt from',
  input: z.strictObject({
    uuid,
    kinds: columnKinds.default({}),
    /** All columns that are not learnt from; left out, these stay. */
    skip: texts.optional(),
  }),
  output: imported,
  errors: [404, 409],
});

export const getDatasetRows = endpoint({
  method: 'GET',
  path: '/dataset/rows',
  summary: 'Read rows with the names and values of all columns',
  input: z.strictObject({
    uuid,
    row_offset: whole(0, Number.MAX_SAFE_INTEGER).default(0),
    number_of_rows: whole(1, 10_000).default(100),
  }),
  output: z.object({
    number_of_rows: z.number(),
    names: z.array(z.string()),
    /** Numbers, texts, lists of numbers; flags are true or false, times ISO 8601, missing values null. */
    rows: z.array(z.array(z.unknown())),
  }),
  errors: [404],
});

export const listDatasets = endpoint({
  method: 'GET',
  path: '/dataset/all',
  summary: 'List all visible data sets',
  input: searchInput,
  output: list(RESOURCE_COLUMNS),
  errors: [],
});

export const deleteDataset = endpoint({
  method: 'DELETE',
  path: '/dataset',
  summary: 'Delete a data set; with force tasks that use it are aborted',
  input: z.strictObject({ uuid, force: flag.default(false) }),
  output: nothing,
  errors: [404, 409],
});

export const getDatasetContent = endpoint({
  method: 'GET',
  path: '/dataset/content',
  summary: 'Read rows of one column range',
  input: z.strictObject({
    uuid,
    column_name: shortName,
    row_offset: whole(0, Number.MAX_SAFE_INTEGER).default(0),
    number_of_rows: whole(1, 10_000).default(1),
  }),
  output: z.object({ data: z.array(z.array(z.number())) }),
  errors: [404],
});

export const checkDataset = endpoint({
  method: 'GET',
  path: '/dataset/check',
  summary: "Percent of rows whose largest value stands where the reference's label stands",
  input: z.strictObject({ uuid, reference_uuid: uuid }),
  output: z.object({ accuracy: z.number() }),
  errors: [404],
});

const score = z.number().nullable();

export const evaluateDataset = endpoint({
  method: 'GET',
  path: '/dataset/evaluate',
  summary: 'Compare a result with a reference: accuracy, confusion matrix, precision and recall; MSE, MAE and R² of each column',
  input: z.strictObject({
    uuid,
    reference_uuid: uuid,
    /** Column of the result; default: all that the reference has too, or the only one. */
    column_name: shortName.optional(),
    /** Column of the reference; default: the one of the same name, or `label`. */
    reference_column: shortName.optional(),
    /** Row of the reference that belongs to the first row of the result, such as time_length − 1. */
    reference_offset: whole(0, Number.MAX_SAFE_INTEGER).default(0),
  }),
  output: z.object({
    number_of_rows: z.number(),
    columns: z.array(
      z.object({
        column_name: z.string(),
        reference_column: z.string(),
        mse: score,
        mae: score,
        /** 1 − squared errors / squared distances from the mean; null where the reference is constant. */
        r2: score,
        /** Only if a column names classes, or if both are 2 to 1000 wide: the index of the largest value is the class. */
        classification: z
          .object({
            /** Percent. */
            accuracy: z.number(),
            /** Rows: classes of the reference; columns: classes of the result. */
            confusion_matrix: z.array(z.array(z.number())),
            /** Precision is null for a class that was never predicted, recall for one that is not in the reference. */
            /** `label`: its name, where the columns name their classes. */
            classes: z.array(
              z.object({ class: z.number(), label: z.string().optional(), precision: score, recall: score, rows: z.number() }),
            ),
          })
          .optional(),
      }),
    ),
  }),
  errors: [404],
});

export const downloadDataset = endpoint({
  method: 'GET',
  path: '/dataset/download',
  summary: 'Download a whole data set as CSV or Arrow IPC file; resumable by Range',
  input: z.strictObject({
    uuid,
    format: z.enum(['csv', 'arrow'], "must be 'csv' or 'arrow'").default('csv'),
    /** Whether CSV column names that a spreadsheet would evaluate as formulas are prefixed with `'`. */
    escape_formulae: flag.default(true),
  }),
  output: z.unknown(),
  errors: [404, 416],
  produces: ['text/csv', 'application/vnd.apache.arrow.file'],
});
