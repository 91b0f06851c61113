import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Readable, Transform } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type CsvPlace, csvText } from '@openhanami/datasets';

// Text of data sets is made in a process of its own: numbers become text at full speed while the server answers others. The pipe between the two
// holds little, so a slow client holds up its own export only.

type Job = { readonly kind: 'text'; readonly path: string; readonly from: CsvPlace } | { readonly kind: 'measure'; readonly path: string };

/** How long the CSV text of a data set is, and where some of its rows begin. */
export interface CsvMeasure {
  readonly bytes: number;
  readonly places: readonly CsvPlace[];
}

/** Bytes between two places that are remembered; at most this much is made in vain to begin in the middle. */
const PLACE_EVERY = 1 << 24;
const HEAP = ['--max-semi-space-size=2', '--max-old-space-size=128'];

/** Measures a text by making it. */
export async function measureCsv(path: string): Promise<CsvMeasure> {
  const child = start({ kind: 'measure', path });
  child.stdout?.resume();
  const exit = once(child, 'exit');
  const result = await Promise.race([
    once(child, 'message'),
    exit.then(([code]) => Promise.reject(new Error(`the export ended with ${code}`))),
  ]);
  return (result as [CsvMeasure])[0];
}

/** Bytes `start` … `end` (exclusive; the last one where it is left out) of the CSV text of a data set. */
export function readCsv(path: string, start: number, end: number | undefined, places: readonly CsvPlace[] = []): Readable {
  const from = places.findLast(({ byte }) => byte <= start) ?? { row: 0, byte: 0 };
  const child = startText(path, from);
  const part = new Cut(start - from.byte, end === undefined ? Number.POSITIVE_INFINITY : end - from.byte);
  child.stdout?.on('error', (error) => part.destroy(error)).pipe(part);
  part.once('close', () => child.kill('SIGKILL'));
  // A text that ends early must not look like a whole one.
  child.once('exit', (code) => {
    if (code !== 0 && !part.full) part.destroy(new Error(`the export of ${path} ended with ${code}`));
  });
  return part;
}

/** Lets bytes `from` … `to` (exclusive) of what flows through it pass. */
class Cut extends Transform {
  /** All wanted bytes have passed. */
  full = false;
  private at = 0;

  constructor(
    private readonly from: number,
    private readonly to: number,
  ) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: string, done: () => void): void {
    const begin = this.at;
    this.at += chunk.length;
    const wanted = chunk.subarray(Math.max(0, this.from - begin), Math.max(0, this.to - begin));
    if (wanted.length > 0 && !this.full) this.push(wanted);
    if (this.at >= this.to && !this.full) {
      this.full = true;
      this.push(null);
    }
    done();
  }

  override _flush(done: () => void): void {
    this.full = true;
    done();
  }
}

const startText = (path: string, from: CsvPlace) => start({ kind: 'text', path, from });

function start(job: Job) {
  return fork(fileURLToPath(import.meta.url), [JSON.stringify(job)], { execArgv: HEAP, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
}

async function measure(path: string): Promise<CsvMeasure> {
  const places: CsvPlace[] = [];
  let bytes = 0;
  for await (const { next } of csvText(path)) {
    bytes = next.byte;
    if (bytes - (places.at(-1)?.byte ?? 0) >= PLACE_EVERY) places.push(next);
  }
  return { bytes, places };
}

async function* textOf(path: string, from: CsvPlace): AsyncGenerator<string> {
  for await (const { text } of csvText(path, from)) yield text;
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  // Without its server an export is of no use to anybody.
  process.once('disconnect', () => process.exit(1));
  const job: Job = JSON.parse(process.argv[2] ?? '');
  if (job.kind === 'measure') process.send(await measure(job.path), () => process.exit(0));
  else {
    const text = Readable.from(textOf(job.path, job.from));
    text.pipe(process.stdout);
    await once(text, 'end');
    process.stdout.end(() => process.exit(0));
  }
}
