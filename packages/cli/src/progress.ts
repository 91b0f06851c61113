import { SingleBar } from 'cli-progress';
import { atInterrupt } from './interrupts.ts';

/** Shows progress on standard error: by a bar on a terminal, by plain lines elsewhere. */
export interface Progress {
  /** @param more how well it goes; shown behind. */
  update(done: number, total: number, more?: string): void;
  stop(): void;
}

/** Milliseconds between two plain lines. */
const LINE_EVERY = 2000;

/** Shows progress in a unit. */
export function showProgress(what: string, unit: string): Progress {
  return process.stderr.isTTY ? bar(what, unit, 1) : lines(what, unit, 1);
}

/** Shows progress in bytes, as kB or MB depending on the total. */
export function showBytes(what: string): Progress {
  let progress: Progress | undefined;
  return {
    update(done, total) {
      const [unit, scale] = total < 1e6 ? (['kB', 1e3] as const) : (['MB', 1e6] as const);
      progress ??= process.stderr.isTTY ? bar(what, unit, scale) : lines(what, unit, scale);
      progress.update(done, total);
    },
    stop: () => progress?.stop(),
  };
}

function bar(what: string, unit: string, scale: number): Progress {
  const single = new SingleBar({
    format: `${what} {bar} {percentage} % | {value}/{total} ${unit} | {rate} ${unit}/s | {left} s left{more}`,
    stream: process.stderr,
    hideCursor: true,
    linewrap: true,
    gracefulExit: false,
    barsize: 30,
  });
  const started = performance.now();
  let state: 'new' | 'shown' | 'ended' = 'new';
  // The bar hides the cursor and disables line wrapping; stopping it restores both.
  const end = (): void => {
    if (state === 'shown') single.stop();
    state = 'ended';
  };
  const forget = atInterrupt(end);
  return {
    update(done, total, more = '') {
      if (state === 'ended') return;
      if (state === 'new') single.start(round(total / scale), 0, { rate: '-', left: '-', more: '' });
      state = 'shown';
      const { rate, left } = speed(done, total, started);
      single.update(round(done / scale), { rate: round(rate / scale), left, more: more === '' ? '' : ` | ${more}` });
    },
    stop() {
      forget();
      end();
    },
  };
}

function lines(what: string, unit: string, scale: number): Progress {
  const started = performance.now();
  let told = started;
  let finished = false;
  return {
    update(done, total, more = '') {
      if (finished || (done < total && performance.now() - told < LINE_EVERY)) return;
      told = performance.now();
      finished = done >= total;
      const { rate, left } = speed(done, total, started);
      const percent = total > 0 ? Math.floor((100 * done) / total) : 100;
      process.stderr.write(
        `${what}: ${round(done / scale)} of ${round(total / scale)} ${unit} (${percent} %), ${round(rate / scale)} ${unit}/s, ${left} s left${more === '' ? '' : `; ${more}`}\n`,
      );
    },
    stop() {},
  };
}

function speed(done: number, total: number, started: number): { rate: number; left: number | string } {
  const rate = done / Math.max(0.001, (performance.now() - started) / 1000);
  return { rate, left: rate > 0 ? Math.ceil((total - done) / rate) : '-' };
}

/** Whole numbers stay whole; small ones get a digit. */
function round(value: number): number {
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}
