import * as Plot from '@observablehq/plot';
import { drawDigits } from '@openhanami/datasets';
import { Cluster } from '@openhanami/engine';
import { BLUE, RED, sketch, svg } from './svg.ts';

const TEMPLATE = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\npicture: 1,1,1\noutputs:\nlabel: 3,1,1\n';
const ROWS = 20_000;
const SHOWN = 8;
/** Sides of a digit and of what belongs to it, in pixels. */
const PIXEL = 3;
const SIDE = 28 * PIXEL;
const STEP = SIDE + 12;
const BARS = 60;

/** Digits that a cluster has never seen, and its ten answers to each, after one pass over others. */
export async function digits(): Promise<string> {
  const train = drawDigits(ROWS, 1);
  const oneHot = new Uint8Array(ROWS * 10);
  for (const [i, label] of train.labels.entries()) oneHot[i * 10 + label] = 1;
  const cluster = await Cluster.create(TEMPLATE, { seed: 1 });
  cluster.train({ picture: { data: train.pixels, width: 784, shape: [28, 28] } }, { label: { data: oneHot, width: 10 } });
  const asked = drawDigits(SHOWN, 5);
  const answers = cluster.request({ picture: { data: asked.pixels, width: 784 } })['label'] ?? [];
  const pixels = Array.from(asked.pixels, (value, i) => ({ value, digit: Math.floor(i / 784), place: i % 784 })).filter(
    ({ value }) => value > 24,
  );
  const bars = Array.from(answers, (value, i) => ({ value, digit: Math.floor(i / 10), output: i % 10 }));
  const best = (digit: number): number => {
    const own = bars.filter((bar) => bar.digit === digit);
    return own.reduce((most, bar) => (bar.value > most.value ? bar : most)).output;
  };
  const left = (digit: number): number => 6 + digit * STEP;
  const bottom = SIDE + 16 + BARS;
  return svg({
    ...sketch(left(SHOWN), bottom + 34),
    marks: [
      Plot.rect(pixels, {
        x1: ({ digit, place }) => left(digit) + (place % 28) * PIXEL,
        x2: ({ digit, place }) => left(digit) + (place % 28) * PIXEL + PIXEL,
        y1: ({ place }) => 6 + Math.floor(place / 28) * PIXEL,
        y2: ({ place }) => 6 + Math.floor(place / 28) * PIXEL + PIXEL,
        fill: '#1a202c',
        fillOpacity: ({ value }) => value / 255,
      }),
      Plot.rect(bars, {
        x1: ({ digit, output }) => left(digit) + output * (SIDE / 10) + 1,
        x2: ({ digit, output }) => left(digit) + (output + 1) * (SIDE / 10) - 1,
        y1: bottom,
        y2: ({ value }) => bottom - Math.max(1, Math.min(1, value) * BARS),
        fill: ({ digit, output }) => (output === best(digit) ? (asked.labels[digit] === output ? BLUE : RED) : '#cbd5e0'),
      }),
      Plot.text(bars, {
        x: ({ digit, output }) => left(digit) + (output + 0.5) * (SIDE / 10),
        y: bottom + 8,
        text: ({ output }) => String(output),
        fontSize: 8,
        fill: '#4a5568',
      }),
      Plot.text(
        [`${SHOWN} digits that it never saw, and its ten answers to each, after one pass over ${ROWS.toLocaleString('en')} others`],
        {
          x: 6,
          y: bottom + 25,
          textAnchor: 'start',
          fontSize: 12,
          fill: '#4a5568',
        },
      ),
    ],
  });
}
