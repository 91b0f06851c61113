// A drawing as MNIST has its digits (LeCun et al. 1998): scaled to fit 20 × 20, put into 28 × 28 with its centre of mass in the middle.

const SIDE = 28;
const BOX = 20;

/**
 * @param pixels RGBA of a square drawing, white on nothing.
 * @returns 784 grey values from 0 to 255; undefined if nothing is drawn.
 */
export function asMnist(pixels: Uint8ClampedArray, side: number): Float32Array | undefined {
  const ink = (x: number, y: number): number => pixels[4 * (y * side + x) + 3] ?? 0;
  let [left, right, top, bottom] = [side, -1, side, -1];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (ink(x, y) === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
  }
  if (right < 0) return undefined;
  const scale = BOX / Math.max(right - left + 1, bottom - top + 1);
  // Means of the areas that fall on each pixel.
  const small = new Float32Array(BOX * BOX);
  const counts = new Float32Array(BOX * BOX);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const at = Math.min(BOX - 1, Math.floor((y - top) * scale)) * BOX + Math.min(BOX - 1, Math.floor((x - left) * scale));
      small[at] = (small[at] ?? 0) + ink(x, y);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  let [mass, sumX, sumY] = [0, 0, 0];
  for (let i = 0; i < small.length; i++) {
    const value = (small[i] ?? 0) / Math.max(1, counts[i] ?? 0);
    small[i] = value;
    mass += value;
    sumX += value * (i % BOX);
    sumY += value * Math.floor(i / BOX);
  }
  const shiftX = Math.round((SIDE - 1) / 2 - sumX / mass);
  const shiftY = Math.round((SIDE - 1) / 2 - sumY / mass);
  const picture = new Float32Array(SIDE * SIDE);
  for (let i = 0; i < small.length; i++) {
    const x = (i % BOX) + shiftX;
    const y = Math.floor(i / BOX) + shiftY;
    if (x >= 0 && x < SIDE && y >= 0 && y < SIDE) picture[y * SIDE + x] = small[i] ?? 0;
  }
  return picture;
}
