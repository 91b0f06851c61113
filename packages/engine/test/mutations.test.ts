// Snapshots that somebody has changed, and given the right checksum again: each is refused, or makes a cluster that works within its memory.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const RUNS = Number(process.env['MUTATION_RUNS'] ?? 500);
/** Milliseconds for all of them: a snapshot that leads the kernel round in circles would take for ever. */
const TIMEOUT = 120_000 + RUNS * 100;

it(
  'with right checksums end in an error of the engine, or a cluster that works',
  async () => {
    const child = fork(fileURLToPath(new URL('./mutate.ts', import.meta.url)), [String(RUNS)], { timeout: TIMEOUT - 10_000 });
    let told: unknown;
    child.on('message', (message) => {
      told = message;
    });
    const [code, signal] = await once(child, 'exit');
    // What it was at, where it did not come to its end.
    expect([code, signal, told]).toEqual([0, null, expect.objectContaining({ done: RUNS })]);
  },
  TIMEOUT,
);
