import { type Task, task } from '@openhanami/sdk';
import { atInterrupt, tell } from './interrupts.ts';
import { going } from './judging.ts';
import { showProgress } from './progress.ts';
import type { Session } from './session.ts';

/** Follows a task to its end and shows its progress, and how well it goes. An interrupt does not end the task, and prints how to follow it again. */
export async function follow(
  { token, address, options }: Session,
  { uuid }: Pick<Task, 'uuid'>,
  cluster: string,
  kind: string,
  unit = 'cycles',
): Promise<Task> {
  const hints = `hanamictl task wait ${uuid} follows it, hanamictl task delete ${uuid} stops it`;
  const forget = atInterrupt(() => tell(`the task ${uuid} goes on: ${hints}`));
  const progress = showProgress(kind, unit);
  const update = ({ current_cycle, total_number_of_cycles, scores }: Task): void =>
    progress.update(current_cycle, total_number_of_cycles, going(scores));
  try {
    return await task.waitForTask(token, address, uuid, cluster, update, options);
  } catch (error) {
    progress.stop();
    if (!(error instanceof task.TaskFailed)) tell(`the task ${uuid} goes on if its server does: ${hints}`);
    throw error;
  } finally {
    forget();
    progress.stop();
  }
}

export function followNew(session: Session, created: Task, cluster: string, kind: string): Promise<Task> {
  const { uuid } = created;
  tell(`${kind}: task ${uuid} is queued; it goes on without this command (hanamictl task wait ${uuid})`);
  return follow(session, created, cluster, kind);
}
