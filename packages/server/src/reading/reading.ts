import { Readable } from 'node:stream';
import { Unavailable } from '@openhanami/contract';
import type { CsvIndex, CsvPlace } from '@openhanami/datasets';
import { CallThread, recreated } from '../call-thread.ts';
import { patienceOf, type StoragePlaces } from '../store/objects/index.ts';
import type { ReadCalls } from './reader.ts';

// Two threads read data sets for responses: a quick one for rows and downloads, a slow one for whole data sets. A download requests its
// next piece when the client has taken the last one, so that a client that does not read costs no more than the memory of a piece.

/** Most seconds of a call of each thread. */
const SLOW = 120;
const QUICK = 30;

type Input<K extends keyof ReadCalls> = Parameters<ReadCalls[K]>[0];

/** Reads data sets outside of the main thread. */
export class DatasetReading {
  private readonly quick: ReadingThread;
  private readonly slow: ReadingThread;

  constructor(storage: StoragePlaces) {
    this.quick = new ReadingThread(QUICK + patienceOf(storage), storage);
    this.slow = new ReadingThread(SLOW + patienceOf(storage), storage);
  }

  /** The index of the CSV text of a data set. Takes about 10 s for each GB of text. */
  index(key: string, guarded: boolean): Promise<CsvIndex> {
    return this.slow.call('index', { key, guarded });
  }

  /** The response of GET /dataset/content as JSON text. @throws NotFound for an unknown column, BadRequest for rows out of range. */
  content(input: Input<'content'>): Promise<Uint8Array> {
    return this.quick.call('content', input);
  }

  /** The response of GET /dataset/rows as JSON text. @throws BadRequest for rows out of range. */
  rows(input: Input<'rows'>): Promise<Uint8Array> {
    return this.quick.call('rows', input);
  }

  /** Closes a data set that was written anew. */
  async forget(input: Input<'forget'>): Promise<void> {
    await Promise.all([this.quick.call('forget', input), this.slow.call('forget', input)]);
  }

  /** Percent of rows whose labels agree. @throws BadRequest if the reference has no labels, or other rows. */
  check(input: Input<'check'>): Promise<number> {
    return this.slow.call('check', input);
  }

  /** The response of GET /dataset/evaluate as JSON text. @throws BadRequest or NotFound as `evaluate` does. */
  evaluate(input: Input<'evaluate'>): Promise<Uint8Array> {
    return this.slow.call('evaluate', input);
  }

  /** Additional bytes of the CSV text of a data set if its header is guarded. */
  async guardOf(key: string): Promise<number> {
    const { header, guardedHeader } = await this.quick.call('header', { key });
    return guardedHeader.length - header.length;
  }

  /**
   * Bytes `start` … `end` − 1 (default: to the last one) of the CSV text of a data set.
   * @param guarded whether names in the header, and texts, that look like formulas are prefixed.
   * @param index required for any start but 0.
   */
  csv(key: string, guarded: boolean, start: number, end: number | undefined, index: CsvIndex | undefined): Readable {
    return Readable.from(this.pieces(key, guarded, start, end ?? Number.POSITIVE_INFINITY, index), {
      objectMode: false,
      highWaterMark: 0,
    });
  }

  private async *pieces(
    key: string,
    guarded: boolean,
    first: number,
    behind: number,
    index: CsvIndex | undefined,
  ): AsyncGenerator<Uint8Array> {
    const { header, guardedHeader, rows } = await this.quick.call('header', { key });
    const own = guarded ? guardedHeader : header;
    if (first < own.length) yield own.subarray(first, Math.min(behind, own.length));
    // From here on, positions in the text with the plain header, as in the index.
    const [start, end] = [first - own.length + header.length, behind - own.length + header.length];
    let place = index?.places.findLast(({ byte }) => byte <= start) ?? { row: 0, byte: header.length };
    const ask = (from: CsvPlace) => {
      if (from.byte >= end || from.row >= rows) return undefined;
      const part = this.quick.call('part', { key, from, guarded });
      // A failure is handled where the part is awaited.
      part.catch(() => {});
      return part;
    };
    // The next part is generated while this one is sent.
    for (let coming = ask(place); coming; ) {
      const { text, next }: Awaited<typeof coming> = await coming;
      coming = ask(next);
      const wanted = text.subarray(Math.max(0, start - place.byte), Math.max(0, end - place.byte));
      if (wanted.length > 0) yield wanted;
      place = next;
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.quick.stop(), this.slow.stop()]);
  }
}

/** One thread, started by the first call, and again after it died. */
class ReadingThread {
  private thread: CallThread<never> | undefined;

  /** @param seconds without an answer after which a thread with pending calls is terminated. */
  constructor(
    private readonly seconds: number,
    private readonly storage: StoragePlaces,
  ) {}

  call<K extends keyof ReadCalls>(name: K, input: Input<K>): Promise<ReturnType<ReadCalls[K]>> {
    this.thread ??= this.start();
    return this.thread.call(name, input) as Promise<ReturnType<ReadCalls[K]>>;
  }

  async stop(): Promise<void> {
    await this.thread?.stop();
  }

  private start(): CallThread<never> {
    const script = new URL('./reader.js', import.meta.url);
    const thread: CallThread<never> = new CallThread(
      script,
      { name: 'hanami-reader', workerData: { storage: this.storage } },
      { seconds: this.seconds },
      {
        told: () => {},
        translate: recreated,
        died: (reason) => new Unavailable(`the data set could not be read: ${reason}; try again`),
        onDeath: () => {
          this.thread = undefined;
        },
      },
    );
    thread.worker.unref();
    return thread;
  }
}
