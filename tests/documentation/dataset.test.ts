// The sections of the reference documentation about data sets, each by its name: its table as hanamictl prints it, its function in Python.
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as cli from '../hanamictl.ts';
import { PYTHON } from '../python.ts';
import { documented } from './setup.ts';

const inPython = it.skipIf(!PYTHON);
const on = documented();
const { shown, snippet, answerOf } = on;
const { alike } = cli;
let folder: string;
/** Uuids that sections leave for those after them. */
const made = { digits: '', table: '' };
beforeAll(() => {
  ({ folder } = on);
});

describe('Data-Set', () => {
  it('Upload MNIST-Data-Set', async () => {
    const files = ['-i', join(folder, 'train-images-idx3-ubyte'), '-l', join(folder, 'train-labels-idx1-ubyte')];
    const created = await shown('dataset', 'create', 'mnist', ...files, 'cli_test_dataset');
    made.digits = cli.UUID.exec(created)?.[0] ?? '';
    expect(alike(created)).toBe(
      `+-------------------+-----------------------------------------------------------------------------------------------+
| UUID              | 00000000-0000-0000-0000-000000000000                                                          |
| NAME              | cli_test_dataset                                                                              |
| VERSION           | v1.0alpha                                                                                     |
| NUMBER OF COLUMNS | 794                                                                                           |
| NUMBER OF ROWS    | 600                                                                                           |
| DESCRIPTION       | {"label":{"column_end":794,"column_start":784},"picture":{"column_end":784,"column_start":0}} |
| VISIBILITY        | private                                                                                       |
| OWNER ID          | asdf                                                                                          |
| PROJECT ID        | admin                                                                                         |
| CREATED AT        | 2024-07-12 20:52:21 UTC                                                                       |
+-------------------+-----------------------------------------------------------------------------------------------+
`,
    );
  });
  inPython('Upload MNIST-Data-Set in Python', async () => {
    const replace = {
      '/tmp/mnist/train-images.idx3-ubyte': join(folder, 'train-images-idx3-ubyte'),
      '/tmp/mnist/train-labels.idx1-ubyte': join(folder, 'train-labels-idx1-ubyte'),
    };
    expect((await snippet('upload-mnist-data-set', { replace })).variables['dataset_uuid']).toMatch(cli.UUID);
  });

  it('Upload CSV-Data-Set', async () => {
    const created = await shown('dataset', 'create', 'csv', '-i', join(folder, 'test.csv'), 'test_csv');
    made.table = cli.UUID.exec(created)?.[0] ?? '';
    expect(alike(created)).toBe(
      `+-------------------+--------------------------------------------------------------------------------------------------+
| UUID              | 00000000-0000-0000-0000-000000000000                                                             |
| NAME              | test_csv                                                                                         |
| VERSION           | v1.0alpha                                                                                        |
| NUMBER OF COLUMNS | 2                                                                                                |
| NUMBER OF ROWS    | 10                                                                                               |
| DESCRIPTION       | {"test_input":{"column_end":1,"column_start":0},"test_output":{"column_end":2,"column_start":1}} |
| VISIBILITY        | private                                                                                          |
| OWNER ID          | asdf                                                                                             |
| PROJECT ID        | admin                                                                                            |
| CREATED AT        | 2024-07-12 20:52:21 UTC                                                                          |
+-------------------+--------------------------------------------------------------------------------------------------+
`,
    );
  });
  inPython('Upload CSV-Data-Set in Python', async () => {
    const replace = { '/tmp/csv/test-file.csv': join(folder, 'test.csv') };
    expect((await snippet('upload-csv-data-set', { replace })).variables['dataset_uuid']).toMatch(cli.UUID);
  });

  it('Get Data-Set', async () => {
    expect(await shown('dataset', 'get', made.digits)).toContain('| NUMBER OF ROWS    | 600 ');
  });
  inPython('Get Data-Set in Python', async () => {
    const replace = { '6f2bbcd2-7081-4b08-ae1d-16e6cd6f54c4': made.digits };
    const found = { name: 'cli_test_dataset', owner_id: 'asdf', project_id: 'admin', uuid: made.digits, visibility: 'private' };
    expect(await answerOf('get-data-set', { replace })).toMatchObject(found);
  });

  it('List Data-Sets', async () => {
    const [, header, , first] = alike(await shown('dataset', 'list')).split('\n');
    // How wide the column of names is depends on who uploaded before.
    const cells = (line = ''): string => line.replaceAll(/ +/g, ' ');
    expect(cells(header)).toBe('| UUID | NAME | VISIBILITY | OWNER ID | PROJECT ID | CREATED AT |');
    expect(cells(first)).toBe(
      '| 00000000-0000-0000-0000-000000000000 | cli_test_dataset | private | asdf | admin | 2024-07-12 20:52:21 UTC |',
    );
  });
  inPython('List Data-Sets in Python', async () => {
    expect((await answerOf('list-data-sets')).header).toEqual(['created_at', 'uuid', 'project_id', 'owner_id', 'visibility', 'name']);
  });

  it('Delete Data-Set', async () => {
    expect(await shown('dataset', 'delete', made.table)).toBe(`successfully deleted dataset '${made.table}'\n`);
  });
});
