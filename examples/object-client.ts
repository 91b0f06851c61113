// The object client: train with progress, ask, compare, then talk directly. Expects the environment of hanamictl.
import { connect } from '@openhanami/sdk';

const { HANAMI_ADDRESS: address = '', HANAMI_USER: user = '', HANAMI_PASSPHRASE: passphrase = '' } = process.env;
const hanami = await connect({ address, user, passphrase });

// A table of pairs of numbers from 0 to 99, and the larger of the two.
const rows = Array.from({ length: 5000 }, (_, i) => [(i * 37) % 100, (i * 61 + Math.floor(i / 100) * 29) % 100]);
const csv = `a,b,larger\n${rows.map(([a = 0, b = 0]) => `${a},${b},${Math.max(a, b)}`).join('\n')}\n`;
const table = await hanami.uploadCsv('larger of two', new Blob([csv]));

const template = `version: 1
hexagons:
    1,1,1
    2,1,1
    3,1,1
inputs:
    a: 1,1,1
    b: 1,1,1
outputs:
    larger: 3,1,1
`;
const cluster = await hanami.createCluster(`object client ${Date.now()}`, { template });

const training = { inputs: { a: table, b: table }, outputs: { larger: table }, epochs: 10 };
for await (const { current_cycle, total_number_of_cycles } of hanami.train(cluster, training)) {
  console.log(`${current_cycle} of ${total_number_of_cycles} cycles`);
}

const { uuid: result } = await hanami.request(cluster, { inputs: { a: table, b: table } });
const { columns } = await hanami.evaluate(result, table);
console.log(`R² ${columns[0]?.r2?.toFixed(3)}, mean error ${columns[0]?.mae?.toFixed(2)}`);

const talk = await hanami.direct(cluster);
await talk.train({ a: [3], b: [70] }, { larger: [70] });
const { larger = [] } = await talk.request({ a: [20], b: [80] });
console.log(`the larger of 20 and 80: ${larger[0]?.toFixed(1)}`);
await talk.close();
