// Synthetic handwritten digits: strokes with random shape, slant, thickness, position and noise. For demonstrations and tests without a
// download.

import { generator } from '@openhanami/engine/random';
import { type Point, WAYS } from './digit-shapes.ts';

export const DIGIT_SIZE = 28;

/** `count` digits of 28×28 pixels with their labels; the same for the same seed. */
export function drawDigits(count: number, seed: number): { pixels: Uint8Array; labels: Uint8Array; rows: number; columns: number } {
  const random = generator(seed);
  const size = DIGIT_SIZE * DIGIT_SIZE;
  const pixels = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  const ink = new Float32Array(size);
  for (let i = 0; i < count; i++) {
    const digit = Math.floor(random() * 10);
    labels[i] = digit;
    drawDigit(digit, random, ink);
    for (let p = 0; p < size; p++) pixels[i * size + p] = Math.round(Math.min(255, ink[p] as number));
  }
  return { pixels, labels, rows: DIGIT_SIZE, columns: DIGIT_SIZE };
}

function drawDigit(digit: number, random: () => number, ink: Float32Array): void {
  // Irwin–Hall distribution: the sum of uniform numbers is nearly normal; scaled to deviation 1.
  const normal = (): number => (random() + random() + random() + random() - 2) * 1.732;
  const ways = WAYS[digit] as readonly (readonly (readonly Point[])[])[];
  const way = ways[Math.floor(random() * ways.length)] as readonly (readonly Point[])[];
  const width = 13 + 2.2 * normal();
  const height = 18 + 1.8 * normal();
  const slant = 0.28 * normal();
  const turn = 0.16 * normal();
  const centreX = DIGIT_SIZE / 2 + 1.3 * normal();
  const centreY = DIGIT_SIZE / 2 + 1.2 * normal();
  const thickness = Math.max(0.55, 1.15 + 0.35 * normal());
  const strength = 200 + 40 * normal();
  const bend = 0.055;
  ink.fill(0);
  for (const stroke of way) {
    const points = stroke.map(([x, y]): Point => {
      const u = (x - 0.5 + bend * normal()) * width;
      const v = (y - 0.5 + bend * normal()) * height;
      const s = u - slant * v;
      return [centreX + s * Math.cos(turn) - v * Math.sin(turn), centreY + s * Math.sin(turn) + v * Math.cos(turn)];
    });
    drawStroke(points, thickness, strength, ink);
  }
  // Noise: up to three single pixels.
  for (let n = Math.floor(random() * 4); n > 0; n--) {
    ink[Math.floor(random() * ink.length)] = 60 + random() * 195;
  }
}

/** A smooth line through the points (Catmull and Rom 1974), drawn with a round pen. */
function drawStroke(points: readonly Point[], thickness: number, strength: number, ink: Float32Array): void {
  const steps = 9;
  for (let i = 0; i + 1 < points.length; i++) {
    const p1 = points[i] as Point;
    const p2 = points[i + 1] as Point;
    const p0 = points[i - 1] ?? p1;
    const p3 = points[i + 2] ?? p2;
    for (let k = 0; k <= steps; k++) {
      const t = k / steps;
      const at = (axis: 0 | 1): number =>
        0.5 *
        (2 * p1[axis] +
          (p2[axis] - p0[axis]) * t +
          (2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis]) * t * t +
          (3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis]) * t * t * t);
      dot(at(0), at(1), thickness, strength, ink);
    }
  }
}

function dot(x: number, y: number, radius: number, strength: number, ink: Float32Array): void {
  const reach = radius + 1;
  for (let row = Math.max(0, Math.ceil(y - reach)); row <= Math.min(DIGIT_SIZE - 1, y + reach); row++) {
    for (let column = Math.max(0, Math.ceil(x - reach)); column <= Math.min(DIGIT_SIZE - 1, x + reach); column++) {
      const cover = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(column - x, row - y)));
      const p = row * DIGIT_SIZE + column;
      ink[p] = Math.max(ink[p] as number, cover * strength);
    }
  }
}
