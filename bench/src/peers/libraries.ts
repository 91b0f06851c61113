// One pass over the train images by one library, on a network of 784 inputs, 256 neurons and 10 outputs; each runs in a process of its own.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { generator } from '@openhanami/datasets';
import { Cluster, SMALL_NEURONS_PER_HEXAGON } from '@openhanami/engine';
import { pass, percent, TEMPLATE } from '../engine/mnist.ts';
import { accuracy, type Digits } from '../figure.ts';
import { ScatterNetwork } from '../scatter.ts';

const HIDDEN = 256;
const BATCH = 32;

export interface Trained {
  /** Percent of the test images. */
  readonly percent: number;
}
/** Trains on all of `train`, then tells `trained`, then answers all of `test`. */
export type Library = (train: Digits, test: Digits, seed: number, trained: () => void) => Promise<Trained>;

const picture = ({ pixels }: Digits, row: number): Uint8Array => pixels.subarray(row * 784, (row + 1) * 784);

async function ours(train: Digits, test: Digits, seed: number, trained: () => void): Promise<Trained> {
  const cluster = await Cluster.create(TEMPLATE, { seed, neuronsPerHexagon: SMALL_NEURONS_PER_HEXAGON });
  pass(cluster, train);
  trained();
  return { percent: percent(cluster, test) };
}

async function scatter(train: Digits, test: Digits, seed: number, trained: () => void): Promise<Trained> {
  const network = new ScatterNetwork(784, 10, generator(seed));
  for (let row = 0; row < train.labels.length; row++) network.train(picture(train, row), train.oneHot.subarray(row * 10, row * 10 + 10));
  trained();
  const answers = new Float32Array(test.labels.length * 10);
  for (let row = 0; row < test.labels.length; row++) answers.set(network.forward(picture(test, row), false), row * 10);
  return { percent: accuracy(answers, test.labels) };
}

/** TensorFlow.js on its WebAssembly backend with SIMD and one thread: ReLU, softmax, Adam with its usual step, pixels divided by 255. */
async function tensorflow(train: Digits, test: Digits, seed: number, trained: () => void): Promise<Trained> {
  const tf = await import('@tensorflow/tfjs-core');
  const { initializers, layers, sequential } = await import('@tensorflow/tfjs-layers');
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  setThreadsCount(1);
  await tf.setBackend('wasm');
  const kernelInitializer = (offset: number) => initializers.glorotUniform({ seed: seed + offset });
  const model = sequential({
    layers: [
      layers.dense({ units: HIDDEN, inputShape: [784], activation: 'relu', kernelInitializer: kernelInitializer(0) }),
      layers.dense({ units: 10, activation: 'softmax', kernelInitializer: kernelInitializer(100) }),
    ],
  });
  model.compile({ optimizer: tf.train.adam(), loss: 'categoricalCrossentropy' });
  const input = (from: Uint8Array, width: number, scale = 1) =>
    tf.tensor2d(
      Float32Array.from(from, (value) => value / scale),
      [from.length / width, width],
    );
  for (let row = 0; row < train.labels.length; row += BATCH) {
    const x = input(train.pixels.subarray(row * 784, (row + BATCH) * 784), 784, 255);
    const y = input(train.oneHot.subarray(row * 10, (row + BATCH) * 10), 10);
    await model.trainOnBatch(x, y);
    tf.dispose([x, y]);
  }
  console.error(tf.memory());
  trained();
  const answers = (model.predict(input(test.pixels, 784, 255)) as import('@tensorflow/tfjs-core').Tensor).dataSync() as Float32Array;
  return { percent: accuracy(answers, test.labels) };
}

interface Vol {
  readonly w: Float64Array;
}
interface ConvNet {
  Vol: new (width: number, height: number, depth: number, value: number) => Vol;
  Net: new () => { makeLayers(layers: object[]): void; forward(input: Vol): Vol };
  Trainer: new (net: object, options: object) => { train(input: Vol, label: number): void };
}

/** ConvNetJS: ReLU, softmax, gradient descent with momentum, pixels divided by 255. */
async function convnet(train: Digits, test: Digits, _seed: number, trained: () => void): Promise<Trained> {
  const { Net, Trainer, Vol } = createRequire(import.meta.url)('convnetjs') as ConvNet;
  const net = new Net();
  net.makeLayers([
    { type: 'input', out_sx: 1, out_sy: 1, out_depth: 784 },
    { type: 'fc', num_neurons: HIDDEN, activation: 'relu' },
    { type: 'softmax', num_classes: 10 },
  ]);
  const trainer = new Trainer(net, { method: 'sgd', learning_rate: 0.01, momentum: 0.9, batch_size: BATCH, l2_decay: 0 });
  const input = new Vol(1, 1, 784, 0);
  const show = (from: Digits, row: number): void => {
    const values = picture(from, row);
    for (let i = 0; i < 784; i++) input.w[i] = (values[i] as number) / 255;
  };
  for (const [row, label] of train.labels.entries()) {
    show(train, row);
    trainer.train(input, label);
  }
  trained();
  const answers = new Float32Array(test.labels.length * 10);
  for (let row = 0; row < test.labels.length; row++) {
    show(test, row);
    answers.set(net.forward(input).w, row * 10);
  }
  return { percent: accuracy(answers, test.labels) };
}

export const libraries: Record<string, Library> = {
  'OpenHanami (256 neurons a hexagon)': ours,
  'scatter baseline': scatter,
  'TensorFlow.js 4.22, wasm, batch 32, Adam': tensorflow,
  'ConvNetJS 0.3, batch 32, momentum': convnet,
};
