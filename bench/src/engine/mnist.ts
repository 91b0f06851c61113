import { generator } from '@openhanami/datasets';
import { Cluster, type ClusterOptions, SMALL_NEURONS_PER_HEXAGON } from '@openhanami/engine';
import { accuracy, cpuSeconds, type Digits, loadDigits } from '../figure.ts';
import { ScatterNetwork } from '../scatter.ts';

export const TEMPLATE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\npicture: 1,1,1\noutputs:\nlabel: 3,1,1\n';
export const SEEDS = [1, 2, 3];
export const SMALL: ClusterOptions = { neuronsPerHexagon: SMALL_NEURONS_PER_HEXAGON };

export const digits = loadDigits();

/** How rows are given to a cluster: the shape of the pictures is known or not, their values are as they are or not. */
export interface Form {
  readonly shape?: boolean;
  /** Of one set of pictures, the numbers that the cluster sees. */
  readonly values?: (pixels: Uint8Array, isTrain: boolean) => Uint8Array | Float32Array;
}

const PLAIN: Required<Form> = { shape: true, values: (pixels) => pixels };

/** One pass of a cluster over the train images. Returns its CPU seconds. */
export function pass(cluster: Cluster, train: Digits, form: Form = {}): number {
  const { shape, values } = { ...PLAIN, ...form };
  const data = values(train.pixels, true);
  return cpuSeconds(() => {
    cluster.train(
      { picture: { data, width: 784, ...(shape ? { shape: [28, 28] as const } : {}) } },
      { label: { data: train.oneHot, width: 10 } },
    );
  });
}

/** Percent of the test images that a cluster answers right. */
export function percent(cluster: Cluster, test: Digits, form: Form = {}): number {
  const data = (form.values ?? PLAIN.values)(test.pixels, false);
  return accuracy(cluster.request({ picture: { data, width: 784 } })['label'] as Float32Array, test.labels);
}

/** Mean over the seeds of the percentage after each of some passes. */
export async function course(passes: number, options: ClusterOptions = {}, form: Form = {}): Promise<number[]> {
  const sums = new Array<number>(passes).fill(0);
  for (const seed of SEEDS) {
    const cluster = await Cluster.create(TEMPLATE, { ...options, seed });
    for (let i = 0; i < passes; i++) {
      pass(cluster, digits.train, form);
      sums[i] = (sums[i] as number) + percent(cluster, digits.test, form) / SEEDS.length;
    }
  }
  return sums;
}

export function scatterPass(train: Digits, test: Digits, seed: number): { cpu: number; percent: number } {
  const network = new ScatterNetwork(784, 10, generator(seed));
  const picture = ({ pixels }: Digits, row: number): Uint8Array => pixels.subarray(row * 784, (row + 1) * 784);
  const cpu = cpuSeconds(() => {
    for (let row = 0; row < train.labels.length; row++) network.train(picture(train, row), train.oneHot.subarray(row * 10, row * 10 + 10));
  });
  const answers = new Float32Array(test.labels.length * 10);
  for (let row = 0; row < test.labels.length; row++) answers.set(network.forward(picture(test, row), false), row * 10);
  return { cpu, percent: accuracy(answers, test.labels) };
}

/** Wall and CPU seconds of one pass on the bare engine, for comparison with the server. */
export async function barePass(seed: number): Promise<{ wall: number; cpu: number }> {
  const cluster = await Cluster.create(TEMPLATE, { seed });
  const started = performance.now();
  const cpu = pass(cluster, digits.train);
  return { wall: (performance.now() - started) / 1000, cpu };
}
