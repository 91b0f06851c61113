// The sections of the reference documentation about tasks and their results, each by its name.
import * as sdk from '@openhanami/sdk';
import { beforeAll, describe, expect, it } from 'vitest';
import * as cli from '../hanamictl.ts';
import { PYTHON } from '../python.ts';
import { createDocumentedCluster, documented, uploadDocumentedDigits } from './setup.ts';

const inPython = it.skipIf(!PYTHON);
const on = documented();
const { shown, snippet, answerOf } = on;
const { alike } = cli;
let address: string;
let token: string;
/** Uuids that sections leave for those after them. */
const made = { digits: '', cluster: '', train: '', request: '' };
beforeAll(async () => {
  ({ address, token } = on);
  made.digits = await uploadDocumentedDigits(on);
  made.cluster = await createDocumentedCluster(on);
});

describe('Task', () => {
  const inTask = () => ({
    '9f86921d-9a7c-44a2-836c-1683928d9354': made.cluster,
    '6f2bbcd2-7081-4b08-ae1d-16e6cd6f54c4': made.digits,
    picture_hex: 'picture',
    label_hex: 'label',
  });

  it('Create Train-Task', async () => {
    const sources = ['-i', `${made.digits}:picture:picture`, '-o', `${made.digits}:label:label`];
    const table = await shown('task', 'create', 'train', ...sources, '-c', made.cluster, '--wait', 'cli_train_test_task');
    made.train = cli.UUID.exec(table)?.[0] ?? '';
    expect(alike(table)).toBe(
      `+------------------------+--------------------------------------+
| UUID                   | 00000000-0000-0000-0000-000000000000 |
| STATE                  | finished                             |
| CURRENT CYCLE          | 600                                  |
| TOTAL NUMBER OF CYCLES | 600                                  |
| QUEUE TIMESTAMP        | 2024-07-12 20:52:21 UTC              |
| START TIMESTAMP        | 2024-07-12 20:52:21 UTC              |
| END TIMESTAMP          | 2024-07-12 20:52:21 UTC              |
+------------------------+--------------------------------------+
`,
    );
  });
  inPython('Create Train-Task in Python', async () => {
    const { printed, variables } = await snippet('create-train-task', { replace: inTask() });
    expect(printed).toContain('wait for finish task');
    expect(variables).toMatchObject({ task_uuid: expect.stringMatching(cli.UUID), inputs: [{ dataset_uuid: made.digits }] });
  });

  it('Create Request-Task', async () => {
    const sources = ['-i', `${made.digits}:picture:picture`, '-r', 'label:test_output'];
    const table = await shown('task', 'create', 'request', ...sources, '-c', made.cluster, '--wait', 'cli_request_test_task');
    made.request = cli.UUID.exec(table)?.[0] ?? '';
    expect(table).toContain('| STATE                  | finished ');
  });
  inPython('Create Request-Task in Python', async () => {
    const { variables } = await snippet('create-request-task', { replace: inTask() });
    expect(variables['task_uuid']).toMatch(cli.UUID);
  });

  it('Get Task', async () => {
    expect(await shown('task', 'get', '-c', made.cluster, made.train)).toContain('| TOTAL NUMBER OF CYCLES | 600 ');
  });
  inPython('Get Task in Python', async () => {
    const answer = await answerOf('get-task', { replace: { ...inTask(), 'c7f7e274-5d7d-4696-8591-18441cb1b685': made.train } });
    expect(answer).toMatchObject({ state: 'finished', queue_timestamp: expect.any(String), end_timestamp: expect.any(String) });
  });

  it('List Task', async () => {
    expect(alike(await shown('task', 'list', '-c', made.cluster))).toMatch(
      `+--------------------------------------+----------+-----------------------+----------+
|                 UUID                 |  STATE   |         NAME          | PROGRESS |
+--------------------------------------+----------+-----------------------+----------+
| 00000000-0000-0000-0000-000000000000 | finished | cli_train_test_task   | 100.0 %  |
`,
    );
  });
  inPython('List Task in Python', async () => {
    const { header, body } = await answerOf('list-task', { replace: inTask() });
    expect(header).toEqual(['uuid', 'state', 'percentage', 'queued', 'start', 'end', 'name']);
    expect(body[0].slice(0, 3)).toEqual([made.train, 'finished', '1.000000']);
  });

  it('Delete Task', async () => {
    const [uuid = ''] = (await sdk.task.listTasks(token, address, made.cluster)).body.map((row) => String(row[0]));
    expect(await shown('task', 'delete', '-c', made.cluster, uuid)).toBe(`successfully deleted task '${uuid}'\n`);
  });
  inPython('Delete Task in Python', async () => {
    const uuids = async () => (await sdk.task.listTasks(token, address, made.cluster)).body.map((row) => String(row[0]));
    const [uuid = ''] = await uuids();
    await snippet('delete-task', { replace: { ...inTask(), 'c7f7e274-5d7d-4696-8591-18441cb1b685': uuid } });
    expect(await uuids()).not.toContain(uuid);
  });
});

describe('Data-Set, with a result', () => {
  it('Check MNIST Dataset Result', async () => {
    expect(await shown('dataset', 'check', '-r', made.digits, made.request)).toMatch(
      /^\+-+\+-+\+\n\| ACCURACY \| \d+(\.\d+)? *\|\n\+-+\+-+\+\n$/,
    );
  });
  const replace = () => ({ 'c7f7e274-5d7d-4696-8591-18441cb1b685': made.digits, 'd40c0c06-bd28-49a4-b872-6a70c4750bb9': made.request });
  inPython('Check MNIST Dataset Result in Python', async () => {
    expect((await answerOf('check-mnist-dataset-result', { replace: replace() })).accuracy).toBeGreaterThan(50);
  });

  it('Download Dataset content', async () => {
    const lines = (await shown('dataset', 'content', '-c', 'test_output', '-o', '100', '-n', '10', made.request)).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      '+-----+----------+----------+----------+----------+----------+----------+----------+----------+----------+----------+',
      '|     |    0     |    1     |    2     |    3     |    4     |    5     |    6     |    7     |    8     |    9     |',
      '+-----+----------+----------+----------+----------+----------+----------+----------+----------+----------+----------+',
    ]);
    for (const [i, line] of lines.slice(3, 13).entries()) expect(line).toMatch(new RegExp(`^\\| ${100 + i} (\\| \\d\\.\\d{6} ){10}\\|$`));
    expect(lines).toHaveLength(15);
  });
  inPython('Download Dataset content in Python', async () => {
    const { data } = await answerOf('download-dataset-content', { replace: replace() });
    expect(data.map((row: number[]) => row.length)).toEqual([10, 10]);
  });
});
