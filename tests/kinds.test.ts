// Kinds of inputs and outputs that a template can ask for, through the server.
import { cluster, connect, dataset, type Hanami } from '@openhanami/sdk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADMIN, ServerProcess } from './server-process.ts';

const TEMPLATE = `version: 1
hexagons:
    1,1,1
    2,1,1
    3,1,1
inputs:
    colour: 1,1,1 (match)
    level: 1,1,1 (binary)
outputs:
    warm: 3,1,1 (bool)
    code: 3,1,1 (int)
    weight: 3,1,1 (float)
`;
const ROWS = [
  [3, -5, 1, 70_000, 0.25],
  [900, 2, 0, 16_777_215, -3.5],
  [17, 0, 1, 0, 1e20],
];

let server: ServerProcess;
let hanami: Hanami;
beforeAll(async () => {
  server = await ServerProcess.start();
  hanami = await connect({ address: server.address, user: ADMIN.id, passphrase: ADMIN.passphrase });
});
afterAll(() => server.remove());

it('a cluster with (match), (binary), (bool), (int) and (float) learns a table to the last digit', async () => {
  const { token, address } = hanami;
  const text = `colour,level,warm,code,weight\n${`${ROWS.map((row) => row.join(',')).join('\n')}\n`.repeat(200)}`;
  const table = await dataset.uploadCsvFiles(token, address, 'table of kinds', new Blob([text]));
  const uuid = await hanami.createCluster('cluster of kinds', { template: TEMPLATE });
  const inputs = { colour: table, level: table };
  await hanami.train(uuid, { inputs, outputs: { warm: table, code: table, weight: table }, epochs: 8 });
  const { uuid: result } = await hanami.request(uuid, { inputs });
  const answers = await Promise.all(['warm', 'code', 'weight'].map((column) => hanami.rows(result, column, 3)));
  expect(ROWS.map((_, i) => answers.map((rows) => rows[i]?.[0]))).toEqual(ROWS.map((row) => row.slice(2).map(Math.fround)));
  expect((await cluster.getCluster(token, address, uuid)).outputs).toEqual(['warm', 'code', 'weight'].map((name) => ({ name, width: 1 })));
  const talk = await hanami.direct(uuid);
  expect(await talk.request({ colour: [900], level: [7] })).toEqual({ warm: [0], code: [16_777_215], weight: [-3.5] });
  await talk.close();
});
