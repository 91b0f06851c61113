import type { CurvePoint, InputOf, learnRows, OutputOf, predictRows, Task } from '@openhanami/contract';
import type { CallOptions } from './call.ts';
import { type Client, client } from './client.ts';
import type { Token } from './credentials.ts';
import * as table from './functions/table.ts';
import type { Uploadable } from './upload.ts';

/** A row: names and values; null is missing. */
export type Row = InputOf<typeof predictRows>['rows'][number];
export type Answer = OutputOf<typeof predictRows>['answers'][number];

/** Rows of one call. */
const CALL_ROWS = 5000;

/** A cluster that has learnt a table: it answers rows, learns further ones, and says what matters. */
export class Model {
  private readonly api: Client;

  constructor(
    private readonly token: Token,
    private readonly address: string,
    private readonly options: CallOptions,
    /** Its cluster, and how it learnt. */
    readonly learnt: table.LearntTable,
  ) {
    this.api = client({ address, token, ...options });
  }

  /** The cluster. */
  get uuid(): string {
    return this.learnt.cluster.uuid;
  }

  /** How the rows that were kept apart are answered, by target. */
  get judged(): Readonly<Record<string, NonNullable<Task['holdout']>[string]>> {
    const { task, targets } = this.learnt;
    return Object.fromEntries(Object.entries(task.holdout ?? {}).map(([output, judged]) => [targets.get(output) ?? output, judged]));
  }

  /** How much each column matters, in shares that sum to 1. */
  get importance(): table.LearntTable['importance'] {
    return this.learnt.importance;
  }

  /** Answers rows: for each the answers by output, with names of classes and their probabilities. */
  async predict(rows: readonly Row[]): Promise<Answer[]> {
    const found: Answer[] = [];
    for (let from = 0; from < rows.length; from += CALL_ROWS)
      found.push(...(await this.api.predictRows({ cluster_uuid: this.uuid, rows: rows.slice(from, from + CALL_ROWS) })).answers);
    return found;
  }

  /** Answers the rows of a file. */
  predictFile(file: Uploadable, options: Parameters<typeof table.predictTable>[4] = {}): Promise<table.AnsweredTable> {
    return table.predictTable(this.token, this.address, this.uuid, file, { ...this.options, ...options });
  }

  /** Learns rows, with their targets, at once. @returns how well the last of them were answered before they were learnt. */
  async teach(rows: readonly Row[]): Promise<OutputOf<typeof learnRows>['scores']> {
    const targets = new Map(Array.from(this.learnt.targets, ([output, column]) => [column, output]));
    const named = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [targets.get(name) ?? name, value])));
    let scores: OutputOf<typeof learnRows>['scores'] = {};
    for (let from = 0; from < named.length; from += CALL_ROWS)
      ({ scores } = await this.api.learnRows({ cluster_uuid: this.uuid, rows: named.slice(from, from + CALL_ROWS) }));
    return scores;
  }

  /** Learns the rows of a file. */
  teachFile(file: Uploadable, options: table.TableRunOptions = {}): Promise<table.TaughtTable> {
    return table.teachTable(this.token, this.address, this.uuid, file, { ...this.options, ...options });
  }

  /** How much each field matters to the answers to rows (at most 10,000), and what took the answer to one row from the usual one. */
  explain(rows: readonly Row[], row?: Row): ReturnType<Client['explainRows']> {
    return this.api.explainRows({ cluster_uuid: this.uuid, rows: [...rows], ...(row ? { row } : {}) });
  }

  /** How its training went: at most 500 points. */
  async curve(): Promise<readonly CurvePoint[]> {
    return (await this.api.getTaskCurve({ uuid: this.learnt.task.uuid })).curve;
  }
}
