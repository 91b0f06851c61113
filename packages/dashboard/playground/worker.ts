// The engine of the page: learns digits that are drawn as it goes, and answers.
import { drawDigits } from '@openhanami/datasets/digits';
import { Cluster } from '@openhanami/engine';
import { type FromWorker, TEMPLATE, type ToWorker } from './messages.ts';

/** Rows that are learnt between two looks at the network, and of those it is judged on. */
const STEP = 250;
const JUDGED = 1000;
/** Rows after which it rests: it knows these digits by then. */
const MOST = 20_000;
const SIZE = 784;
const CLASSES = 10;

const judged = drawDigits(JUDGED, 2);
let cluster: Cluster;
let network = 0;
let rows = 0;
let isTraining = false;
/** Trainings that were begun. */
let trainings = 0;

const tell = (message: FromWorker): void => postMessage(message);

function oneHot(labels: Uint8Array): Uint8Array {
  const found = new Uint8Array(labels.length * CLASSES);
  for (const [i, label] of labels.entries()) found[i * CLASSES + label] = 1;
  return found;
}

const largest = (values: ArrayLike<number>, from: number): number => {
  let best = 0;
  for (let k = 1; k < CLASSES; k++) if ((values[from + k] as number) > (values[from + best] as number)) best = k;
  return best;
};

const pictures = (data: Uint8Array | Float32Array) => ({ data, width: SIZE, shape: [28, 28] as const });

/** Which part of digits that were never learnt it names right. */
function accuracy(): number {
  const { digit } = cluster.request({ picture: pictures(judged.pixels) });
  let right = 0;
  for (const [i, label] of judged.labels.entries()) if (largest(digit ?? [], i * CLASSES) === label) right++;
  return right / JUDGED;
}

async function train(): Promise<void> {
  isTraining = true;
  const mine = ++trainings;
  // Another one may be started, or a new network, while this one waits for its turn.
  while (isTraining && mine === trainings && rows < MOST) {
    const { pixels, labels } = drawDigits(STEP, 1000 + rows);
    const started = performance.now();
    cluster.train({ picture: pictures(pixels) }, { digit: { data: oneHot(labels), width: CLASSES } });
    const seconds = (performance.now() - started) / 1000;
    rows += STEP;
    tell({ kind: 'grown', network, rows, accuracy: accuracy(), hexagons: cluster.hexagons, rowsPerSecond: STEP / seconds });
    // Questions get their turn.
    await new Promise((next) => setTimeout(next, 0));
  }
  if (rows >= MOST) tell({ kind: 'rested' });
}

async function anew(wanted: number): Promise<void> {
  isTraining = false;
  trainings++;
  network = wanted;
  rows = 0;
  cluster = await Cluster.create(TEMPLATE, { seed: 1 });
}

const ready = anew(0);
self.onmessage = async ({ data: message }: MessageEvent<ToWorker>): Promise<void> => {
  await ready;
  if (message.kind === 'train') await train();
  else if (message.kind === 'stop') isTraining = false;
  else if (message.kind === 'anew') await anew(message.network);
  else if (message.kind === 'ask' && rows > 0) {
    const { digit } = cluster.request({ picture: pictures(message.picture) });
    tell({ kind: 'answer', answers: Array.from(digit ?? [], Number) });
  }
};
