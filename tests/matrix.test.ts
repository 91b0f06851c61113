// Who may call what: every endpoint by every kind of caller, compared with the table in docs/access.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_PREFIX, type Endpoint, eachEndpoint, toBase64 } from '@openhanami/contract';
import { checkpoint, cluster, dataset, hosts, project, task, token as tokens, user } from '@openhanami/sdk';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitFiles, newCluster, queueRequest, queueTraining, uploadDigits } from './digits.ts';
import { uploadBytes } from './raw-upload.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const TABLE = join(import.meta.dirname, '../docs/access.md');
const PASSPHRASE = 'passphrase';

/** In the order of the table's columns. What is called belongs to the member `owner`. */
const CALLERS = ['no token', 'expired token', 'owner', 'other member', 'member of another project', 'project admin', 'admin'] as const;
type CallerName = (typeof CALLERS)[number];

const IDS: Partial<Record<CallerName, string>> = {
  owner: 'owner',
  'other member': 'other',
  'member of another project': 'stranger',
  'project admin': 'chief',
  admin: ADMIN.id,
};

let server: ServerProcess;
let address: string;
const keys: Partial<Record<CallerName, string>> = {};
/** Things of the owner that calls only look at. */
const owned = { digits: '', result: '', cluster: '', train: '', checkpoint: '' };
let checkpointFile: Uint8Array;
let count = 0;
const fresh = (kind: string): string => `${kind} number ${++count}`;
const owner = (): string => keys.owner ?? '';

beforeAll(async () => {
  server = await ServerProcess.start();
  address = server.address;
  const admin = await server.logIn();
  keys.admin = admin;
  for (const id of ['project_one', 'project_two']) await project.createProject(admin, address, id, id);
  for (const name of ['owner', 'other member', 'member of another project', 'project admin'] as const) {
    const id = IDS[name] ?? '';
    await user.createUser(admin, address, id, `user ${id}`, PASSPHRASE);
    const home = name === 'member of another project' ? 'project_two' : 'project_one';
    await user.addProjectToUser(admin, address, id, home, 'member', name === 'project admin');
    keys[name] = await tokens.requestToken(address, id, PASSPHRASE);
  }
  const claims = JSON.parse(Buffer.from(owner().split('.')[1] ?? '', 'base64url').toString());
  keys['expired token'] = await new SignJWT({ user: claims.user })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setExpirationTime(Math.floor(Date.now() / 1000) - 1)
    .sign(readFileSync(join(server.folder, 'token.key')));

  owned.digits = await uploadDigits(owner(), address, 'digits', 100);
  owned.cluster = await newCluster(owner(), address, 'cluster');
  owned.train = await queueTraining(owner(), address, owned.cluster, owned.digits);
  owned.result = await queueRequest(owner(), address, owned.cluster, owned.digits);
  await task.waitForTask(owner(), address, owned.result, owned.cluster);
  owned.checkpoint = (await cluster.saveCluster(owner(), address, 'checkpoint', owned.cluster)).uuid;
  const { bytes } = await checkpoint.downloadCheckpoint(owner(), address, owned.checkpoint);
  checkpointFile = new Uint8Array(await new Response(bytes).arrayBuffer());
});
afterAll(() => server.remove());

const post = async (path: string, body: object) =>
  (await server.call('POST', API_PREFIX + path, owner(), JSON.stringify(body))).json() as Promise<Record<string, string>>;

/** An announced data set or checkpoint whose file has come: what finishing it takes. */
async function uploaded(path: string, bytes: Uint8Array): Promise<object> {
  const { uuid = '', uuid_input_file = '' } = await post(path, { name: fresh('upload'), input_data_size: bytes.length });
  await uploadBytes(owner(), address, uuid_input_file, bytes);
  return { uuid, uuid_input_file };
}

async function uploadedMnist(): Promise<object> {
  const { images, labels } = digitFiles(10, 1);
  const sizes = { input_data_size: images.size, label_data_size: labels.size };
  const {
    uuid = '',
    uuid_input_file = '',
    uuid_label_file = '',
  } = await post('/dataset/upload/mnist', { name: fresh('digits'), ...sizes });
  await uploadBytes(owner(), address, uuid_input_file, new Uint8Array(await images.arrayBuffer()));
  await uploadBytes(owner(), address, uuid_label_file, new Uint8Array(await labels.arrayBuffer()));
  return { uuid, uuid_input_file, uuid_label_file };
}

