import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type CsvIndex, type CsvPlace, CsvText, csvIndex } from '@openhanami/datasets';
import { LRUCache } from 'lru-cache';

// The CSV text of data sets is made by a thread of its own, a piece at a time: a download asks for its next piece when its client has taken the last one.
// So a client that does not read costs a piece of memory and nothing else, however many there are.

/** Bytes of a piece. */
const PIECE = 1 << 19;
/** Data sets that the thread keeps open, and milliseconds after the last use of one. */
const OPEN = 32;
const OPEN_MS = 10_000;

type Call = { readonly id: number; readonly path: string } & (
  | { readonly kind: 'header' }
  | { readonly kind: 'part'; readonly from: CsvPlace }
  | { readonly kind: 'index' }
);
type Answer = { readonly id: number; readonly output: unknown } | { readonly id: number; readonly fault: string };

interface Part {
  readonly text: Uint8Array;
  readonly next: CsvPlace;
}

/** Makes CSV text of data sets. */
export class CsvExporter {
  private worker: Worker | undefined;
  private readonly waiting = new Map<number, { resolve(output: unknown): void; reject(error: Error): void }>();
  private nextId = 1;

  /** Where the rows of the text of a data set begin. Takes about 8 s for each GB of text. */
  index(path: string): Promise<CsvIndex> {
    return this.call({ kind: 'index', path }) as Promise<CsvIndex>;
  }

  /** Bytes `start` … `end` (exclusive; the last one where it is left out) of the text of a data set. @param index needed for any start but 0. */
  read(path: string, start: number, end: number | undefined, index: CsvIndex | undefined): Readable {
    return Readable.from(this.pieces(path, start, end ?? index?.bytes ?? Number.POSITIVE_INFINITY, index), {
      objectMode: false,
      highWaterMark: 0,
    });
  }

  private async *pieces(path: string, start: number, end: number, index: CsvIndex | undefined): AsyncGenerator<Uint8Array> {
    const { header, rows } = (await this.call({ kind: 'header', path })) as { header: Uint8Array; rows: number };
    if (start < header.length) yield header.subarray(start, Math.min(end, header.length));
    let place = index?.places.findLast(({ byte }) => byte <= start) ?? { row: 0, byte: header.length };
    const ask = (from: CsvPlace): Promise<Part> | undefined => {
      if (from.byte >= end || from.row >= rows) return undefined;
      const part = this.call({ kind: 'part', path, from }) as Promise<Part>;
      // A failure is met when the part is awaited, if it is.
      part.catch(() => {});
      return part;
    };
    // The next part is made while this one is sent.
    for (let coming = ask(place); coming; ) {
      const { text, next }: Part = await coming;
      coming = ask(next);
      const wanted = text.subarray(Math.max(0, start - place.byte), Math.max(0, end - place.byte));
      if (wanted.length > 0) yield wanted;
      place = next;
    }
  }

  async stop(): Promise<void> {
    await this.worker?.terminate();
  }

  private call(call: DistributiveOmit<Call, 'id'>): Promise<unknown> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.thread().postMessage({ ...call, id });
    });
  }

  /** The thread; it starts with the first call, and anew after it died. */
  private thread(): Worker {
    if (this.worker) return this.worker;
    const worker = new Worker(fileURLToPath(import.meta.url), { name: 'hanami-export', workerData: { exports: true } });
    let reason = 'it exited';
    worker.on('message', (answer: Answer) => {
      const waiting = this.waiting.get(answer.id);
      this.waiting.delete(answer.id);
      if ('output' in answer) waiting?.resolve(answer.output);
      else waiting?.reject(new Error(answer.fault));
    });
    worker.on('error', (error: Error) => {
      reason = error.message;
    });
    worker.on('exit', () => {
      if (this.worker === worker) this.worker = undefined;
      for (const { reject } of this.waiting.values()) reject(new Error(`the thread of exports died (${reason})`));
      this.waiting.clear();
    });
    worker.unref();
    this.worker = worker;
    return worker;
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** The thread's side. */
function serve(port: NonNullable<typeof parentPort>): void {
  const texts = new LRUCache<string, Promise<CsvText>>({
    max: OPEN,
    ttl: OPEN_MS,
    ttlAutopurge: true,
    updateAgeOnGet: true,
    dispose: (text) => void text.then((opened) => last.then(() => opened.close())).catch(() => {}),
  });
  const textOf = (path: string): Promise<CsvText> => {
    let text = texts.get(path);
    if (!text) {
      text = CsvText.open(path);
      text.catch(() => texts.delete(path));
      texts.set(path, text);
    }
    return text;
  };
  const work = async (call: Call): Promise<void> => {
    if (call.kind === 'header') {
      const { header, rows } = await textOf(call.path);
      port.postMessage({ id: call.id, output: { header, rows } });
      return;
    }
    if (call.kind === 'index') {
      port.postMessage({ id: call.id, output: await csvIndex(call.path) });
      return;
    }
    const { text, next } = await (await textOf(call.path)).part(call.from, PIECE);
    const copy = text.slice();
    port.postMessage({ id: call.id, output: { text: copy, next } }, [copy.buffer]);
  };
  // Parts come one after the other, since they share what is open; an index is worked out beside them.
  let last: Promise<void> = Promise.resolve();
  port.on('message', (call: Call) => {
    const run = (): Promise<void> =>
      work(call).catch((error: Error) => port.postMessage({ id: call.id, fault: error.stack ?? error.message } satisfies Answer));
    if (call.kind === 'index') void run();
    else last = last.then(run);
  });
}

if (!isMainThread && parentPort && (workerData as { exports?: true } | null)?.exports) serve(parentPort);
