import type { Task } from '@openhanami/sdk';
import { printLine, printTable } from './print.ts';

// How well rows are answered that were not learnt.

/** Classes that a confusion table shows. */
const MOST_CLASSES = 8;

export type Judged = NonNullable<Task['holdout']>[string];

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const short = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function showJudged(
  target: string,
  { accuracy, log_loss = 0, naive_accuracy = 0, confusion, r2, mae = 0, naive_mae = 0 }: Judged,
): void {
  if (accuracy === undefined) {
    printLine(
      `${target}: ${r2 === undefined ? '' : `R² ${r2.toFixed(3)}, `}mean absolute error ${short(mae)}; always the mean: ${short(naive_mae)}`,
    );
    return;
  }
  printLine(
    `${target}: accuracy ${percent(accuracy)}, log loss ${log_loss.toFixed(3)}; always the most frequent answer: ${percent(naive_accuracy)}`,
  );
  if (confusion && confusion.classes.length <= MOST_CLASSES) {
    printTable(
      ['is \\ answered', ...confusion.classes],
      confusion.classes.map((of, i) => [of, ...(confusion.counts[i] ?? []).map(String)]),
    );
  }
}

/** How well it goes, such as `survived: accuracy 81.2 %, log loss 0.43`. */
export function going(scores: Task['scores']): string {
  return Object.entries(scores ?? {})
    .slice(0, 3)
    .map(([name, { accuracy, log_loss = 0, mae, r2 }]) =>
      accuracy === undefined
        ? `${name}: ${r2 === undefined ? '' : `R² ${r2.toFixed(3)}, `}mean absolute error ${short(mae ?? 0)}`
        : `${name}: accuracy ${percent(accuracy)}, log loss ${log_loss.toFixed(3)}`,
    )
    .join('; ');
}
