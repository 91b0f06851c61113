import { printLine, printTable } from './print.ts';
import type { Session } from './session.ts';
import type { Row } from './table.ts';

// How well rows are answered that were not learnt.

export type Answers = Awaited<ReturnType<Session['api']['predictRows']>>['answers'];

/** Classes that a confusion table shows. */
const MOST_CLASSES = 8;

/** Of one target: of classes accuracy and confusion, of numbers errors. */
export interface Judged {
  readonly target: string;
  readonly rows: number;
  readonly accuracy?: number;
  readonly log_loss?: number;
  readonly most_frequent?: number;
  readonly confusion?: { readonly classes: string[]; readonly counts: number[][] };
  readonly r2?: number;
  readonly mae?: number;
  readonly mae_of_mean?: number;
}

export function judge(target: string, output: string, answers: Answers, rows: readonly Row[], trained: readonly Row[]): Judged {
  const given = answers.map((answer) => answer[output]);
  if (given[0]?.probabilities) {
    const wanted = rows.map((row) => String(row[target]));
    const counts = new Map<string, number>();
    for (const row of trained) counts.set(String(row[target]), (counts.get(String(row[target])) ?? 0) + 1);
    const usual = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
    const classes = [...new Set([...counts.keys(), ...wanted])].sort();
    const confusion = classes.map((of) => classes.map((as) => wanted.filter((w, i) => w === of && String(given[i]?.value) === as).length));
    const loss = wanted.reduce((sum, w, i) => sum - Math.log(Math.max(1e-7, given[i]?.probabilities?.[w] ?? 0)), 0);
    const part = (fits: (w: string, i: number) => boolean): number => wanted.filter(fits).length / rows.length;
    return {
      target,
      rows: rows.length,
      accuracy: part((w, i) => w === String(given[i]?.value)),
      log_loss: loss / rows.length,
      most_frequent: part((w) => w === usual),
      ...(classes.length <= MOST_CLASSES ? { confusion: { classes, counts: confusion } } : {}),
    };
  }
  const mean = (list: readonly number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
  const wanted = rows.map((row) => Number(row[target]));
  const usual = mean(trained.map((row) => Number(row[target])));
  const errors = wanted.map((w, i) => Number(given[i]?.value) - w);
  const middle = mean(wanted);
  const spread = mean(wanted.map((w) => (w - middle) ** 2));
  return {
    target,
    rows: rows.length,
    ...(spread > 0 ? { r2: 1 - mean(errors.map((e) => e * e)) / spread } : {}),
    mae: mean(errors.map(Math.abs)),
    mae_of_mean: mean(wanted.map((w) => Math.abs(w - usual))),
  };
}

export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
export const short = (value: number): string => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

export function showJudged({ target, accuracy, log_loss = 0, most_frequent = 0, confusion, r2, mae = 0, mae_of_mean = 0 }: Judged): void {
  if (accuracy === undefined) {
    printLine(
      `${target}: ${r2 === undefined ? '' : `R² ${r2.toFixed(3)}, `}mean absolute error ${short(mae)}; always the mean: ${short(mae_of_mean)}`,
    );
    return;
  }
  printLine(
    `${target}: accuracy ${percent(accuracy)}, log loss ${log_loss.toFixed(3)}; always the most frequent answer: ${percent(most_frequent)}`,
  );
  if (confusion) {
    printTable(
      ['is \\ answered', ...confusion.classes],
      confusion.classes.map((of, i) => [of, ...(confusion.counts[i] ?? []).map(String)]),
    );
  }
}
