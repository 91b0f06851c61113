// Drop-in for the original: its Python calls with our SDK, its command lines with our hanamictl, its files with our server.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { cluster, connect, dataset } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitFiles, queueRequest, queueTraining, TEMPLATE } from './digits.ts';
import { hanamictl, shown, uuidFrom } from './hanamictl.ts';
import { PYTHON, python } from './python.ts';
import { useScratch } from './scratch.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  folder = mkdtempSync(join(tmpdir(), 'hanami-original-'));
  await writeMnist(drawDigits(3000, 1), join(folder, 'train-images'), join(folder, 'train-labels'));
  await writeMnist(drawDigits(300, 2), join(folder, 'test-images'), join(folder, 'test-labels'));
  writeFileSync(join(folder, 'table.csv'), 'x,y\n1,2\n3,4\n');
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Template grammar that the original's parser takes. */
const GRAMMAR = `version: 1
settings: neuron_cooldown: 10000000.0 refractory_time: 1
    max_connection_distance: 1
    enable_reduction: False
hexagons: 1,1,1 2,1,1
    3,1,1

inputs: 1_picture: 1,1,1
outputs: _label: 3,1,1
`;

describe.skipIf(!PYTHON)('the calls of the API test of the original', () => {
  it('pass with our hanami_sdk in its place', async () => {
    const program = `
import asyncio, json, time
from hanami_sdk import checkpoint, cluster, dataset, direct_io, hanami_exceptions, hanami_request, hanami_token, hosts, logs, project, task, user

address, files, off = ${JSON.stringify(server.address)}, ${JSON.stringify(folder)}, False

def refused(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        # What the original does not know: a code for programs.
        assert error.code in ("not_found", "already_exists", "in_use", "unauthorized", "invalid_input"), error.code
        return
    raise AssertionError(f"{call.__name__} was not refused")

token = hanami_token.request_token(address, "asdf", "asdfasdf", off)
for listed, delete in [
    (dataset.list_datasets, dataset.delete_dataset),
    (checkpoint.list_checkpoints, checkpoint.delete_checkpoint),
    (cluster.list_clusters, cluster.delete_cluster),
    (project.list_projects, project.delete_project),
    (user.list_users, user.delete_user),
]:
    for entry in json.loads(listed(token, address, off))["body"]:
        try:
            delete(token, address, entry[1], off)
        except hanami_exceptions.ConflictException:
            pass

project.create_project(token, address, "test_project", "Test Project", off)
refused(hanami_exceptions.ConflictException, project.create_project, token, address, "test_project", "Test Project", off)
project.list_projects(token, address, off)
project.get_project(token, address, "test_project", off)
refused(hanami_exceptions.NotFoundException, project.get_project, token, address, "fail_project", off)

user.create_user(token, address, "tsugumi", "Tsugumi", "new password", False, off)
refused(hanami_exceptions.ConflictException, user.create_user, token, address, "tsugumi", "Tsugumi", "new password", True, off)
user.list_users(token, address, off)
user.get_user(token, address, "tsugumi", off)
refused(hanami_exceptions.NotFoundException, user.get_user, token, address, "fail_user", off)
user.add_roject_to_user(token, address, "tsugumi", "test_project", "member", True, off)
own = hanami_token.request_token(address, "tsugumi", pw="new password")
assert json.loads(user.list_projects_of_user(own, address, off))["projects"][0]["project_id"] == "test_project"
user.remove_project_fromUser(token, address, "tsugumi", "test_project", off)
user.delete_user(token, address, "tsugumi", off)
refused(hanami_exceptions.NotFoundException, user.delete_user, token, address, "tsugumi", off)
project.delete_project(token, address, "test_project", off)
refused(hanami_exceptions.NotFoundException, project.delete_project, token, address, "test_project", off)

train = dataset.upload_mnist_files(token, address, "train_test_dataset", files + "/train-images", files + "/train-labels", off)
dataset.list_datasets(token, address, off)
dataset.get_dataset(token, address, train, off)
refused(hanami_exceptions.BadRequestException, dataset.get_dataset, token, address, "fail_dataset", off)
dataset.delete_dataset(token, address, checkpoint_uuid=train)
refused(hanami_exceptions.NotFoundException, dataset.delete_dataset, token, address, train, off)

template = ${JSON.stringify(GRAMMAR)}
uuid = json.loads(cluster.create_cluster(token, address, "test_cluster", template, off))["uuid"]
cluster.list_clusters(token, address, off)
cluster.get_cluster(token, address, uuid, off)
refused(hanami_exceptions.BadRequestException, cluster.get_cluster, token, address, "fail_cluster", off)
cluster.delete_cluster(token, address, uuid, off)
refused(hanami_exceptions.NotFoundException, cluster.delete_cluster, token, address, uuid, off)

uuid = json.loads(cluster.create_cluster(token, address, name="test_cluster", template=template))["uuid"]
train = dataset.upload_mnist_files(token, address, name="train_test_dataset", input_file_path=files + "/train-images", label_file_path=files + "/train-labels")
asked = dataset.upload_mnist_files(token, address, "request_test_dataset", files + "/test-images", files + "/test-labels", off)
assert len(json.loads(hosts.list_hosts(token, address, off))["body"]) >= 1
column = lambda data, name, hexagon: [{"dataset_uuid": data, "dataset_column": name, "hexagon_name": hexagon}]

def wait(answer):
    task_uuid = json.loads(answer.decode())["uuid"]
    while json.loads(task.get_task(token, address, task_uuid, uuid, off))["state"] != "finished":
        time.sleep(0.05)
    return task_uuid

done = wait(task.create_train_task(token, address, "test_task", uuid, column(train, "picture", "1_picture"), column(train, "label", "_label"), 1, off))
task.delete_task(token, address, done, uuid, off)
saved = json.loads(cluster.save_cluster(token, address, "test_checkpoint", uuid, off))["uuid"]
checkpoint.list_checkpoints(token, address, off)
cluster.delete_cluster(token, address, uuid, off)
uuid = json.loads(cluster.create_cluster(token, address, "test_cluster", template, off))["uuid"]
cluster.restore_cluster(token, address, saved, uuid, off)
checkpoint.delete_checkpoint(token, address, saved, off)
refused(hanami_exceptions.NotFoundException, checkpoint.delete_checkpoint, token, address, saved, off)
results = [{"dataset_column": "test_output", "hexagon_name": "_label"}]
done = wait(task.create_request_task(token, address, "test_task", uuid, column(asked, "picture", "1_picture"), results, timeLength=1))
task.list_tasks(token, address, uuid, off)
task.delete_task(token, address, done, uuid, off)
assert json.loads(dataset.check_mnist_dataset(token, address, done, asked, off))["accuracy"] > 80.0
content = dataset.download_dataset_content(token, address, done, "test_output", 10, 100, off)
assert len(json.loads(content)["data"][0]) == 10 and content.decode()

async def talk():
    ws = await cluster.switch_to_direct_mode(token, address, uuid, off)
    labels = json.loads(dataset.download_dataset_content(token, address, asked, "label", 100, 0, off))["data"]
    five = next(row for row, label in enumerate(labels) if label[5] == 1)
    values = json.loads(dataset.download_dataset_content(token, address, asked, "picture", 1, five, off))["data"][0]
    expected = [float(i == 5) for i in range(10)]
    for _ in range(100):
        await direct_io.send_train_input(ws, "1_picture", values, True, False, off)
        await direct_io.send_train_input(ws, "_label", expected, False, True)
    await direct_io.send_train_input(ws, "1_picture", values, False)
    await direct_io.send_train_input(ws, "_label", expected, is_last=True)
    answer = await direct_io.send_request_input(ws, "1_picture", values, True, off)
    await ws.close()
    cluster.switch_to_task_mode(token, address, uuid, off)
    assert list(answer).index(max(answer)) == 5

asyncio.run(talk())

announced = json.loads(hanami_request.send_post_request(token, address, "/v1.0alpha/dataset/upload/csv", json.dumps({"name": "by hand", "input_data_size": 8}), verify=off))
assert asyncio.run(dataset.send_data(token, address, announced["uuid"], announced["uuid_input_file"], b"a,b\\n1,2\\n", off))
assert dataset.wait_until_upload_complete(token, address, announced["uuid"], off)
hanami_request.send_put_request(token, address, "/v1.0alpha/dataset/upload/csv", json.dumps({"uuid": announced["uuid"], "uuid_input_file": announced["uuid_input_file"]}), off)
assert json.loads(hanami_request.send_get_request(token, address, "/v1.0alpha/dataset", "uuid=" + announced["uuid"], off))["number_of_rows"] == 1
hanami_request.send_delete_request(token, address, "/v1.0alpha/dataset", "uuid=" + announced["uuid"], off)
assert json.loads(logs.list_audit_logs(token, address, "asdf", 0, off))["body"]
json.loads(logs.list_error_logs(token, address, "", 0, off))
cluster.delete_cluster(token, address, uuid, off)
print("passed")
`;
    expect(await python(['-c', program])).toBe('passed\n');
  });
});

