import type { JudgedOutput, Score as ScoreAnswer } from '@openhanami/contract';
import type { Label, Rows, Score } from '@openhanami/engine';

// How well rows are answered that were never learnt, and what is seen of a training while it runs.

/** Classes up to which an answer says how often each was taken for which. */
const MOST_CONFUSED = 20;
const LEAST_PROBABILITY = 1e-7;

/** A score as the contract has it. */
export function scoreAnswer(score: Score | undefined): ScoreAnswer {
  const { rows = 0, judged = 0, accuracy, logLoss, naiveAccuracy, mae, rmse, r2, naiveMae, naiveRmse } = score ?? {};
  const found = { accuracy, log_loss: logLoss, naive_accuracy: naiveAccuracy, mae, rmse, r2, naive_mae: naiveMae, naive_rmse: naiveRmse };
  return { rows, judged, ...Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) };
}

/** Compares the answers of one output with its targets. */
export class Judge {
  private readonly wanted: (Label | number)[] = [];
  private readonly given: (Label | number)[] = [];
  private losses = 0;
  private isClasses = false;

  /** @param classes of an output that names one, in the order of its answers. @param answers (rows, width). */
  add(targets: Rows, answers: ArrayLike<number>, classes: readonly Label[] | undefined, rows: number): void {
    const width = answers.length / rows;
    for (let row = 0; row < rows; row++) {
      const target = targetOf(targets, row);
      if (target === undefined) continue;
      this.wanted.push(target);
      if (!classes) {
        this.given.push(answers[row * width] as number);
        continue;
      }
      this.isClasses = true;
      let best = 0;
      for (let i = 1; i < classes.length; i++) if ((answers[row * width + i] as number) > (answers[row * width + best] as number)) best = i;
      this.given.push(String(classes[best]));
      const at = classes.findIndex((label) => String(label) === target);
      this.losses -= Math.log(Math.max(LEAST_PROBABILITY, at < 0 ? 0 : (answers[row * width + at] as number)));
    }
  }

  get result(): JudgedOutput {
    return this.isClasses ? this.ofClasses() : this.ofNumbers();
  }

  private ofClasses(): JudgedOutput {
    const rows = this.wanted.length;
    const counts = new Map<Label, number>();
    for (const label of this.wanted) counts.set(label, (counts.get(label) ?? 0) + 1);
    const right = this.wanted.filter((label, i) => label === this.given[i]).length;
    const labels = [...new Set([...counts.keys(), ...this.given])].map(String).sort();
    const confusion = labels.map((of) => labels.map((as) => this.wanted.filter((label, i) => label === of && this.given[i] === as).length));
    return {
      rows,
      judged: rows,
      accuracy: right / rows,
      log_loss: this.losses / rows,
      naive_accuracy: Math.max(...counts.values()) / rows,
      ...(labels.length <= MOST_CONFUSED ? { confusion: { classes: labels, counts: confusion } } : {}),
    };
  }

  private ofNumbers(): JudgedOutput {
    const wanted = this.wanted as number[];
    const rows = wanted.length;
    if (rows === 0) return { rows, judged: 0 };
    const mean = (of: (value: number, i: number) => number): number => wanted.reduce((sum, value, i) => sum + of(value, i), 0) / rows;
    const middle = mean((value) => value);
    const error = (value: number, i: number): number => (this.given[i] as number) - value;
    const squared = mean((value, i) => error(value, i) ** 2);
    const spread = mean((value) => (value - middle) ** 2);
    return {
      rows,
      judged: rows,
      mae: mean((value, i) => Math.abs(error(value, i))),
      rmse: Math.sqrt(squared),
      ...(spread > 0 ? { r2: 1 - squared / spread } : {}),
      naive_mae: mean((value) => Math.abs(value - middle)),
      naive_rmse: Math.sqrt(spread),
    };
  }
}

/** The class or the first number that a row should have; undefined if it is not known. */
function targetOf(targets: Rows, row: number): string | number | undefined {
  if ('codes' in targets) {
    const code = targets.codes[row] as number;
    return code < 0 ? undefined : String(targets.dictionary[code]);
  }
  if (!('data' in targets)) return undefined;
  const value = targets.data[row * targets.width] as number;
  return Number.isNaN(value) ? undefined : value;
}
