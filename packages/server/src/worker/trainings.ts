import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TaskScores } from '@openhanami/contract';
import type { Cluster } from '@openhanami/engine';
import { keyOf, type Objects } from '../store/objects/index.ts';
import { Curve } from './curve.ts';
import type { CallInput, CallOutput } from './protocol.ts';
import { ended, type RunContext, Slices } from './run-context.ts';
import { Sources, slice } from './sources.ts';
import { TAIL, Training } from './training-rows.ts';

/** How far a training is. */
interface Position {
  /** The pass that runs, and its next row; the pass TAIL learns the rows that the passes were judged by. */
  pass: number;
  row: number;
  /** Rows learnt in all. */
  cycle: number;
  /** Of the pass before. */
  loss?: number;
  /** Whether the state behind the pass before is kept, and nothing but this task has taught the cluster since. */
  hasBest?: boolean;
}

/** Note of a snapshot: the running task, and how far it is. */
type Note = Position & { readonly task: string };

/** The part by which the loss must fall for another pass, where their number is found out. */
const WORTH = 0.005;

/** Trains the cycles of a task from the cluster's snapshot on, to the end or until it is stopped. */
export async function train(call: CallInput<'train'>, context: RunContext, objects: Objects): Promise<CallOutput<'train'>> {
  const sources = await Sources.open(objects, context, [...call.inputs, ...call.outputs]);
  const training = new Training(call, sources);
  const at = noteOf(context.cluster, call.task);
  const curve = new Curve(
    () => context.cluster.stats(),
    call.curve.filter(({ row }) => row <= at.cycle),
  );
  let passes = at.pass === TAIL ? training.passes : at.pass;
  let holdout: TaskScores['holdout'];
  const note = (): void => {
    context.cluster.note = JSON.stringify({ task: call.task, ...at } satisfies Note);
  };
  const scores = (): TaskScores => ({ epochs: passes, ...curve.answer(), ...(holdout ? { holdout } : {}) });
  await context.progress(at.cycle);
  let written = performance.now();
  const slices = new Slices();
  let isDone = false;
  try {
    while (!isDone && !context.stopped()) {
      for await (const { rows, inputs, outputs } of training.chunks(at.pass, at.row)) {
        await slices.each(rows, context, async (from, count) => {
          const trained = context.cluster.train(slice(inputs, from, count), slice(outputs, from, count));
          at.row += count;
          at.cycle += count;
          curve.add(trained.scores, at.cycle);
          note();
          await context.progress(at.cycle, scores);
          if (performance.now() - written > call.snapshotInterval * 1000) {
            await context.snapshot();
            written = performance.now();
          }
        });
        if (context.stopped()) break;
      }
      if (at.row < training.lengthOf(at.pass)) break;
      if (at.pass === TAIL) isDone = true;
      else {
        passes = at.pass + 1;
        const own = curve.endPass();
        const now = lossOf(training.tail > 0 ? await training.judgeTail(context.cluster, nextTurn) : own);
        // The first pass answers rows while it knows little; later ones are judged by what never learnt them.
        const before = at.loss ?? Number.POSITIVE_INFINITY;
        const isEnough = call.epochs === 0 && at.pass > 0 && now >= before * (1 - WORTH);
        if (isEnough && at.hasBest && now > before) await context.goBack();
        at.loss = now;
        const isLast = isEnough || passes === training.passes;
        isDone = isLast && training.tail === 0;
        at.pass = isLast ? TAIL : passes;
        at.row = 0;
        at.hasBest = call.epochs === 0 && !isLast;
        if (at.hasBest) {
          note();
          await context.keep();
        }
      }
      note();
    }
    if (isDone) holdout = await training.judge(context.cluster, nextTurn);
    await context.snapshot();
    const end = isDone ? 'finished' : ended(context);
    if (call.epochs === 0 && end !== 'paused') await objects.remove(keyOf.best(call.cluster));
    return { end, cycle: at.cycle, info: context.info(), scores: scores() };
  } finally {
    await sources.close();
  }
}

/** To be called when others teach a cluster, also while a task that trains it is paused: the task does not go back behind that. */
export function taughtByOthers(cluster: Cluster): void {
  // Asked for each row that is taught directly.
  if (!cluster.note.includes('"hasBest":true')) return;
  cluster.note = JSON.stringify({ ...JSON.parse(cluster.note), hasBest: false } satisfies Note);
}

/** Log loss of classes and squared error of numbers, over all outputs. */
const lossOf = (judged: TaskScores['scores'] = {}): number =>
  Object.values(judged).reduce((sum, { log_loss, rmse = 0 }) => sum + (log_loss ?? rmse ** 2), 0);

function noteOf(cluster: Cluster, task: string): Position {
  if (cluster.note !== '') {
    const { task: noted, ...at }: Note = JSON.parse(cluster.note);
    // A note of an older version tells cycles only.
    if (noted === task && at.pass !== undefined) return at;
  }
  return { pass: 0, row: 0, cycle: 0 };
}
