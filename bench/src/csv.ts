import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { dataset } from '@openhanami/sdk';
import { ServerProcess } from '../../tests/server-process.ts';
import type { Figure } from './figure.ts';

const BYTES = 1e9;

/** A CSV file of 1 GB is uploaded to a real server and imported: peak memory and the speed of the conversion. */
export async function csvFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hanami-bench-'));
  const server = await ServerProcess.start();
  try {
    const file = join(folder, 'large.csv');
    const stream = createWriteStream(file);
    stream.write('a,b,c,d,e,f,g,h\n');
    const block = `${Array.from({ length: 8 }, (_, i) => (i * 1.2345678).toFixed(7)).join(',')}\n`.repeat(10_000);
    for (let bytes = 0; bytes < BYTES; bytes += block.length) if (!stream.write(block)) await once(stream, 'drain');
    stream.end();
    await finished(stream);
    const token = await server.logIn();
    let arrived = 0;
    let importPeak = 0;
    const watch = setInterval(() => {
      importPeak = Math.max(importPeak, server.childrenPeakMemory);
    }, 100);
    await dataset.uploadCsvFiles(token, server.address, 'large table', file, (bytes, total) => {
      if (bytes === total) arrived = performance.now();
    });
    clearInterval(watch);
    const rate = statSync(file).size / 1e6 / ((performance.now() - arrived) / 1000);
    return [
      {
        name: 'memory of a CSV import',
        value: importPeak,
        unit: 'MB',
        goal: '< 200',
        how: '1 GB of 8 columns, peak of the import process',
      },
      { name: 'memory of the server meanwhile', value: server.peakMemory, unit: 'MB', goal: '< 200', how: 'peak over upload and import' },
      { name: 'speed of a CSV import', value: rate, unit: 'MB/s', goal: '', how: 'the same run, from the last byte to the answer' },
    ];
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
