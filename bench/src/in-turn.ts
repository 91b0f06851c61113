// What is measured of several servers in turn, so that each has the same luck with the machine.
import { task } from '@openhanami/sdk';
import { queueTraining } from '../../tests/digits.ts';
import type { ServerProcess } from '../../tests/server-process.ts';
import { type Figure, median } from './figure.ts';

export interface Measure<Subject> {
  readonly unit: string;
  measure(subject: Subject): Promise<number>;
}

/** Medians of `runs`; each subject beside the first one. */
export async function inTurn<Subject>(
  subjects: Readonly<Record<string, Subject>>,
  measures: Readonly<Record<string, Measure<Subject>>>,
  runs: number,
): Promise<Figure[]> {
  const [baseline = '', ...others] = Object.keys(subjects);
  const figures: Figure[] = [];
  for (const [name, { unit, measure }] of Object.entries(measures)) {
    const values: Record<string, number[]> = {};
    for (let run = 0; run < runs; run++) {
      // Each is the first as often as others are.
      const all = Object.entries(subjects);
      for (const [kind, subject] of run % 2 === 0 ? all : all.toReversed()) {
        values[kind] ??= [];
        values[kind].push(await measure(subject));
      }
    }
    const of = (kind: string): number => median(values[kind] ?? []);
    figures.push({ name: `${name}: ${baseline}`, value: of(baseline), unit, goal: '', how: `median of ${runs} runs in turn` });
    for (const kind of others) {
      figures.push({ name: `… ${kind}`, value: of(kind), unit, goal: '', how: `${(of(kind) / of(baseline)).toFixed(3)} × of ${baseline}` });
    }
  }
  return figures;
}

/** Milliseconds from the call that queues a training until it has ended. */
export async function taskTime(server: ServerProcess, token: string, uuid: string, digits: string): Promise<number> {
  const started = performance.now();
  const queued = await queueTraining(token, server.address, uuid, digits);
  for (;;) {
    const { state } = await task.getTask(token, server.address, queued, uuid);
    if (state === 'finished') return performance.now() - started;
    if (state !== 'queued' && state !== 'active') throw new Error(`the task is ${state}`);
  }
}
