import type { CurvePoint, TaskScores } from '@openhanami/contract';
import { type ClusterStats, Score } from '@openhanami/engine';
import { scoreAnswer } from './judge.ts';

/** Most points of a curve: where there would be more, neighbours become one. */
const MOST_POINTS = 500;
/** Rows of the first points. */
const FIRST_ROWS = 16;

interface Point {
  /** Row of the training behind the last of the point's. */
  row: number;
  readonly scores: Record<string, Score>;
  /** What had grown behind its last row; of the last point it is asked for. */
  grown?: ClusterStats;
}

/** Points of a training that went on after a pause at most. */
const MOST_BEFORE = MOST_POINTS / 2;

/** How a training goes: for each output the score of its rows before they were learnt, of the whole pass and as a curve. */
export class Curve {
  private points: Point[] = [];
  private pass: Record<string, Score> = {};
  /** Scores of the pass before. */
  private last: Record<string, Score> = {};
  private rowsOfPoint = FIRST_ROWS;

  /**
   * @param grown tells what has grown by now.
   * @param before the curve until the training was paused or interrupted.
   */
  constructor(
    private readonly grown: () => ClusterStats,
    private before: readonly CurvePoint[] = [],
  ) {
    while (this.before.length > MOST_BEFORE) this.before = this.before.filter((_, i) => i % 2 === 1);
  }

  /** Counts rows behind row `row` of the training. */
  add(scores: Readonly<Record<string, readonly Score[]>>, row: number): void {
    const last = this.points.at(-1);
    const point = last && sizeOf(last) < this.rowsOfPoint ? last : { row, scores: {} };
    if (point !== last) {
      if (last) last.grown = this.grown();
      this.points.push(point);
    }
    point.row = row;
    for (const [name, [score]] of Object.entries(scores)) {
      if (!score) continue;
      merge(point.scores, name, score);
      merge(this.pass, name, score);
    }
    if (this.before.length + this.points.length > MOST_POINTS) this.thin();
  }

  /** Ends a pass. @returns its scores. */
  endPass(): TaskScores['scores'] {
    this.last = this.pass;
    this.pass = {};
    return mapped(this.last);
  }

  /** The scores of the pass so far, or of the one before if it has just begun; and the curve. */
  answer(): Pick<TaskScores, 'scores' | 'curve'> {
    const pass = Object.keys(this.pass).length > 0 ? this.pass : this.last;
    return {
      scores: mapped(pass),
      curve: [...this.before, ...this.points.map((point) => this.answerOf(point))],
    };
  }

  private answerOf({ row, scores, grown = this.grown() }: Point): CurvePoint {
    const { neurons, sections, bytes } = grown;
    return { row, scores: mapped(scores), neurons, sections, memory: bytes };
  }

  private thin(): void {
    this.rowsOfPoint *= 2;
    const thinned: Point[] = [];
    for (const point of this.points) {
      const last = thinned.at(-1);
      if (!last || sizeOf(last) >= this.rowsOfPoint) {
        thinned.push(point);
        continue;
      }
      last.row = point.row;
      if (point.grown) last.grown = point.grown;
      else delete last.grown;
      for (const [name, score] of Object.entries(point.scores)) merge(last.scores, name, score);
    }
    this.points = thinned;
  }
}

const sizeOf = ({ scores }: Point): number => Math.max(0, ...Object.values(scores).map(({ rows }) => rows));

function merge(into: Record<string, Score>, name: string, score: Score): void {
  const found = Object.hasOwn(into, name) ? into[name] : undefined;
  const target = found ?? new Score();
  target.merge(score);
  if (!found) Object.defineProperty(into, name, { value: target, enumerable: true, writable: true, configurable: true });
}

const mapped = (scores: Readonly<Record<string, Score>>) =>
  Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, scoreAnswer(score)]));
