// Runs in a browser, as a page of somebody's would: the main job with the SDK.
import { Conflict, connect } from '/sdk.js';

const TEMPLATE = `version: 1
hexagons:
    1,1,1
    2,1,1
inputs:
    a: 1,1,1
outputs:
    b: 2,1,1
`;

globalThis.mainJob = async (options) => {
  const hanami = await connect(options);
  const rows = Array.from({ length: 500 }, (_, i) => `${i % 2},${1 - (i % 2)}`);
  const table = await hanami.uploadCsv('from a browser', new Blob([`a,b\n${rows.join('\n')}\n`]));
  const cluster = await hanami.createCluster('browser cluster', { template: TEMPLATE });
  const states = [];
  for await (const { state } of hanami.train(cluster, { inputs: { a: table }, outputs: { b: table }, epochs: 5 })) states.push(state);
  const { uuid } = await hanami.request(cluster, { inputs: { a: table } });
  const { columns } = await hanami.evaluate(uuid, table);
  const talk = await hanami.direct(cluster);
  const answer = await talk.request({ a: [1] });
  await talk.close();
  const refused = await hanami.createCluster('browser cluster').catch((error) => error instanceof Conflict);
  return { last: states.at(-1), r2: columns[0].r2, answer, refused };
};
