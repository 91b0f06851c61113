import { BadRequest, NotFound } from '@openhanami/contract';
import type { StagedObject } from '../store/objects/index.ts';
import type { HangUp } from './hang-up.ts';

/** Bytes that have arrived: from the first to before the second. */
export type Range = [start: number, end: number];

/** Milliseconds between two records of an upload's progress, from which it can be resumed after a crash. */
const NOTE_EVERY_MS = 1000;

/** A file that connections write to. */
export class OpenUpload {
  readonly connections = new Set<HangUp>();
  private noting: NodeJS.Timeout | undefined;
  private noted: Promise<void> = Promise.resolve();
  private ended = false;

  constructor(
    readonly uuid: string,
    private readonly size: number,
    /** Ranges that have arrived: in order, not touching. */
    readonly received: Range[],
    private readonly staged: StagedObject,
    /** Records what has arrived. */
    private readonly note: (received: readonly Range[]) => Promise<void>,
  ) {}

  /** Writes bytes at a position, also repeatedly. @throws BadRequest beyond the announced size, NotFound once the upload is gone. */
  async write(position: number, data: Uint8Array): Promise<void> {
    if (this.ended) throw new NotFound(`the upload '${this.uuid}' has ended`);
    const end = position + data.length;
    if (position < 0 || end > this.size) {
      throw new BadRequest(`bytes ${position} to ${end} lie outside of the announced ${this.size} bytes`);
    }
    if (data.length === 0) return;
    await this.staged.write(position, data);
    addRange(this.received, position, end);
    this.noting ??= setTimeout(() => void this.syncProgress().catch(() => {}), NOTE_EVERY_MS);
  }

  /** Records what has arrived, once it is on the disk. */
  syncProgress(): Promise<void> {
    clearTimeout(this.noting);
    this.noting = undefined;
    this.noted = this.noted
      .catch(() => {})
      .then(async () => {
        const received = this.received.map(([start, end]): Range => [start, end]);
        await this.staged.sync();
        await this.note(received);
      });
    return this.noted;
  }

  /** Refuses further bytes, and closes all connections. Nothing is stored any more then. */
  async end(): Promise<void> {
    this.ended = true;
    await this.staged.discard();
    for (const hangUp of this.connections) hangUp('the upload was deleted');
  }

  async close(): Promise<void> {
    clearTimeout(this.noting);
    await this.noted.catch(() => {});
    await this.staged.close();
  }
}

/** Adds [start, end) to ordered ranges that do not touch. */
export function addRange(ranges: Range[], start: number, end: number): void {
  let first = ranges.length;
  // Uploads mostly append: the search runs from the end.
  while (first > 0 && (ranges[first - 1] as Range)[1] >= start) first--;
  let last = first;
  while (last < ranges.length && (ranges[last] as Range)[0] <= end) last++;
  const joined = ranges.slice(first, last);
  const from = Math.min(start, ...joined.map((range) => range[0]));
  const to = Math.max(end, ...joined.map((range) => range[1]));
  ranges.splice(first, last - first, [from, to]);
}

/** Whether ranges are all bytes of a file. */
export function covers(ranges: readonly Range[], size: number): boolean {
  return ranges.length === 1 && ranges[0]?.[0] === 0 && ranges[0][1] === size;
}
