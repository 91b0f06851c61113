// Imports damaged tables by the thousand: a child process does one after the other, and a new one takes its place where a file kept it for too long
// or took all of its memory. Run as that child, it imports what it is told to.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { importTable } from '@openhanami/datasets';

export type Format = 'arrow' | 'parquet';

/** 'imported', 'refused' with an error of data sets, 'cut' for want of time or memory; any other error as it is. */
export type Verdict = 'imported' | 'refused' | 'cut' | `crashed: ${string}`;

interface Job {
  readonly format: Format;
  readonly input: string;
  readonly target: string;
}

/** Milliseconds for a file of a few hundred bytes, of which most take one. */
const LIMIT_MS = 2000;

export class Importer {
  private child: ChildProcess | undefined;

  import(job: Job): Promise<Verdict> {
    this.child ??= fork(fileURLToPath(import.meta.url), [], {
      execArgv: ['--max-old-space-size=256'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const child = this.child;
    return new Promise((resolve) => {
      const end = (verdict: Verdict): void => {
        clearTimeout(timer);
        child.off('message', end);
        child.off('exit', gone);
        resolve(verdict);
      };
      const gone = (): void => {
        this.child = undefined;
        end('cut');
      };
      const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
      child.on('message', end);
      child.on('exit', gone);
      child.send(job);
    });
  }

  stop(): void {
    this.child?.kill('SIGKILL');
  }
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('message', ({ format, input, target }: Job) => {
    const work = importTable(input, target, { format });
    work.then(
      () => process.send?.('imported'),
      (error: Error) => process.send?.(error.name === 'DatasetError' ? 'refused' : `crashed: ${error.stack}`),
    );
  });
}
