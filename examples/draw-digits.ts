// Draws handwritten-looking digits into IDX files, as MNIST has them: npm run digits -- <folder>
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';

const folder = process.argv[2] ?? 'digits';
mkdirSync(folder, { recursive: true });
for (const [part, count, seed] of [
  ['train', 20_000, 1],
  ['t10k', 4_000, 2],
] as const) {
  const [images, labels] = [join(folder, `${part}-images-idx3-ubyte`), join(folder, `${part}-labels-idx1-ubyte`)];
  await writeMnist(drawDigits(count, seed), images, labels);
  console.log(`${count} digits in ${images} and ${labels}`);
}
