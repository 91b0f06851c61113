import { HanamiError, type Task, task as tasks } from '@openhanami/sdk';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ADDRESS, useSession } from './session.tsx';

/** Milliseconds until a broken stream of events is opened again. */
const AGAIN_MS = 1000;

/** What lists tasks by their states. */
const LISTS = [['running tasks'], ['last tasks']] as const;

/** The tasks of a cluster (none for '') by their uuids, told by the server as they change; it goes on after the connection was lost. */
export function useTasks(cluster: string): ReadonlyMap<string, Task> {
  const { token } = useSession();
  const queries = useQueryClient();
  const [found, setFound] = useState<ReadonlyMap<string, Task>>(new Map());
  useEffect(() => {
    if (cluster === '') return;
    const ending = new AbortController();
    const states = new Map<string, Task['state']>();
    const follow = async (): Promise<void> => {
      while (!ending.signal.aborted) {
        try {
          for await (const task of tasks.followTasks(token, ADDRESS, cluster, { signal: ending.signal })) {
            if (states.get(task.uuid) !== task.state) for (const queryKey of LISTS) void queries.invalidateQueries({ queryKey });
            states.set(task.uuid, task.state);
            setFound((before) => new Map(before).set(task.uuid, task));
            await queries.invalidateQueries({ queryKey: ['cluster', cluster] });
          }
        } catch (error) {
          // What is refused is refused again, but for calls that came too fast.
          if (error instanceof HanamiError && error.status < 500 && error.status !== 429) return;
        }
        await new Promise((next) => setTimeout(next, AGAIN_MS));
      }
    };
    void follow();
    return () => ending.abort();
  }, [cluster, token, queries]);
  return found;
}

export const isRunning = ({ state }: Pick<Task, 'state'>): boolean => state === 'queued' || state === 'active';

/** Part of a task that is done, from 0 to 1. */
export const shareOf = ({ current_cycle, total_number_of_cycles }: Task): number =>
  total_number_of_cycles > 0 ? Math.min(1, current_cycle / total_number_of_cycles) : 0;
