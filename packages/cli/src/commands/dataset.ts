import { type Client, dataset } from '@openhanami/sdk';
import { type Command, Option } from 'commander';
import { countOf, group, leaf, listLeaf, repeated } from '../command.ts';
import { saveTo, withInput } from '../file.ts';
import { printDeleted, printFields, printLine, printTable } from '../print.ts';
import { UsageError } from '../session.ts';
import { tableOptions, withTableOptionsAndOrder } from '../table.ts';
import { RESUME, uploadWith } from '../upload.ts';
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
type Send = typeof dataset.uploadCsvFiles;
type Shown = Awaited<ReturnType<Client['getDataset']>>;

/** Prints a data set, and what its columns are where there is more to say than that they are numbers. */
function showDataset(answer: Shown): void {
  const { columns = [], notices = [] } = answer;
  const isPlain = columns.every(({ kind, skip, missing = 0 }) => (kind === 'number' || kind === 'vector') && !skip && missing === 0);
  if (isPlain && notices.length === 0) printFields(answer, FIELDS);
  else showColumns(answer);
}

/** Prints a data set, and what its columns are. */
function showColumns(answer: Shown): void {
  const { columns = [], notices = [] } = answer;
  // The table says where columns begin and end, and more.
  printFields(
    answer,
    FIELDS.filter((field) => field !== 'description'),
  );
  const shown = (value: number | undefined, kind: string): string =>
    value === undefined
      ? ''
      : kind === 'time'
        ? new Date(value * 1000).toISOString().replace('.000Z', 'Z')
        : String(Number(value.toPrecision(6)));
  const told = columns.slice(0, MOST_COLUMNS);
  printTable(
    ['COLUMN', 'KIND', 'MISSING', 'FROM', 'TO', 'DIFFERENT', 'MOST FREQUENT'],
    told.map(({ name, kind, skip, missing = 0, min, max, distinct, most_frequent = [] }) => [
      name,
      skip ? `${kind}, skipped` : kind,
      String(missing),
      shown(min, kind),
      shown(max, kind),
      distinct === undefined ? '' : String(distinct),
      most_frequent
        .slice(0, 3)
        .map(([label, rows]) => `${label} (${rows})`)
        .join(', '),
    ]),
  );
  if (columns.length > told.length) printLine(`and ${columns.length - told.length} more columns; -j shows all`);
  for (const notice of notices) printLine(notice);
}

/** Columns that are shown; a picture in a table has 784. */
const MOST_COLUMNS = 60;

/** `dataset create <format>` for a table in one file. */
function tableUpload(format: string, what: string, send: Send): Command {
  return withTableOptionsAndOrder(tableLeaf(format, what, send));
}

function tableLeaf(format: string, what: string, send: Send): Command {
  return leaf(
    `${format} <name>`,
    `upload ${/^[AEIOU]/.test(what) ? 'an' : 'a'} ${what.split(';')[0]}`,
    `dataset create ${format} -i /tmp/test.${format} test_${format}`,
    (session, [name = ''], { input, resume, ...told }) =>
      uploadWith(session, name, resume, async (onProgress, options) => {
        const { token, address } = session;
        const table = tableOptions(told);
        const uuid = await withInput(String(input), (file) => send(token, address, name, file, onProgress, { ...options, table }));
        return session.api.getDataset({ uuid });
      }),
    format === 'table' ? showColumns : showDataset,
  )
    .requiredOption('-i, --input <file>', `${what}; - is standard input`)
    .option('--resume', RESUME);
}

