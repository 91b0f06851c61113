// npm run bench:peers: one pass over MNIST by several libraries on a network of the same size; prints a table and writes bench/peers.json.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import Table from 'cli-table3';
import { median } from '../figure.ts';
import { libraries } from './libraries.ts';

const SEEDS = [1, 2, 3];

/** What one process measured of one library with one seed. */
export interface Run {
  readonly percent: number;
  /** Processor seconds of the pass, all threads; with what the library compiles before it. */
  readonly cpu: number;
  readonly wall: number;
  /** Largest resident size of the process in MB; all hold the images (55 MB) and Node itself. */
  readonly memory: number;
}

const runs: Record<string, Run[]> = Object.fromEntries(Object.keys(libraries).map((library) => [library, []]));
for (const seed of SEEDS)
  for (const library of Object.keys(libraries)) {
    console.error(`measuring: ${library}, seed ${seed} …`);
    const told = execFileSync(process.execPath, [join(import.meta.dirname, 'one.ts'), library, String(seed)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const line = told.trim().split('\n').at(-1) as string;
    runs[library]?.push(JSON.parse(line) as Run);
  }

const table = new Table({
  head: ['library', 'accuracy %', 'CPU s', 'wall s', 'peak MB', 'CPU / ours'],
  style: { head: [], border: [] },
});
const rows = Object.entries(runs).map(([library, each]) => ({
  library,
  percent: median(each.map(({ percent }) => percent)),
  cpu: median(each.map(({ cpu }) => cpu)),
  wall: median(each.map(({ wall }) => wall)),
  memory: median(each.map(({ memory }) => memory)),
}));
const ours = rows[0] as (typeof rows)[number];
for (const { library, percent, cpu, wall, memory } of rows)
  table.push([library, percent.toFixed(2), cpu.toFixed(2), wall.toFixed(2), Math.round(memory), `${(cpu / ours.cpu).toFixed(1)} ×`]);
console.log(table.toString());
const result = { node: process.version, cpu: cpus()[0]?.model, seeds: SEEDS, rows, runs };
writeFileSync(join(import.meta.dirname, '../../peers.json'), `${JSON.stringify(result, null, 2)}\n`);