describe('the command line of the original', () => {
  it('prints content as a bare array with -j, and takes --rows and -n=2', async () => {
    const table = await uuidFrom(server, 'dataset', 'create', 'csv', '-i', join(folder, 'table.csv'), 'a table');
    for (const rows of [['-n', '2'], ['-n=2'], ['--rows', '2'], ['--rows=2']])
      expect(JSON.parse(await shown(server, 'dataset', 'content', '-j', '-c', 'y', ...rows, table))).toEqual([[2], [4]]);
  });

  it('takes several sources with commas between', async () => {
    const table = await uuidFrom(server, 'dataset', 'create', 'csv', '-i', join(folder, 'table.csv'), 'another table');
    writeFileSync(join(folder, 'two'), TEMPLATE.replace('picture: 1,1,1', 'first: 1,1,1\nsecond: 1,1,1').replace('label: ', 'sum: '));
    const uuid = await uuidFrom(server, 'cluster', 'create', '-t', join(folder, 'two'), 'two inputs');
    const sources = ['-i', `${table}:x:first,${table}:y:second`, '-c', uuid, '--wait'];
    await shown(server, 'task', 'create', 'train', ...sources, '-o', `${table}:y:sum`, 'train both');
    await shown(server, 'task', 'create', 'request', ...sources, '-r', 'sum:found', 'ask both');
  });

  it('compares a data set with itself', async () => {
    const digits = await uuidFrom(
      server,
      'dataset',
      'create',
      'mnist',
      '-i',
      join(folder, 'test-images'),
      '-l',
      join(folder, 'test-labels'),
      'digits',
    );
    expect(await shown(server, 'dataset', 'check', '-r', digits, digits)).toContain('| ACCURACY | 100 |');
  });
});

