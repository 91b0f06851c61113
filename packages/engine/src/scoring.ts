import type { Matched, Matching } from './matching.ts';
import { Naive, Score } from './score.ts';

/** Counts the rows of one training, with the answers that the kernel gave before it learnt them. */
export class Scoring {
  /** For each output a score for each window of rows. */
  readonly scores: Record<string, Score[]>;
  private readonly outputs: readonly Matched[];

  /**
   * @param naive for each output what answers without knowledge would be; it goes on from training to training.
   * @param window rows that one score counts.
   */
  constructor(
    matched: readonly Matched[],
    private readonly matching: Matching,
    private readonly naive: Map<string, Naive>,
    private readonly window: number,
  ) {
    this.outputs = matched.filter(({ side }) => side === 'outputs');
    this.scores = Object.fromEntries(this.outputs.map(({ terminal }) => [terminal.name, []]));
  }

  /** Counts `rows` rows from row `from` on. @param answers (rows, width) f32, one output behind the other; NaN where a row was not judged. */
  add(answers: Float32Array, rows: number, from: number, width: number): void {
    let offset = 0;
    for (const output of this.outputs) {
      this.addOutput(output, answers.subarray(offset), rows, from, width);
      offset += output.terminal.width;
    }
  }

  private addOutput(
    { terminal: { name, width: inner }, targets }: Matched,
    answers: Float32Array,
    rows: number,
    from: number,
    width: number,
  ): void {
    if (!targets) return;
    const naive = this.naive.get(name) ?? new Naive();
    this.naive.set(name, naive);
    const scores = this.scores[name] as Score[];
    const isCoded = this.matching.isCoded(name, inner);
    for (let row = 0; row < rows; row++) {
      const place = Math.floor((from + row) / this.window);
      scores[place] ??= new Score();
      const at = row * width;
      if (isCoded) scores[place].add(targets, from + row, this.matching.decodeRow(name, answers.subarray(at, at + inner)), 0, naive);
      else scores[place].add(targets, from + row, answers, at, naive);
    }
  }
}
