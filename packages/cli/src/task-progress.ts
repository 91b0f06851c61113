import { type Task, task } from '@openhanami/sdk';
import { atInterrupt, tell } from './interrupts.ts';
import { going } from './judging.ts';
import { type Progress, showProgress } from './progress.ts';
import type { Session } from './session.ts';

/** Progress of a task, and how well it goes. */
export interface TaskProgress {
  update(task: Task): void;
  /** Says how the task is followed again, if it goes on in spite of an error. */
  failed(error: unknown): void;
  stop(): void;
}

/** An interrupt does not end the task, and prints how to follow it again. */
export function taskProgress(kind: string, unit = 'cycles'): TaskProgress {
  let uuid = '';
  let progress: Progress | undefined;
  const hints = (): string => `hanamictl task wait ${uuid} follows it, hanamictl task delete ${uuid} stops it`;
  const forget = atInterrupt(() => {
    if (uuid !== '') tell(`the task ${uuid} goes on: ${hints()}`);
  });
  return {
    update({ uuid: own, current_cycle, total_number_of_cycles, scores }) {
      uuid = own;
      progress ??= showProgress(kind, unit);
      progress.update(current_cycle, total_number_of_cycles, going(scores));
    },
    failed(error) {
      progress?.stop();
      if (uuid !== '' && !(error instanceof task.TaskFailed)) tell(`the task ${uuid} goes on if its server does: ${hints()}`);
    },
    stop() {
      forget();
      progress?.stop();
    },
  };
}

/** Follows a task to its end and shows its progress. */
export async function follow(
  { token, address, options }: Session,
  { uuid }: Pick<Task, 'uuid'>,
  cluster: string,
  kind: string,
): Promise<Task> {
  const progress = taskProgress(kind);
  try {
    return await task.waitForTask(token, address, uuid, cluster, (found) => progress.update(found), options);
  } catch (error) {
    progress.failed(error);
    throw error;
  } finally {
    progress.stop();
  }
}

export function followNew(session: Session, created: Task, cluster: string, kind: string): Promise<Task> {
  const { uuid } = created;
  tell(`${kind}: task ${uuid} is queued; it goes on without this command (hanamictl task wait ${uuid})`);
  return follow(session, created, cluster, kind);
}
