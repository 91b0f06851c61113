import type { CurvePoint, Task } from '@openhanami/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { shareOf } from '../live.ts';
import { useApi } from '../session.tsx';

/** How often the curve of a training is asked for while it runs. */
const LOOKS = 50;

/** How a training went so far. */
export function useCurve(task: Task): readonly CurvePoint[] {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['curve', task.uuid, Math.floor(LOOKS * shareOf(task)), task.state],
    gcTime: 0,
    queryFn: () => api.getTaskCurve({ uuid: task.uuid }),
    // One that was stopped is deleted: what was seen of it stays.
    enabled: task.state !== 'aborted',
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  return data?.curve ?? [];
}