const arrowFile = async (): Promise<Uint8Array> => {
  const { bytes } = await dataset.downloadDataset(owner(), address, owned.result, 'arrow');
  return new Uint8Array(await new Response(bytes).arrayBuffer());
};
const newDataset = async () => (await post('/dataset/upload/csv', { name: fresh('table'), input_data_size: 10 }))['uuid'];
const ownedCluster = () => newCluster(owner(), address, fresh('cluster'));
const ROWS = [1, 2, 3].map((size) => ({ size, label: 2 * size }));
/** One that has learnt rows. */
const tableCluster = async (): Promise<string> => {
  const cluster_uuid = await ownedCluster();
  await post('/cluster/learn', { cluster_uuid, rows: ROWS });
  return cluster_uuid;
};
const tableDataset = () => dataset.uploadTable(owner(), address, fresh('table'), new Blob(['size,label\n1,2\n2,4\n']));
const newCheckpoint = async () => (await cluster.saveCluster(owner(), address, fresh('checkpoint'), owned.cluster)).uuid;
const newUser = async (): Promise<string> => {
  const id = `user_${++count}`;
  await user.createUser(keys.admin ?? '', address, id, 'some user', PASSPHRASE);
  return id;
};
/** A session of the owner. */
const newSession = async (): Promise<{ uuid: string }> => {
  const key = await tokens.requestToken(address, 'owner', PASSPHRASE);
  const answer = await server.call('GET', `${API_PREFIX}/session/all?limit=1&order=newest`, key);
  const { body, header } = (await answer.json()) as { body: unknown[][]; header: string[] };
  const uuid = body.find((row) => row[header.indexOf('current')] === true)?.[header.indexOf('uuid')];
  if (typeof uuid !== 'string') throw new Error('the new session is not in the list');
  return { uuid };
};
const newProject = async (): Promise<string> => {
  const id = `project_${++count}`;
  await project.createProject(keys.admin ?? '', address, id, 'some project');
  return id;
};
const sources = (column: string) => [{ dataset_uuid: owned.digits, dataset_column: column, hexagon_name: column }];

/** For each endpoint an input that is right for its owner. */
const INPUTS: Record<string, (caller: CallerName) => object | Promise<object>> = {
  listUploads: () => ({}),
  createToken: () => ({ id: 'owner', passphrase: toBase64(PASSPHRASE) }),
  getQuota: () => ({ id: 'project_one' }),
  setQuota: () => ({ id: 'project_one', clusters: null }),
  renewToken: () => ({ project_id: 'project_one' }),
  logOut: () => ({}),
  listSessions: () => ({}),
  endSession: () => newSession(),
  createUser: () => ({ id: `user_${++count}`, name: 'some user', passphrase: toBase64(PASSPHRASE) }),
  getUser: () => ({ id: 'owner' }),
  listUsers: () => ({}),
  deleteUser: async () => ({ id: await newUser() }),
  changePassphrase: (caller) => {
    const same = toBase64(caller === 'admin' ? ADMIN.passphrase : PASSPHRASE);
    return { passphrase: same, new_passphrase: same };
  },
  resetPassphrase: async () => ({ id: await newUser(), new_passphrase: toBase64(PASSPHRASE) }),
  addProjectToUser: async () => ({ id: await newUser(), project_id: 'project_one', role: 'member' }),
  removeProjectFromUser: async () => {
    const id = await newUser();
    await user.addProjectToUser(keys.admin ?? '', address, id, 'project_one', 'member');
    return { id, project_id: 'project_one' };
  },
  listProjectsOfUser: () => ({ user_id: 'owner' }),
  createProject: () => ({ id: `project_${++count}`, name: 'some project' }),
  getProject: () => ({ id: 'project_one' }),
  listProjects: () => ({}),
  deleteProject: async () => ({ id: await newProject() }),
  createMnistUpload: () => ({ name: fresh('digits'), input_data_size: 10, label_data_size: 10 }),
  finishMnistUpload: uploadedMnist,
  createCsvUpload: () => ({ name: fresh('table'), input_data_size: 10 }),
  finishCsvUpload: () => uploaded('/dataset/upload/csv', Buffer.from('a,b\n1,2\n')),
  createTableUpload: () => ({ name: fresh('table'), input_data_size: 10 }),
  finishTableUpload: () => uploaded('/dataset/upload/table', Buffer.from('a;b\n1;2\n')),
  createArrowUpload: () => ({ name: fresh('table'), input_data_size: 10 }),
  finishArrowUpload: async () => uploaded('/dataset/upload/arrow', await arrowFile()),
  createParquetUpload: () => ({ name: fresh('table'), input_data_size: 10 }),
  finishParquetUpload: () =>
    uploaded('/dataset/upload/parquet', new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'a', data: [1, 2], type: 'DOUBLE' }] }))),
  getUploadProgress: () => ({ uuid: owned.digits }),
  getDataset: () => ({ uuid: owned.digits }),
  listDatasets: () => ({}),
  deleteDataset: async () => ({ uuid: await newDataset() }),
  setDatasetKinds: () => ({ uuid: owned.digits }),
  getDatasetRows: () => ({ uuid: owned.digits }),
  getDatasetContent: () => ({ uuid: owned.digits, column_name: 'label' }),
  checkDataset: () => ({ uuid: owned.result, reference_uuid: owned.digits }),
  evaluateDataset: () => ({ uuid: owned.result, reference_uuid: owned.digits }),
  downloadDataset: () => ({ uuid: owned.result, format: 'csv' }),
  setDatasetVisibility: () => ({ uuid: owned.digits, visibility: 'private' }),
  createCluster: () => ({ name: fresh('cluster') }),
  getCluster: () => ({ uuid: owned.cluster }),
  listClusters: () => ({}),
  deleteCluster: async () => ({ uuid: await ownedCluster() }),
  saveCluster: () => ({ name: fresh('checkpoint'), cluster_uuid: owned.cluster }),
  restoreCluster: async () => ({ cluster_uuid: await ownedCluster(), checkpoint_uuid: owned.checkpoint }),
  learnRows: async () => ({ cluster_uuid: await ownedCluster(), rows: ROWS }),
  predictRows: async () => ({ cluster_uuid: await tableCluster(), rows: [{ size: 2 }] }),
  explainDataset: async () => ({ cluster_uuid: await tableCluster(), dataset_uuid: await tableDataset() }),
  explainRows: async () => ({ cluster_uuid: await tableCluster(), rows: ROWS }),
  setClusterMode: async () => ({ uuid: await ownedCluster(), new_state: 'DIRECT' }),
  switchHost: async () => {
    const [host] = (await hosts.listHosts(owner(), address)).body;
    return { cluster_uuid: owned.cluster, host_uuid: host?.[0] };
  },
  setClusterVisibility: () => ({ uuid: owned.cluster, visibility: 'private' }),
  createTrainTask: async () => ({
    name: fresh('task'),
    cluster_uuid: await ownedCluster(),
    inputs: sources('picture'),
    outputs: sources('label'),
  }),
  createRequestTask: () => ({
    name: fresh('task'),
    cluster_uuid: owned.cluster,
    inputs: sources('picture'),
    results: [{ dataset_column: 'digit', hexagon_name: 'label' }],
  }),
  getTask: () => ({ uuid: owned.train, cluster_uuid: owned.cluster }),
  getTaskCurve: () => ({ uuid: owned.train, cluster_uuid: owned.cluster }),
  listTasks: () => ({ cluster_uuid: owned.cluster }),
  deleteTask: async () => {
    const uuid = await ownedCluster();
    return { uuid: await queueTraining(owner(), address, uuid, owned.digits), cluster_uuid: uuid };
  },
  taskEvents: () => ({ cluster_uuid: owned.cluster }),
  getCheckpoint: () => ({ uuid: owned.checkpoint }),
  listCheckpoints: () => ({}),
  deleteCheckpoint: async () => ({ uuid: await newCheckpoint() }),
  downloadCheckpoint: () => ({ uuid: owned.checkpoint }),
  createCheckpointUpload: () => ({ name: fresh('checkpoint'), input_data_size: 10 }),
  finishCheckpointUpload: () => uploaded('/checkpoint/upload', checkpointFile),
  setCheckpointVisibility: () => ({ uuid: owned.checkpoint, visibility: 'private' }),
  listHosts: () => ({}),
  getPolicy: () => ({}),
  getAuditLog: () => ({ user_id: 'owner', page: 0 }),
  getErrorLog: () => ({ page: 0 }),
  getSystemInfo: () => ({}),
  getThreading: () => ({}),
  getSpeed: () => ({}),
  getPower: () => ({}),
  getTemperature: () => ({}),
};

