import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataset } from '@openhanami/sdk';
import { ServerProcess } from '../../tests/server-process.ts';
import { type Figure, median } from './figure.ts';

const RUNS = 5;
const COLUMNS = 8;
const ROWS = 2_500_000;
const CHUNK = 10_000;

/** A table of numbers with up to seven digits, of about 180 MB. */
function writeTable(path: string): void {
  const header = Array.from({ length: COLUMNS }, (_, i) => `column_${i}`).join(',');
  writeFileSync(path, `${header}\n`);
  let state = 1;
  for (let from = 0; from < ROWS; from += CHUNK) {
    let text = '';
    for (let row = 0; row < CHUNK; row++) {
      for (let i = 0; i < COLUMNS; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        text += `${i > 0 ? ',' : ''}${Math.fround(state / 2 ** 32).toPrecision(7)}`;
      }
      text += '\n';
    }
    writeFileSync(path, text, { flag: 'a' });
  }
}

/** Downloads of a table as CSV: how fast, and how soon the first byte comes. */
export async function downloadFigures(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hanami-bench-'));
  const server = await ServerProcess.start();
  try {
    const { address } = server;
    const token = await server.logIn();
    const file = join(folder, 'table.csv');
    writeTable(file);
    const size = statSync(file).size;
    const uuid = await dataset.uploadCsvFiles(token, address, 'table', file);
    const path = `/v1.0alpha/dataset/download?uuid=${uuid}`;
    const indexed = performance.now();
    const total = Number(
      /\/(\d+)$/.exec((await server.call('GET', path, token, undefined, { range: 'bytes=0-0' })).headers.get('content-range') ?? '')?.[1],
    );
    const wait = (performance.now() - indexed) / 1000;

    const firstByte = async (headers: Record<string, string>): Promise<number> => {
      const started = performance.now();
      const reader = (await server.call('GET', path, token, undefined, headers)).body?.getReader();
      await reader?.read();
      const taken = performance.now() - started;
      await reader?.cancel();
      return taken;
    };
    const rates: number[] = [];
    const whole: number[] = [];
    const ranges: number[] = [];
    const before = server.memory;
    for (let run = 0; run < RUNS; run++) {
      const started = performance.now();
      let bytes = 0;
      for await (const chunk of (await server.call('GET', path, token)).body ?? []) bytes += chunk.length;
      rates.push(bytes / 1e6 / ((performance.now() - started) / 1000));
      whole.push(await firstByte({}));
      for (const part of [0.1, 0.5, 0.999]) ranges.push(await firstByte({ range: `bytes=${Math.floor(total * part)}-` }));
    }
    const how = `${Math.round(total / 1e6)} MB of text, ${COLUMNS} columns (file ${Math.round(size / 1e6)} MB), median of ${RUNS}`;
    return [
      { name: 'CSV download', value: median(rates), unit: 'MB/s', goal: '>= 60', how },
      { name: 'first byte of a download', value: median(whole), unit: 'ms', goal: '<= 200', how },
      { name: 'first byte of a Range, anywhere (longest)', value: Math.max(...ranges), unit: 'ms', goal: '<= 200', how },
      { name: 'memory of a download', value: server.memory - before, unit: 'MB', goal: '<= 50', how: 'resident, after all of them' },
      { name: 'a Range right after the import waits for the index', value: wait, unit: 's', goal: '', how },
    ];
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}
