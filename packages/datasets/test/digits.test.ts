import { describe, expect, it } from 'vitest';
import { drawDigits } from '../src/index.ts';

const PIXELS = 784;

/** Softmax regression by plain gradient descent: the best that straight lines can do. Returns its accuracy on `test`. */
function linearAccuracy(train: ReturnType<typeof drawDigits>, test: ReturnType<typeof drawDigits>, passes: number): number {
  const weights = Array.from({ length: 10 }, () => new Float64Array(PIXELS + 1));
  const scores = (pixels: Uint8Array, row: number): number[] =>
    weights.map((w) => {
      let sum = w[PIXELS] as number;
      for (let p = 0; p < PIXELS; p++) {
        const v = pixels[row * PIXELS + p] as number;
        if (v > 0) sum += ((w[p] as number) * v) / 255;
      }
      return sum;
    });
  for (let pass = 0; pass < passes; pass++) {
    const rate = 0.03 / (1 + pass);
    for (const [row, label] of train.labels.entries()) {
      const raw = scores(train.pixels, row);
      const top = Math.max(...raw);
      const powers = raw.map((score) => Math.exp(score - top));
      const sum = powers.reduce((a, b) => a + b, 0);
      for (const [k, w] of weights.entries()) {
        const step = rate * ((powers[k] as number) / sum - Number(k === label));
        for (let p = 0; p < PIXELS; p++) {
          const v = train.pixels[row * PIXELS + p] as number;
          if (v > 0) w[p] = (w[p] as number) - (step * v) / 255;
        }
        w[PIXELS] = (w[PIXELS] as number) - step;
      }
    }
  }
  let right = 0;
  for (const [row, label] of test.labels.entries()) {
    const found = scores(test.pixels, row);
    if (found.indexOf(Math.max(...found)) === label) right++;
  }
  return right / test.labels.length;
}

describe('drawn digits', () => {
  it('are the same for the same seed and others for another', () => {
    expect(drawDigits(50, 1)).toEqual(drawDigits(50, 1));
    expect(drawDigits(50, 1)).not.toEqual(drawDigits(50, 2));
  });

  it('hold every digit about as often, on a dark ground', () => {
    const { labels, pixels } = drawDigits(2000, 1);
    for (let digit = 0; digit < 10; digit++) expect(labels.filter((label) => label === digit).length).toBeGreaterThan(140);
    const inked = pixels.filter((value) => value > 0).length / pixels.length;
    expect(inked).toBeGreaterThan(0.05);
    expect(inked).toBeLessThan(0.3);
  });

  it('are too hard for a linear classifier', () => {
    const accuracy = linearAccuracy(drawDigits(20_000, 1), drawDigits(4000, 2), 3);
    expect(accuracy).toBeGreaterThan(0.7);
    expect(accuracy).toBeLessThan(0.93);
  });
});
