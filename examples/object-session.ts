// The object client with the digits of the README's first session. Expects the environment of hanamictl, and the files that `npm run digits` draws.
import { connect } from '@openhanami/sdk';

const { HANAMI_ADDRESS: address = '', HANAMI_USER: user = '', HANAMI_PASSPHRASE: passphrase = '' } = process.env;
const hanami = await connect({ address, user, passphrase });
const digits = await hanami.uploadMnist('more digits', 'digits/t10k-images-idx3-ubyte', 'digits/t10k-labels-idx1-ubyte');
const uuid = await hanami.createCluster(`object cluster ${Date.now()}`, {
  template: 'version: 1  hexagons: 1,1,1 2,1,1 3,1,1  inputs: picture: 1,1,1  outputs: label: 3,1,1',
});

const training = { inputs: { picture: digits }, outputs: { label: digits } };
for await (const { current_cycle } of hanami.train(uuid, training)) console.log(`${current_cycle} cycles`);

const talk = await hanami.direct(uuid); // one row at a time, over a websocket
const [picture = []] = await hanami.rows(digits, 'picture');
const { label = [] } = await talk.request({ picture });
console.log(`it looks like a ${label.indexOf(Math.max(...label))}`);
await talk.close();
