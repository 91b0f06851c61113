import type { JudgedOutput, Score as ScoreAnswer } from '@openhanami/contract';
import { type Label, type Rows, type Score, targetsOf } from '@openhanami/engine';

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
  /** Places of classes among the answers. */
  private places = new Map<string, number>();
  private rows = 0;
  /** Rows with a 1 among zeros name a class by its place; undefined once there was another one. */
  private byPlace: Judge | undefined;

  /** @param classes of an output that names one, in the order of its answers. @param answers (rows, width). */
  add(targets: Rows, answers: ArrayLike<number>, classes: readonly Label[] | undefined, rows: number): void {
    const width = answers.length / rows;
    const numbers = 'data' in targets ? targets : undefined;
    const places = numbers && width > 1 && width === numbers.width ? targetsOf(numbers) : undefined;
    for (let row = 0; row < rows; row++) {
      if (classes) this.addClass(classOf(targets, row), answers, row * width, classes);
      else if (numbers) {
        if (places) this.addPlace(places.classOf(row), answers, row * width, width);
        this.addNumbers(numbers.data, row * numbers.width, answers, row * width, width);
      }
    }
  }

  /** @param place of the 1 among zeros; −1 for other values, NaN if they are not known. */
  private addPlace(place: number, answers: ArrayLike<number>, from: number, width: number): void {
    if (Number.isNaN(place)) return;
    if (this.rows === 0) this.byPlace = new Judge();
    if (place < 0) this.byPlace = undefined;
    if (!this.byPlace) return;
    const shares = Array.from({ length: width }, (_, k) => Math.max(0, answers[from + k] as number));
    const sum = shares.reduce((all, share) => all + share, 0) || 1;
    const names = shares.map((_, k) => String(k));
    const probabilities = shares.map((share) => share / sum);
    this.byPlace.addClass(String(place), probabilities, 0, names);
  }

  private addClass(wanted: string | undefined, answers: ArrayLike<number>, from: number, classes: readonly Label[]): void {
    if (wanted === undefined) return;
    this.isClasses = true;
    let best = 0;
    for (let i = 1; i < classes.length; i++) if ((answers[from + i] as number) > (answers[from + best] as number)) best = i;
    this.wanted.push(wanted);
    this.given.push(String(classes[best]));
    if (this.places.size !== classes.length) this.places = new Map(classes.map((label, place) => [String(label), place]));
    const at = this.places.get(wanted) ?? -1;
    this.losses -= Math.log(Math.max(LEAST_PROBABILITY, at < 0 ? 0 : (answers[from + at] as number)));
  }

  /** Of a forecast all rows ahead. */
  private addNumbers(targets: ArrayLike<number>, first: number, answers: ArrayLike<number>, from: number, width: number): void {
    let isKnown = false;
    for (let k = 0; k < width; k++) {
      const value = targets[first + k] as number;
      if (Number.isNaN(value)) continue;
      isKnown = true;
      this.wanted.push(value);
      this.given.push(answers[from + k] as number);
    }
    this.rows += Number(isKnown);
  }

  get result(): JudgedOutput {
    if (this.byPlace) return this.byPlace.ofClasses();
    return this.isClasses ? this.ofClasses() : this.ofNumbers();
  }

  private ofClasses(): JudgedOutput {
    const rows = this.wanted.length;
    const counts = new Map<Label, number>();
    for (const label of this.wanted) counts.set(label, (counts.get(label) ?? 0) + 1);
    const right = this.wanted.filter((label, i) => label === this.given[i]).length;
    const labels = [...new Set([...counts.keys(), ...this.given])].map(String).sort();
    return {
      rows,
      judged: rows,
      accuracy: right / rows,
      log_loss: this.losses / rows,
      naive_accuracy: [...counts.values()].reduce((most, count) => Math.max(most, count), 0) / rows,
      ...(labels.length <= MOST_CONFUSED ? { confusion: { classes: labels, counts: this.confusion(labels) } } : {}),
    };
  }

  /** How often which class (rows) was answered as which (columns). */
  private confusion(labels: readonly string[]): number[][] {
    const places = new Map(labels.map((label, i) => [label, i]));
    const counts = labels.map(() => labels.map(() => 0));
    for (const [i, label] of this.wanted.entries()) {
      const row = counts[places.get(String(label)) ?? -1];
      const as = places.get(String(this.given[i])) ?? -1;
      if (row?.[as] !== undefined) row[as]++;
    }
    return counts;
  }

  private ofNumbers(): JudgedOutput {
    const wanted = this.wanted as number[];
    const { rows } = this;
    if (rows === 0) return { rows, judged: 0 };
    const mean = (of: (value: number, i: number) => number): number =>
      wanted.reduce((sum, value, i) => sum + of(value, i), 0) / wanted.length;
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

/** The class that a row should have; undefined if it is not known. */
function classOf(targets: Rows, row: number): string | undefined {
  if (!('codes' in targets)) return undefined;
  const code = targets.codes[row] as number;
  return code < 0 ? undefined : String(targets.dictionary[code]);
}
