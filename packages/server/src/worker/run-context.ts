import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TaskScores } from '@openhanami/contract';
import type { Cluster } from '@openhanami/engine';
import type { RunEnd } from './protocol.ts';

/** Interface of a run to its worker. */
export interface RunContext {
  /** Another one after `goBack`. */
  readonly cluster: Cluster;
  /** 'abort' or 'pause' once the run should end. */
  stopped(): 'abort' | 'pause' | undefined;
  /** Reports progress; called after each slice, sent on a few times a second. */
  progress(cycle: number, scores?: () => TaskScores): Promise<void>;
  /** Writes the cluster's state, with its note of task and cycle. */
  snapshot(): Promise<void>;
  /** Keeps the present state beside the snapshots, until the run has ended. */
  keep(): Promise<void>;
  /** Goes back to the state that was kept. */
  goBack(): Promise<void>;
  info(): RunEnd['info'];
}

/** Target milliseconds of a slice, after which other work of the thread, such as direct requests, gets a turn. */
const SLICE_MS = 10;

/** Processes rows in slices of about SLICE_MS, with turns for other work in between. */
export class Slices {
  private count = 16;

  /** Calls `work` slice by slice, until all of `rows` are done or the run is stopped. */
  async each(rows: number, { stopped }: RunContext, work: (from: number, count: number) => Promise<void>): Promise<void> {
    for (let from = 0; from < rows && !stopped(); ) {
      const count = Math.min(this.count, rows - from);
      const started = performance.now();
      await work(from, count);
      // Slices that were cut short or delayed say little: the size at most doubles or halves.
      const fitting = (count * SLICE_MS) / Math.max(0.01, performance.now() - started);
      this.count = Math.max(1, Math.round(Math.min(2 * this.count, Math.max(this.count / 2, fitting))));
      from += count;
      await nextTurn();
    }
  }
}

export function ended(context: RunContext): 'aborted' | 'paused' {
  return context.stopped() === 'pause' ? 'paused' : 'aborted';
}
