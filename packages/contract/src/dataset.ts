import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { list, name, noInput, nothing, RESOURCE_COLUMNS, resource, shortName, uuid, whole } from './fields.ts';

/** Version that data sets carry. */
export const DATASET_VERSION = 'v1.0alpha';

const fileSize = whole(1, 1e10);

/** Column ranges by name; the end is exclusive. */
const description = z.record(z.string(), z.object({ column_start: z.number(), column_end: z.number() }));
export type DatasetDescription = z.infer<typeof description>;

export const createMnistUpload = endpoint({
  method: 'POST',
  path: '/dataset/upload/mnist',
  summary: 'Announce a data set of two IDX files',
  input: z.strictObject({ name, input_data_size: fileSize, label_data_size: fileSize }),
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

export const createCsvUpload = endpoint({
  method: 'POST',
  path: '/dataset/upload/csv',
  summary: 'Announce a data set of one CSV file',
  input: z.strictObject({ name, input_data_size: fileSize }),
  output: resource.extend({ uuid_input_file: z.string() }),
  errors: [],
});

export const finishCsvUpload = endpoint({
  method: 'PUT',
  path: '/dataset/upload/csv',
  summary: 'Convert and check the uploaded CSV file',
  input: z.strictObject({ uuid, uuid_input_file: uuid }),
  output: z.object({ uuid: z.string() }),
  errors: [404, 409],
});

export const getUploadProgress = endpoint({
  method: 'GET',
  path: '/dataset/progress',
  summary: 'Whether all bytes of an upload have arrived',
  input: z.strictObject({ uuid }),
  output: z.object({ uuid: z.string(), complete: z.boolean() }),
  errors: [404],
});

export const getDataset = endpoint({
  method: 'GET',
  path: '/dataset',
  summary: 'Get a data set',
  input: z.strictObject({ uuid }),
  output: resource.extend({ description, version: z.string(), number_of_rows: z.number(), number_of_columns: z.number() }),
  errors: [404],
});

export const listDatasets = endpoint({
  method: 'GET',
  path: '/dataset/all',
  summary: 'List all visible data sets',
  input: noInput,
  output: list(RESOURCE_COLUMNS),
  errors: [],
});

export const deleteDataset = endpoint({
  method: 'DELETE',
  path: '/dataset',
  summary: 'Delete a data set',
  input: z.strictObject({ uuid }),
  output: nothing,
  errors: [404],
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
