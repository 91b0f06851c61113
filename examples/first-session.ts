// The first session of the README in TypeScript. Expects the environment of hanamictl, and the files that `npm run digits` draws.
import { readFileSync } from 'node:fs';
import { cluster, dataset, task, token } from '@openhanami/sdk';

const { HANAMI_ADDRESS: address = '', HANAMI_USER: user = '', HANAMI_PASSPHRASE: passphrase = '' } = process.env;
const key = await token.logIn(address, user, passphrase);

const train = await dataset.uploadMnistFiles(
  key,
  address,
  'train digits',
  'digits/train-images-idx3-ubyte',
  'digits/train-labels-idx1-ubyte',
);
const test = await dataset.uploadMnistFiles(key, address, 'test digits', 'digits/t10k-images-idx3-ubyte', 'digits/t10k-labels-idx1-ubyte');
const { uuid } = await cluster.createCluster(key, address, `typed cluster ${Date.now()}`, readFileSync('examples/template', 'utf8'));

const from = (dataset_uuid: string, column: string) => [{ dataset_uuid, dataset_column: column, hexagon_name: column }];
const training = await task.createTrainTask(key, address, 'training', uuid, from(train, 'picture'), from(train, 'label'));
await task.waitForTask(key, address, training.uuid, uuid, ({ current_cycle }) => console.log(`${current_cycle} cycles`));

const results = [{ dataset_column: 'digit', hexagon_name: 'label' }];
const request = await task.createRequestTask(key, address, 'question', uuid, from(test, 'picture'), results);
await task.waitForTask(key, address, request.uuid, uuid);
console.log(await dataset.checkMnistDataset(key, address, request.uuid, test));