describe('a policy of the original', () => {
  const { start } = useScratch();
  it('is taken, with a warning for what this server does not have', async () => {
    const policy = join(folder, 'policies');
    writeFileSync(
      policy,
      'v1.0alpha/auth\n- GET: admin, member\n\nv1.0alpha/dataset\n- POST: admin, member\n- GET : admin, member\n- DELETE: admin\n\nv1.0alpha/template/all\n- GET : admin, member\n\nv1.0alpha/dataset/all\n- GET: admin, member\n',
    );
    const ruled = await start({ HANAMI_AUTH_POLICIES: policy });
    for (const sentence of [
      "line 1: there is no endpoint 'v1.0alpha/auth'; its rules are passed over",
      'line 5: /dataset takes DELETE, GET, not POST; the rule is passed over',
      "line 9: there is no endpoint 'v1.0alpha/template/all'",
      'has no rule for ',
    ])
      expect(ruled.log).toContain(sentence);
    expect((await hanamictl(ruled, ['dataset', 'list'])).code).toBe(0);
    expect((await hanamictl(ruled, ['cluster', 'list'])).err).toContain("the role 'admin' may not call GET /v1.0alpha/cluster/all");
  });
});

describe('a direct request and a request task', () => {
  it('give the same bits for the same rows, however these come', async () => {
    const { address } = server;
    const token = await server.logIn();
    const { images, labels } = digitFiles(2000, 3);
    const digits = await dataset.uploadMnistFiles(token, address, 'digits of bits', images, labels);
    const { uuid } = await cluster.createCluster(token, address, 'same bits', TEMPLATE);
    await queueTraining(token, address, uuid, digits);
    const hanami = await connect({ address, user: ADMIN.id, passphrase: ADMIN.passphrase });
    const result = await queueRequest(token, address, uuid, digits);
    await expect.poll(async () => (await hanami.rows(result, 'digit').catch(() => [])).length).toBe(1);
    const [answers, pixels] = [await hanami.rows(result, 'digit', 2000), await hanami.rows(digits, 'picture', 300)];
    const talk = await hanami.direct(uuid);
    for (const [row, picture] of pixels.entries()) expect((await talk.request({ picture }))['label']).toEqual(answers[row]);
    await talk.close();
  });
});

describe('PUT /cluster/set_mode', () => {
  it('takes the uuid of a connection, as the original does', async () => {
    const token = await server.logIn();
    const { uuid } = await cluster.createCluster(token, server.address, 'with a connection', TEMPLATE);
    const body = { uuid, new_state: 'DIRECT', connection_uuid: uuid };
    expect((await server.call('PUT', '/v1.0alpha/cluster/set_mode', token, JSON.stringify(body))).status).toBe(200);
  });
});

describe('a name', () => {
  it.each([254, 255])('of %i characters is taken up to 254, wherever it stands', async (length) => {
    const fits = length <= 254;
    const name = 'n'.repeat(length);
    const token = await server.logIn();
    const { address } = server;
    const outcomes = await Promise.allSettled([
      cluster.createCluster(token, address, name, TEMPLATE),
      cluster.createCluster(token, address, `some name ${length}`, TEMPLATE.replace('picture', name)),
      dataset.uploadCsvFiles(token, address, `columns ${length}`, new Blob([`${name}\n1\n`])),
    ]);
    for (const outcome of outcomes) {
      expect(outcome.status).toBe(fits ? 'fulfilled' : 'rejected');
      if (outcome.status === 'rejected') expect(String(outcome.reason)).toContain('254 characters');
    }
  });
});
