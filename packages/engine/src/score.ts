import type { DenseRows } from './rows.ts';

// Test-then-train: each row is answered before it is learnt, so what a training costs anyway tells how well it goes (Gama, Sebastião and Rodrigues 2013).

/** The smallest probability that a class is taken to have had. */
const LEAST_PROBABILITY = 1e-7;

/** Targets of rows: classes by number, or numbers. NaN is not known. */
export interface Targets {
  /** Values a row; of classes their number so far. */
  readonly width: number;
  /** The class that a row names, −1 if it names none; NaN if the row has no target. */
  classOf(row: number): number;
  /** The number of a row for value i, NaN if it is not known; left out where rows are nothing but classes. */
  at?(row: number, i: number): number;
}

/** Targets as they were given: rows with a 1 among zeros, or with a single 0 or 1, name a class. */
export function targetsOf({ data, width, window = 1 }: DenseRows): Targets {
  const length = width * window;
  return {
    width: length,
    classOf(row) {
      let found = -1;
      let known = 0;
      for (let i = 0; i < length; i++) {
        const t = data[row * width + i] as number;
        if (Number.isNaN(t)) continue;
        known++;
        if (t === 0) continue;
        if (t !== 1 || found >= 0) return -1;
        found = i;
      }
      if (known === 0) return Number.NaN;
      return length === 1 ? found + 1 : found;
    },
    at: (row, i) => data[row * width + i] as number,
  };
}

/** Answers that know nothing but the targets so far: their mean or most frequent class, and the last one. */
export class Naive {
  private readonly counts: number[] = [];
  private readonly means: number[] = [];
  private readonly last: number[] = [];
  private readonly seen: number[] = [];
  private usual = -1;
  private lastClass = -1;

  /** The most frequent class so far, and the last one; −1 before the first. */
  get classes(): readonly [usual: number, last: number] {
    return [this.usual, this.lastClass];
  }

  /** Mean and last value so far of value i; NaN before the first. */
  numbers(i: number): readonly [mean: number, last: number] {
    return [this.means[i] ?? Number.NaN, this.last[i] ?? Number.NaN];
  }

  sawClass(c: number): void {
    this.counts[c] = (this.counts[c] ?? 0) + 1;
    if (this.usual < 0 || (this.counts[c] as number) > (this.counts[this.usual] as number)) this.usual = c;
    this.lastClass = c;
  }

  sawNumber(i: number, value: number): void {
    const n = (this.seen[i] ?? 0) + 1;
    const mean = this.means[i] ?? 0;
    this.seen[i] = n;
    this.means[i] = mean + (value - mean) / n;
    this.last[i] = value;
  }
}

/** What is added up over rows. */
const SUMS = {
  /** Rows of the training, and those of them that were judged: without folds (pictures, wide rows) every 32nd. */
  rows: 0,
  judged: 0,
  classed: 0,
  correct: 0,
  loss: 0,
  usualCorrect: 0,
  lastCorrect: 0,
  values: 0,
  absolute: 0,
  squared: 0,
  /** Values that had a naive answer. */
  compared: 0,
  meanAbsolute: 0,
  meanSquared: 0,
  lastAbsolute: 0,
  lastSquared: 0,
};

/** Number, mean and Σ (t − mean)² of the targets of one value. */
interface Spread {
  n: number;
  mean: number;
  squares: number;
}

/** How well rows were answered before they were learnt. */
export class Score {
  private readonly sums = { ...SUMS };
  private readonly spreads: Spread[] = [];

  /** Rows that were trained. */
  get rows(): number {
    return this.sums.rows;
  }

  /** Rows that were judged: of pictures and other wide rows about every 32nd. */
  get judged(): number {
    return this.sums.judged;
  }

  /** Whether all judged rows named a class: then there are accuracy and log loss, else errors of numbers. */
  get ofClasses(): boolean {
    return this.sums.judged > 0 && this.sums.classed === this.sums.judged;
  }

  /** The part of rows whose class was the most probable one. */
  get accuracy(): number | undefined {
    return this.ofClasses ? this.sums.correct / this.sums.classed : undefined;
  }

  /** Mean −ln p of the class that a row had. */
  get logLoss(): number | undefined {
    return this.ofClasses ? this.sums.loss / this.sums.classed : undefined;
  }

  /** Accuracy of always the most frequent class so far, or of always the last one, whichever is better. */
  get naiveAccuracy(): number | undefined {
    return this.ofClasses ? Math.max(this.sums.usualCorrect, this.sums.lastCorrect) / this.sums.classed : undefined;
  }

