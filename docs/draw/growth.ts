import * as Plot from '@observablehq/plot';
import { drawDigits } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import { BLUE, RED, svg } from './svg.ts';

const TEMPLATE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\npicture: 1,1,1\noutputs:\nlabel: 3,1,1\n';
const ROWS = 12_000;
const PART = 20;

/** Neurons and error of a cluster that sees drawn digits, one by one. */
export async function growth(): Promise<string> {
  const { pixels, labels } = drawDigits(ROWS, 1);
  const oneHot = new Uint8Array(ROWS * 10);
  for (const [i, label] of labels.entries()) oneHot[i * 10 + label] = 1;
  const cluster = await Cluster.create(TEMPLATE, { seed: 1 });
  const curve: { row: number; value: number; what: string }[] = [];
  let error = 1;
  for (let row = 0; row < ROWS; row += PART) {
    const picture = { data: pixels.subarray(row * 784, (row + PART) * 784), width: 784, shape: [28, 28] as const };
    const trained = cluster.train({ picture }, { label: { data: oneHot.subarray(row * 10, (row + PART) * 10), width: 10 } });
    error += 0.05 * (trained.error - error);
    curve.push({ row: row + PART, value: cluster.stats().neurons, what: 'neurons' });
    curve.push({ row: row + PART, value: 512 * error, what: 'error' });
  }
  const last = curve.filter(({ row }) => row === ROWS);
  return svg({
    height: 300,
    marginRight: 70,
    marginBottom: 45,
    x: { type: 'log', label: 'digits seen →', tickFormat: (d: number) => d.toLocaleString('en') },
    y: { label: '↑ neurons; largest error of a row (512 = 1), smoothed' },
    color: { domain: ['neurons', 'error'], range: [BLUE, RED] },
    marks: [
      Plot.line(curve, { x: 'row', y: 'value', z: 'what', stroke: 'what', strokeWidth: 2 }),
      Plot.text(last, { x: 'row', y: 'value', text: 'what', fill: 'what', dx: 8, textAnchor: 'start' }),
      Plot.ruleY([0]),
    ],
  });
}
