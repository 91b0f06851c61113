import { dataset } from '@openhanami/sdk';
import type { Command } from 'commander';
import { group, leaf } from '../command.ts';
import { saveTo } from '../file.ts';
import { printDeleted, printFields, printLine, printList, printTable } from '../print.ts';
import { showProgress } from '../progress.ts';
import { type Session, UsageError } from '../session.ts';
import { visibilityCommand } from './visibility.ts';

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

/** `dataset create <format>` for a table in one file. */
function tableUpload(format: string, what: string, send: typeof dataset.uploadCsvFiles): Command {
  return leaf(
    `${format} <name>`,
    `upload ${/^[AEIOU]/.test(what) ? 'an' : 'a'} ${what.split(';')[0]}`,
    `dataset create ${format} -i /tmp/test.${format} test_${format}`,
    (session, [name = ''], { input }) =>
      upload(session, (onProgress) => send(session.token, session.address, name, String(input), onProgress, session.options)),
    (answer) => printFields(answer, FIELDS),
  ).requiredOption('-i, --input <file>', what);
}

type Evaluation = Awaited<ReturnType<typeof dataset.evaluateDataset>>;

/** Confusion matrices of more classes are found in the JSON. */
const MOST_CLASSES = 30;

function printEvaluation({ columns }: Evaluation): void {
  const number = (value: number | null | undefined): string => (value === null || value === undefined ? '-' : value.toFixed(6));
  printTable(
    ['COLUMN', 'REFERENCE', 'ACCURACY', 'MSE', 'MAE', 'R2'],
    columns.map(({ column_name, reference_column, mse, mae, r2, classification }) => [
      column_name,
      reference_column,
      number(classification?.accuracy),
      number(mse),
      number(mae),
      number(r2),
    ]),
  );
  for (const { classification } of columns) {
    if (!classification || classification.classes.length > MOST_CLASSES) continue;
    printTable(
      ['CLASS', 'PRECISION', 'RECALL', 'ROWS', ...classification.classes.map((one) => `AS ${one.class}`)],
      classification.classes.map((one, i) => [
        String(one.class),
        number(one.precision),
        number(one.recall),
        String(one.rows),
        ...(classification.confusion_matrix[i] ?? []).map(String),
      ]),
    );
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
    tableUpload('csv', 'CSV file; its first line names the columns', dataset.uploadCsvFiles),
    tableUpload('arrow', 'Arrow IPC (Feather) file with columns of numbers or fixed-size lists of them', dataset.uploadArrowFile),
    tableUpload('parquet', 'Parquet file with columns of numbers or lists of one length', dataset.uploadParquetFile),
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
    ({ data }, _, { offset, csv }) => {
      if (csv === true) {
        for (const row of data) printLine(row.join(','));
        return;
      }
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
    .option('-n, --number <rows>', 'number of rows', '1')
    .option('--csv', 'print plain CSV with all digits'),
  leaf(
    'evaluate <uuid>',
    'compare a result with a reference: accuracy, errors, and what was taken for what',
    'dataset evaluate -r c7f7e274-5d7d-4696-8591-18441cb1b685 d40c0c06-bd28-49a4-b872-6a70c4750bb9',
    ({ token, address, options }, [uuid = ''], { reference, column, reference_column, offset }) =>
      dataset.evaluateDataset(
        token,
        address,
        uuid,
        String(reference),
        {
          ...(column === undefined ? {} : { columnName: String(column) }),
          ...(reference_column === undefined ? {} : { referenceColumn: String(reference_column) }),
          referenceOffset: Number(offset),
        },
        options,
      ),
    (answer) => printEvaluation(answer),
  )
    .requiredOption('-r, --reference <uuid>', 'data set with what would be right')
    .option('-c, --column <name>', 'column of the result; left out, all that the reference has too, or its only one')
    .option('--reference_column <name>', 'column of the reference; left out, the one of the same name, or label')
    .option('-o, --offset <row>', 'row of the reference that belongs to the first row of the result', '0'),
  leaf(
    'download <uuid>',
    'save a whole data set as a file; goes on where it broke off',
    'dataset download -f csv -o result.csv 718566ed-b8a7-4d69-8cf5-d3eb7d75e30b',
    ({ token, address, options }, [uuid = ''], { format, output, force }) => {
      if (format !== 'csv' && format !== 'arrow') throw new UsageError(`the format is csv or arrow, not '${format}'`);
      return saveTo(typeof output === 'string' ? output : `${uuid}.${format}`, force === true, (offset) =>
        dataset.downloadDataset(token, address, uuid, format, { ...options, offset }),
      );
    },
    ({ file, bytes }) => file !== '-' && printLine(`saved ${file} (${bytes} bytes)`),
  )
    .option('-f, --format <format>', 'csv or arrow', 'csv')
    .option('-o, --output <file>', 'where to; left out, <uuid>.<format>; - is standard output')
    .option('--force', 'overwrite the file'),
  visibilityCommand('dataset', dataset.setVisibility, COLUMNS),
]);
