import { generator } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import type { Figure } from '../figure.ts';
import { course, digits, type Form, pass, percent, SEEDS, SMALL, TEMPLATE } from './mnist.ts';

const PASSES = 10;
const { source, train, test } = digits;
const seeds = `mean of seeds ${SEEDS.join(', ')}`;

/** The same pictures in another order of their values, so that nothing tells what lies beside what. */
function shuffled(): Form {
  const random = generator(1);
  const order = Array.from({ length: 784 }, (_, i) => i);
  for (let i = 783; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return { shape: false, values: (pixels) => pixels.map((_, i) => pixels[i - (i % 784) + (order[i % 784] as number)] as number) };
}

const times = (factor: number): Form => ({ values: (pixels) => Float32Array.from(pixels, (value) => value * factor) });
const less = (shift: number): Form => ({ values: (pixels) => Float32Array.from(pixels, (value) => value - shift) });

/** One value of 1e6 … 1e9 in one of 1,000 train images. */
const outliers: Form = {
  values(pixels, isTrain) {
    const values = Float32Array.from(pixels);
    const random = generator(2);
    if (isTrain)
      for (let row = 0; row < values.length / 784; row += 1000) values[row * 784 + Math.floor(random() * 784)] = 10 ** (6 + 3 * random());
    return values;
  },
};

/** Accuracy on MNIST, on changed forms of it, and what reduction costs. */
export async function accuracyFigures(): Promise<Figure[]> {
  const small = await course(1, SMALL);
  const plain = await course(PASSES);
  const unknown = await course(PASSES, {}, shuffled());
  const last = (values: number[]): number => values.at(-1) as number;
  const first = (values: number[]): number => values[0] as number;
  const change = async (name: string, form: Form, goal: string): Promise<Figure> => {
    const [value = 0] = await course(1, {}, form);
    return {
      name,
      value: first(plain) - value,
      unit: 'points',
      goal,
      how: `accuracy lost against ${first(plain).toFixed(2)} %, one pass, ${seeds}`,
    };
  };
  return [
    { name: 'accuracy after one pass, small', value: first(small), unit: '%', goal: '>= 97.5', how: `${source}, 256 neurons, ${seeds}` },
    { name: 'accuracy after one pass', value: first(plain), unit: '%', goal: '>= 98.3', how: `${source}, 512 neurons (default), ${seeds}` },
    { name: 'accuracy after ten passes', value: last(plain), unit: '%', goal: '>= 98.6', how: 'the same' },
    {
      name: 'accuracy after one pass, shape not known',
      value: first(unknown),
      unit: '%',
      goal: '>= 97.5',
      how: `columns shuffled, ${seeds}`,
    },
    { name: 'accuracy after ten passes, shape not known', value: last(unknown), unit: '%', goal: '>= 98.2', how: 'the same' },
    await change('all values times 0.001', times(0.001), '<= 0.2'),
    await change('all values times 1,000', times(1000), '<= 0.2'),
    await change('one value of 1e6 to 1e9 in 0.1 % of the images', outliers, '<= 0.5'),
    await change('all values less 128', less(128), '<= 0.5'),
    ...(await reduction(first(plain))),
    ...(await lateClasses()),
    await wrongLabels(),
  ];
}

async function reduction(plain: number): Promise<Figure[]> {
  const reduced = TEMPLATE.replace('hexagons:', 'settings:\nenable_reduction: true\nhexagons:');
  let kept = 0;
  let right = 0;
  for (const seed of SEEDS) {
    const clusters = [await Cluster.create(TEMPLATE, { seed }), await Cluster.create(reduced, { seed })] as const;
    for (const cluster of clusters) pass(cluster, train);
    kept += clusters[1].stats().sections / clusters[0].stats().sections / SEEDS.length;
    right += percent(clusters[1], test) / SEEDS.length;
  }
  return [
    { name: 'sections taken away by reduction', value: 100 * (1 - kept), unit: '%', goal: '>= 20', how: `one pass, ${seeds}` },
    { name: 'accuracy lost by reduction', value: plain - right, unit: 'points', goal: '<= 0.7', how: 'the same' },
  ];
}

/** Classes 8 and 9 come only after 0 to 7 were learnt. */
async function lateClasses(): Promise<Figure[]> {
  const early = Array.from(train.labels.keys()).filter((i) => (train.labels[i] as number) < 8);
  const pixels = new Uint8Array(early.length * 784);
  const oneHot = new Uint8Array(early.length * 8);
  for (const [to, i] of early.entries()) {
    pixels.set(train.pixels.subarray(i * 784, i * 784 + 784), to * 784);
    oneHot[to * 8 + (train.labels[i] as number)] = 1;
  }
  let right = 0;
  let changed = 0;
  for (const seed of SEEDS) {
    const cluster = await Cluster.create(TEMPLATE, { seed });
    cluster.train({ picture: { data: pixels, width: 784, shape: [28, 28] } }, { label: { data: oneHot, width: 8 } });
    const ask = (): Float32Array => cluster.request({ picture: { data: test.pixels, width: 784 } })['label'] as Float32Array;
    const before = ask();
    cluster.train({ picture: { data: new Uint8Array(0), width: 784 } }, { label: { data: new Uint8Array(0), width: 10 } });
    const after = ask().filter((_, i) => i % 10 < 8);
    changed += after.filter((value, i) => value !== before[i]).length;
    pass(cluster, train);
    right += percent(cluster, test) / SEEDS.length;
  }
  return [
    {
      name: 'answers that widening from 8 to 10 classes changed',
      value: changed,
      unit: '',
      goal: '<= 0',
      how: `80,000 answers, seeds ${SEEDS.join(', ')}`,
    },
    { name: 'accuracy on all ten classes after one mixed pass', value: right, unit: '%', goal: '>= 90', how: seeds },
  ];
}

async function wrongLabels(): Promise<Figure> {
  let right = 0;
  for (const seed of SEEDS) {
    const random = generator(seed);
    const oneHot = new Uint8Array(train.oneHot.length);
    for (const [i, label] of train.labels.entries()) oneHot[i * 10 + (random() < 0.1 ? Math.floor(random() * 10) : label)] = 1;
    const cluster = await Cluster.create(TEMPLATE, { seed });
    pass(cluster, { ...train, oneHot });
    right += percent(cluster, test) / SEEDS.length;
  }
  return { name: 'accuracy when one label of ten is drawn by lot', value: right, unit: '%', goal: '', how: `one pass, ${seeds}` };
}
