import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import type { Figure } from './figure.ts';

const BYTES = 1e9;

/** Import of a CSV file of 1 GB, in a process of its own: its peak memory. */
export async function csvFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hanami-bench-'));
  try {
    const file = join(folder, 'large.csv');
    const stream = createWriteStream(file);
    stream.write('a,b,c,d,e,f,g,h\n');
    const block = `${Array.from({ length: 8 }, (_, i) => (i * 1.2345678).toFixed(7)).join(',')}\n`.repeat(10_000);
    for (let bytes = 0; bytes < BYTES; bytes += block.length) if (!stream.write(block)) await once(stream, 'drain');
    stream.end();
    await finished(stream);
    const script = `import { importCsv } from '@openhanami/datasets';
      import { readFileSync } from 'node:fs';
      await importCsv(${JSON.stringify(file)}, ${JSON.stringify(join(folder, 'large.arrow'))});
      console.log(Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024);`;
    const started = performance.now();
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    if (stderr !== '') throw new Error(stderr);
    const rate = statSync(file).size / 1e6 / ((performance.now() - started) / 1000);
    return [
      {
        name: 'memory of a CSV import',
        value: Number(stdout),
        unit: 'MB',
        goal: '< 200',
        how: 'peak, 1 GB of 8 columns, a process of its own',
      },
      { name: 'speed of a CSV import', value: rate, unit: 'MB/s', goal: '', how: 'the same run' },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