  /** Mean |answer − target|. */
  get mae(): number | undefined {
    return this.mean(this.sums.absolute, this.sums.values);
  }

  /** Root of the mean (answer − target)². */
  get rmse(): number | undefined {
    return root(this.mean(this.sums.squared, this.sums.values));
  }

  /** 1 − Σ (answer − target)² / Σ (target − its mean)². */
  get r2(): number | undefined {
    const spread = this.spreads.reduce((sum, { squares }) => sum + squares, 0);
    return spread > 0 ? this.mean(spread - this.sums.squared, spread) : undefined;
  }

  /** Mean |error| of the mean so far, or of the last value, whichever is better. */
  get naiveMae(): number | undefined {
    return this.mean(Math.min(this.sums.meanAbsolute, this.sums.lastAbsolute), this.sums.compared);
  }

  get naiveRmse(): number | undefined {
    return root(this.mean(Math.min(this.sums.meanSquared, this.sums.lastSquared), this.sums.compared));
  }

  private mean(sum: number, count: number): number | undefined {
    return this.ofClasses || count === 0 ? undefined : sum / count;
  }

  /** Adds the rows of another score. */
  merge(other: Score): void {
    for (const key of Object.keys(SUMS) as (keyof typeof SUMS)[]) this.sums[key] += other.sums[key];
    for (const [i, spread] of other.spreads.entries()) this.spreads[i] = together(this.spreads[i], spread);
  }

  /** Counts row `row` of `targets`. @param answers its answers from `from` on; NaN if it was not judged. */
  add(targets: Targets, row: number, answers: ArrayLike<number>, from: number, naive: Naive): void {
    const { sums } = this;
    sums.rows++;
    const c = targets.classOf(row);
    if (Number.isNaN(c)) return;
    const judged = !Number.isNaN(answers[from]);
    if (judged) sums.judged++;
    if (c >= 0) {
      if (judged) this.addClass(c, targets.width, answers, from, naive);
      naive.sawClass(c);
    }
    if (!targets.at) return;
    for (let i = 0; i < targets.width; i++) {
      const t = targets.at(row, i);
      if (Number.isNaN(t)) continue;
      if (judged) this.addNumber(i, t, answers[from + i] as number, naive);
      naive.sawNumber(i, t);
    }
  }

  private addClass(c: number, width: number, answers: ArrayLike<number>, from: number, naive: Naive): void {
    const { sums } = this;
    const first = answers[from] as number;
    let answered = Number(first >= 0.5);
    let p = c === 1 ? first : 1 - first;
    if (width > 1) {
      let sum = 0;
      answered = 0;
      for (let i = 0; i < width; i++) {
        sum += answers[from + i] as number;
        if ((answers[from + i] as number) > (answers[from + answered] as number)) answered = i;
      }
      p = (answers[from + c] as number) / sum;
    }
    const [usual, last] = naive.classes;
    sums.classed++;
    sums.correct += Number(answered === c);
    sums.loss -= Math.log(Math.max(LEAST_PROBABILITY, p));
    sums.usualCorrect += Number(usual === c);
    sums.lastCorrect += Number(last === c);
  }

  private addNumber(i: number, t: number, answer: number, naive: Naive): void {
    const { sums } = this;
    sums.values++;
    sums.absolute += Math.abs(answer - t);
    sums.squared += (answer - t) ** 2;
    this.spreads[i] ??= { n: 0, mean: 0, squares: 0 };
    const spread = this.spreads[i];
    const apart = t - spread.mean;
    spread.mean += apart / ++spread.n;
    spread.squares += apart * (t - spread.mean);
    const [mean, last] = naive.numbers(i);
    if (Number.isNaN(mean)) return;
    sums.compared++;
    sums.meanAbsolute += Math.abs(mean - t);
    sums.meanSquared += (mean - t) ** 2;
    sums.lastAbsolute += Math.abs(last - t);
    sums.lastSquared += (last - t) ** 2;
  }
}

const root = (square: number | undefined): number | undefined => (square === undefined ? undefined : Math.sqrt(square));

/** The spread of two parts (Chan, Golub and LeVeque 1983). */
function together(a: Spread | undefined, b: Spread): Spread {
  if (!a) return { ...b };
  const n = a.n + b.n;
  const apart = b.mean - a.mean;
  return { n, mean: a.mean + (apart * b.n) / n, squares: a.squares + b.squares + (apart * apart * a.n * b.n) / n };
}
