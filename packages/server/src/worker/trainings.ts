import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TaskScores } from '@openhanami/contract';
import type { Cluster } from '@openhanami/engine';
import type { Objects } from '../store/objects/index.ts';
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
}

/** Note of a snapshot: the running task, and how far it is. */
type Note = Position & { readonly task: string };

/** The part by which the loss must fall for another pass, where their number is found out. */
const WORTH = 0.005;

/** Trains the cycles of a task from the cluster's snapshot on, to the end or until it is stopped. */
export async function train(call: CallInput<'train'>, context: RunContext, objects: Objects): Promise<CallOutput<'train'>> {
  const { cluster } = context;
  const sources = await Sources.open(objects, cluster, [...call.inputs, ...call.outputs]);
  const training = new Training(call, sources);
  const curve = new Curve();
  const at = noteOf(cluster, call.task);
  let passes = at.pass === TAIL ? training.passes : at.pass;
  let holdout: TaskScores['holdout'];
  const scores = (): TaskScores => ({ epochs: passes, ...curve.answer(), ...(holdout ? { holdout } : {}) });
  await context.progress(at.cycle);
  let written = performance.now();
  const slices = new Slices();
  let isDone = false;
  try {
    while (!isDone && !context.stopped()) {
      for await (const { rows, inputs, outputs } of training.chunks(at.pass, at.row)) {
        await slices.each(rows, context, async (from, count) => {
          const trained = cluster.train(slice(inputs, from, count), slice(outputs, from, count));
          at.row += count;
          at.cycle += count;
          curve.add(trained.scores, at.cycle);
          cluster.note = JSON.stringify({ task: call.task, ...at } satisfies Note);
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
        const now = lossOf(training.tail > 0 ? await training.judgeTail(cluster, nextTurn) : own);
        // The first pass answers rows while it knows little; later ones are judged by what never learnt them.
        const isEnough = call.epochs === 0 && at.pass > 0 && now > (at.loss ?? Number.POSITIVE_INFINITY) * (1 - WORTH);
        at.loss = now;
        const isLast = isEnough || passes === training.passes;
        isDone = isLast && training.tail === 0;
        at.pass = isLast ? TAIL : passes;
        at.row = 0;
      }
      cluster.note = JSON.stringify({ task: call.task, ...at } satisfies Note);
    }
    if (isDone) holdout = await training.judge(cluster, nextTurn);
    await context.snapshot();
    return { end: isDone ? 'finished' : ended(context), cycle: at.cycle, info: context.info(), scores: scores() };
  } finally {
    await sources.close();
  }
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