async function statusOf(name: string, { method, path }: Endpoint, caller: CallerName): Promise<number> {
  const input = await INPUTS[name]?.(caller);
  if (!input) throw new Error(`the matrix has no input for the endpoint '${name}'`);
  const inQuery = method === 'GET' || method === 'DELETE';
  const query = inQuery ? `?${new URLSearchParams(input as Record<string, string>)}` : '';
  const response = await server.call(method, API_PREFIX + path + query, keys[caller], inQuery ? undefined : JSON.stringify(input));
  // Events would go on; the status is all that counts.
  await response.body?.cancel();
  // Another passphrase ends all tokens of its user, leaving those of its session.
  const id = IDS[caller];
  if ((name === 'changePassphrase' || name === 'logOut') && id !== undefined) {
    keys[caller] = await tokens.requestToken(address, id, caller === 'admin' ? ADMIN.passphrase : PASSPHRASE);
  }
  return response.status;
}

/** Rows `| POST /token | 200 | … |` of the table, by endpoint. */
function readTable(): Map<string, string> {
  const rows = readFileSync(TABLE, 'utf8').match(/^\| (GET|POST|PUT|DELETE) .*\|$/gm) ?? [];
  return new Map(rows.map((row) => [row.split('|')[1]?.trim() ?? '', row.replaceAll(/ +/g, ' ')]));
}

describe('who may call what', () => {
  const table = readTable();

  it.each(eachEndpoint())('%s is as docs/access.md says', async (name, endpoint) => {
    const call = `${endpoint.method} ${endpoint.path}`;
    const statuses: number[] = [];
    for (const caller of CALLERS) statuses.push(await statusOf(name, endpoint, caller));
    const row = `| ${[call, ...statuses].join(' | ')} |`;
    if (process.env['WRITE_MATRIX']) writeFileSync(process.env['WRITE_MATRIX'], `${row}\n`, { flag: 'a' });
    expect(row).toBe(table.get(call));
  });

  it('is told for every endpoint, and for none that is not there', () => {
    const all = eachEndpoint().map(([, { method, path }]) => `${method} ${path}`);
    expect([...table.keys()].sort()).toEqual(all.sort());
  });
});
