import { dataset } from '@openhanami/sdk';
import { group, leaf } from '../command.ts';
import { printDeleted, printFields, printList, printTable } from '../print.ts';
import { showProgress } from '../progress.ts';
import type { Session } from '../session.ts';

const FIELDS = [
  'uuid',
  'name',
  'version',
  'number_of_columns',
  'number_of_rows',
  'description',
  'visibility',
  'owner_id',
  'project_id',
  'created_at',
];
const COLUMNS = ['uuid', 'name', 'visibility', 'owner_id', 'project_id', 'created_at'];
const MEGABYTE = 1e6;

/** Uploads with a progress bar; answers with the new data set. */
async function upload(
  { token, address, options }: Session,
  send: (onProgress: (arrived: number, total: number) => void) => Promise<string>,
) {
  const progress = showProgress('upload', 'MB', MEGABYTE);
  try {
    const uuid = await send((arrived, total) => progress.update(arrived, total));
    return await dataset.getDataset(token, address, uuid, options);
  } finally {
    progress.stop();
  }
}

export const datasetCommands = group('dataset', 'data sets: upload, look, compare', [
  group('create', 'upload a data set', [
    leaf(
      'mnist <name>',
      'upload two IDX files (plain or gzipped)',
      'dataset create mnist -i /tmp/train-images-idx3-ubyte -l /tmp/train-labels-idx1-ubyte cli_test_dataset',
      (session, [name = ''], { input, label }) =>
        upload(session, (onProgress) =>
          dataset.uploadMnistFiles(session.token, session.address, name, String(input), String(label), onProgress, session.options),
        ),
      (answer) => printFields(answer, FIELDS),
    )
      .requiredOption('-i, --input <file>', 'file with the images')
      .requiredOption('-l, --label <file>', 'file with the labels'),
    leaf(
      'csv <name>',
      'upload a CSV file',
      'dataset create csv -i /tmp/test.csv test_csv',
      (session, [name = ''], { input }) =>
        upload(session, (onProgress) =>
          dataset.uploadCsvFiles(session.token, session.address, name, String(input), onProgress, session.options),
        ),
      (answer) => printFields(answer, FIELDS),
    ).requiredOption('-i, --input <file>', 'CSV file; its first line names the columns'),
  ]),
  leaf(
    'get <uuid>',
    'show a data set',
    'dataset get 146bacb3-b5bf-485b-a2e8-d1812b57eb63',
    ({ token, address, options }, [uuid = '']) => dataset.getDataset(token, address, uuid, options),
    (answer) => printFields(answer, FIELDS),
  ),
  leaf(
    'list',
    'list all visible data sets',
    'dataset list',
    ({ token, address, options }) => dataset.listDatasets(token, address, options),
    (answer) => printList(answer, COLUMNS),
  ),
  leaf(
    'delete <uuid>',
    'delete a data set',
    'dataset delete 146bacb3-b5bf-485b-a2e8-d1812b57eb63',
    ({ token, address, options }, [uuid = '']) => dataset.deleteDataset(token, address, uuid, options),
    (_, [uuid = '']) => printDeleted('dataset', uuid),
  ),
  leaf(
    'check <uuid>',
    'percent of rows of a result that are right, by the labels of a reference',
    'dataset check -r c7f7e274-5d7d-4696-8591-18441cb1b685 d40c0c06-bd28-49a4-b872-6a70c4750bb9',
    ({ token, address, options }, [uuid = ''], { reference }) =>
      dataset.checkMnistDataset(token, address, uuid, String(reference), options),
    (answer) => printFields(answer, ['accuracy']),
  ).requiredOption('-r, --reference <uuid>', 'data set with the right labels'),
  leaf(
    'content <uuid>',
    'print rows of one column',
    'dataset content -c test_output -o 100 -n 10 718566ed-b8a7-4d69-8cf5-d3eb7d75e30b',
    ({ token, address, options }, [uuid = ''], { column, number, offset }) =>
      dataset.downloadDatasetContent(token, address, uuid, String(column), Number(number), Number(offset), options),
    ({ data }, _, { offset }) => {
      const width = data[0]?.length ?? 0;
      const header = ['', ...Array.from({ length: width }, (_, i) => String(i))];
      printTable(
        header,
        data.map((row, i) => [String(Number(offset) + i), ...row.map((value) => value.toFixed(6))]),
      );
    },
  )
    .requiredOption('-c, --column <name>', 'name of the column')
    .option('-o, --offset <row>', 'first row', '0')
    .option('-n, --number <rows>', 'number of rows', '1'),
]);
