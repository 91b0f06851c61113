// npm run draw [folder]: draws the images of README.md and docs/engine.md into docs/images, from the engine itself.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digits } from './digits.ts';
import { growth } from './growth.ts';
import { line } from './line.ts';
import { scale } from './scale.ts';
import { section } from './section.ts';
import { spiking } from './spiking.ts';
import { stepSize } from './step-size.ts';
import { threads } from './threads.ts';
import { windows } from './windows.ts';

const drawings = { digits, section, line, windows, growth, 'step-size': stepSize, spiking, scale, threads };

const folder = process.argv[2] ?? join(import.meta.dirname, '../images');
mkdirSync(folder, { recursive: true });
for (const [name, draw] of Object.entries(drawings)) {
  const svg = await draw();
  if (svg !== undefined) writeFileSync(join(folder, `${name}.svg`), `${svg}\n`);
}
