import type { Kind } from '../format.ts';

/** What is known of the values of a column. */
export interface ColumnSummary {
  readonly kind: Kind;
  readonly missing: number;
  /** Of categories, flags and texts; not known of long texts. Of numbers, if there are few different ones. */
  readonly distinct?: number;
  /** Of numbers, and of times in seconds since 1970. */
  readonly min?: number;
  readonly max?: number;
  readonly mean?: number;
  /** Of times: whether each is later than the one before; the usual step in seconds, and how often a step is longer. */
  readonly ascending?: boolean;
  readonly step?: number;
  readonly gaps?: number;
  /** The most frequent categories, with their numbers of rows. */
  readonly most_frequent?: readonly (readonly [label: string, rows: number])[];
}

/** Labels of all dictionaries of a table, and their characters. */
const MOST_LABELS = 400_000;
const MOST_CHARACTERS = 1 << 24;

/** Room for the dictionaries of a table. */
export class Room {
  private labels = 0;
  private characters = 0;

  /** Whether there is room for one more. */
  take(label: string): boolean {
    this.labels++;
    this.characters += label.length;
    return this.labels <= MOST_LABELS && this.characters <= MOST_CHARACTERS;
  }
}

/** Different numbers up to which a summary counts them. */
const FEW_NUMBERS = 20;

/** Numbers, or times in seconds, and what a summary says of them. */
export class Numbers {
  count = 0;
  private min = Number.POSITIVE_INFINITY;
  private max = Number.NEGATIVE_INFINITY;
  private sum = 0;
  private readonly few = new Set<number>();

  add(value: number): void {
    this.count++;
    this.sum += value;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (this.few.size <= FEW_NUMBERS) this.few.add(value);
  }

  /** How many different ones there are, if few. */
  get distinct(): Pick<ColumnSummary, 'distinct'> {
    return this.few.size <= FEW_NUMBERS ? { distinct: this.few.size } : {};
  }

  get range(): Pick<ColumnSummary, 'min' | 'max' | 'mean'> {
    return this.count === 0 ? {} : { min: this.min, max: this.max, mean: this.sum / this.count };
  }
}

/** Text with more different values than this, and than half of all, says too little of each to be learnt: names, notes. */
const MOST_TEXTS = 100;

/** Whether texts hardly come twice. @param different how many different ones there are among `present`. */
export const hardlyRepeat = (different: number, present: number): boolean => different > MOST_TEXTS && different > present / 2;

/** Most different steps that are counted; a series has few. */
const MOST_STEPS = 1000;

/** Steps of time from row to row. */
export class Steps {
  private last = Number.NaN;
  private isAscending = true;
  private count = 0;
  private readonly counts = new Map<number, number>();

  add(seconds: number): void {
    const step = Math.round((seconds - this.last) * 1e6) / 1e6;
    this.last = seconds;
    if (Number.isNaN(step)) return;
    this.isAscending &&= step > 0;
    this.count++;
    const known = this.counts.get(step);
    if (known !== undefined || this.counts.size < MOST_STEPS) this.counts.set(step, (known ?? 0) + 1);
  }

  get summary(): Pick<ColumnSummary, 'ascending' | 'step' | 'gaps'> {
    if (this.count === 0 || !this.isAscending) return { ascending: this.isAscending };
    const [step, usual] = [...this.counts].reduce((best, next) => (next[1] > best[1] ? next : best));
    if (usual < this.count / 2) return { ascending: true };
    const shorter = [...this.counts].reduce((sum, [one, rows]) => (one < step ? sum + rows : sum), 0);
    return { ascending: true, step, gaps: this.count - usual - shorter };
  }
}
