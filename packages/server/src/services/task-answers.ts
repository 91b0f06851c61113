import type { Task, TaskScores } from '@openhanami/contract';
import type { TaskSpec } from '../jobs/task-run.ts';
import type { TaskRow } from '../store/tables.ts';
import { time } from './answers.ts';

/** Characters of a specification that is read for each progress: one that names a great many columns is not. */
const LONGEST_SPEC = 100_000;

/** A task as a caller sees it. @param cycle how far it is by now. @param seen how its training goes. @param datasets those it reads that the caller sees. */
export function taskAnswer(row: TaskRow, cycle: number, seen: TaskScores | undefined, datasets: readonly string[] | undefined): Task {
  return {
    uuid: row.uuid,
    name: row.name,
    cluster_uuid: row.cluster_uuid,
    current_cycle: cycle,
    total_number_of_cycles: row.total_cycles,
    state: row.state,
    queue_timestamp: time(row.queued_at),
    start_timestamp: time(row.started_at),
    end_timestamp: time(row.ended_at),
    ...(row.reason === null ? {} : { reason: row.reason }),
    kind: row.kind,
    ...(datasets ? { dataset_uuids: [...datasets] } : {}),
    ...seenOf(seen),
  };
}

/** Each data set that a task reads; undefined if it names too much. */
export function datasetsOf({ spec }: Pick<TaskRow, 'spec'>): string[] | undefined {
  if (spec.length > LONGEST_SPEC) return undefined;
  const { inputs, outputs = [] }: TaskSpec = JSON.parse(spec);
  return [...new Set([...inputs, ...outputs].map((source) => source.dataset_uuid))];
}

/** What a task tells of its training; the curve is asked for by itself. */
function seenOf(seen: TaskScores | undefined): Pick<Task, 'epochs' | 'scores' | 'holdout'> {
  if (!seen) return {};
  const { epochs, scores, holdout } = seen;
  return { epochs, scores, ...(holdout ? { holdout } : {}) };
}