interface Content {
  /** Of all columns. */
  readonly names?: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

async function readContent(api: Client, uuid: string, column: unknown, rows: unknown, offset: number): Promise<Content> {
  if (column === undefined) return api.getDatasetRows({ uuid, row_offset: offset, number_of_rows: countOf('--rows', rows ?? 20) });
  const { data } = await api.getDatasetContent({
    uuid,
    column_name: String(column),
    number_of_rows: countOf('--rows', rows ?? 1),
    row_offset: offset,
  });
  return { rows: data };
}

type Evaluation = Awaited<ReturnType<Client['evaluateDataset']>>;

/** Confusion matrices of more classes are only in the JSON. */
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
      ['CLASS', 'PRECISION', 'RECALL', 'ROWS', ...classification.classes.map((one) => `AS ${one.label ?? one.class}`)],
      classification.classes.map((one, i) => [
        one.label ?? String(one.class),
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
      (session, [name = ''], { input, label, resume }) =>
        uploadWith(session, name, resume, async (onProgress, options) => {
          const { token, address } = session;
          const uuid = await dataset.uploadMnistFiles(token, address, name, String(input), String(label), onProgress, options);
          return session.api.getDataset({ uuid });
        }),
      (answer) => printFields(answer, FIELDS),
    )
      .requiredOption('-i, --input <file>', 'file with the images')
      .requiredOption('-l, --label <file>', 'file with the labels')
      .option('--resume', RESUME),
    tableUpload('table', 'table; CSV, JSON lines, Excel, Arrow or Parquet, also compressed', dataset.uploadTable),
    tableUpload('csv', 'CSV file; its first line names the columns', dataset.uploadCsvFiles),
    tableUpload('arrow', 'Arrow IPC (Feather) file', dataset.uploadArrowFile),
    tableUpload('parquet', 'Parquet file', dataset.uploadParquetFile),
  ]),
  leaf(
    'get <uuid>',
    'show a data set',
    'dataset get 146bacb3-b5bf-485b-a2e8-d1812b57eb63',
    ({ api }, [uuid = '']) => api.getDataset({ uuid }),
    showDataset,
    { of: 'dataset' },
  ),
  leaf(
    'kinds <uuid>',
    'change what columns are taken for, and which are not learnt from',
    'dataset kinds 146bacb3-b5bf-485b-a2e8-d1812b57eb63 --kind zip=category --skip id',
    async ({ api }, [uuid = ''], options) => {
      const { kinds = {}, skip } = tableOptions(options);
      await api.setDatasetKinds({ uuid, kinds, ...(skip ? { skip } : {}) });
      return api.getDataset({ uuid });
    },
    showColumns,
    { of: 'dataset' },
  )
    .option('--kind <column=kind>', 'number, flag, category, time or text; repeatable', repeated)
    .option('--skip <column>', 'leave a column out of learning; repeatable; those named before are learnt again', repeated),
  listLeaf('all visible data sets', 'dataset list', ({ api }, part) => api.listDatasets(part), COLUMNS),
  leaf(
    'delete <uuid>',
    'delete a data set',
    'dataset delete 146bacb3-b5bf-485b-a2e8-d1812b57eb63',
    ({ api }, [uuid = ''], { force }) => api.deleteDataset({ uuid, force: force === true }),
    (_, [uuid = '']) => printDeleted('dataset', uuid),
    { of: 'dataset' },
  ).option('--force', 'abort the tasks that use it'),
  leaf(
    'check <uuid>',
    'percent of rows of a result that are right, by the labels of a reference',
    'dataset check -r c7f7e274-5d7d-4696-8591-18441cb1b685 d40c0c06-bd28-49a4-b872-6a70c4750bb9',
    ({ api }, [uuid = ''], { reference }) => api.checkDataset({ uuid, reference_uuid: String(reference) }),
    (answer) => printFields(answer, ['accuracy']),
    { of: 'dataset' },
  ).requiredOption('-r, --reference <uuid>', 'data set with the right labels'),
  leaf(
    'content <uuid>',
    'print rows of one column, or of all',
    'dataset content -c test_output -o 100 -n 10 718566ed-b8a7-4d69-8cf5-d3eb7d75e30b',
    ({ api }, [uuid = ''], { column, number, rows = number, offset }) => readContent(api, uuid, column, rows, countOf('--offset', offset)),
    (content, _, { offset, csv }) => {
      if (csv === true) {
        for (const row of content.rows) printLine(row.map((value) => value ?? '').join(','));
        return;
      }
      const shown = (value: unknown): string =>
        typeof value === 'number' && !content.names ? value.toFixed(6) : Array.isArray(value) ? value.join(' ') : String(value ?? '');
      const width = content.rows[0]?.length ?? 0;
      const header = ['', ...(content.names ?? Array.from({ length: width }, (_value, i) => String(i)))];
      printTable(
        header,
        content.rows.map((row, i) => [String(Number(offset) + i), ...row.map(shown)]),
      );
    },
    {
      of: 'dataset',
      asJson: ({ names, rows }) => (names ? rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]]))) : rows),
    },
  )
    .option('-c, --column <name>', 'name of the column; left out, all with their names and values')
    .option('-o, --offset <row>', 'first row', '0')
    .option('-n, --rows <number>', 'number of rows; left out, 1 of a column, 20 of all')
    .addOption(new Option('--number <number>', 'the same').hideHelp())
    .option('--csv', 'print plain CSV with all digits'),
  leaf(
    'evaluate <uuid>',
    'compare a result with a reference: accuracy, errors, and what was taken for what',
    'dataset evaluate -r c7f7e274-5d7d-4696-8591-18441cb1b685 d40c0c06-bd28-49a4-b872-6a70c4750bb9',
    ({ api }, [uuid = ''], { reference, column, reference_column, offset }) =>
      api.evaluateDataset({
        uuid,
        reference_uuid: String(reference),
        ...(column === undefined ? {} : { column_name: String(column) }),
        ...(reference_column === undefined ? {} : { reference_column: String(reference_column) }),
        reference_offset: countOf('--offset', offset),
      }),
    (answer) => printEvaluation(answer),
    { of: 'dataset' },
  )
    .requiredOption('-r, --reference <uuid>', 'data set with what would be right')
    .option('-c, --column <name>', 'column of the result; left out, all that the reference has too, or its only one')
    .option('--reference_column <name>', 'column of the reference; left out, the one of the same name, or label')
    .option('-o, --offset <row>', 'row of the reference that belongs to the first row of the result', '0'),
  leaf(
    'download <uuid>',
    'save a whole data set as a file; goes on where it broke off',
    'dataset download -f csv -o result.csv 718566ed-b8a7-4d69-8cf5-d3eb7d75e30b',
    ({ api }, [uuid = ''], { format, output, force, plain_names }) => {
      if (format !== 'csv' && format !== 'arrow') throw new UsageError(`the format is csv or arrow, not '${format}'`);
      return saveTo(typeof output === 'string' ? output : `${uuid}.${format}`, force === true, (offset) =>
        api.downloadDataset({ uuid, format, escape_formulae: plain_names !== true }, { offset }),
      );
    },
    ({ file, bytes }) => file !== '-' && printLine(`saved ${file} (${bytes} bytes)`),
    { of: 'dataset' },
  )
    .option('-f, --format <format>', 'csv or arrow', 'csv')
    .option('--plain_names', "names of CSV columns as they are, also those that a spreadsheet takes for formulas, which get a ' else")
    .option('-o, --output <file>', 'where to; left out, <uuid>.<format>; - is standard output')
    .option('--force', 'overwrite the file'),
  visibilityCommand('dataset', 'setDatasetVisibility', COLUMNS),
]);
