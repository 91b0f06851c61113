import { Anchor, Group, Progress, Text } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { useRef } from 'react';
import { Link } from 'wouter';
import { shareOf } from '../live.ts';
import { texts } from '../texts.ts';
import { percent, scoresText } from './format.ts';
import { StopTask } from './stop-task.tsx';

/** Milliseconds over which a rate is measured at least. */
const MEASURED_MS = 500;

/** Rows a second since the last look. */
function useRate(cycle: number): number {
  const seen = useRef({ cycle, at: performance.now(), rate: 0 });
  const { current } = seen;
  const now = performance.now();
  if (cycle > current.cycle && now - current.at > MEASURED_MS) {
    seen.current = { cycle, at: now, rate: ((cycle - current.cycle) / (now - current.at)) * 1000 };
  }
  return seen.current.rate;
}

/** A task that waits or runs: how far it is, how fast and how well, and how to stop it. @param isLink whether its name leads to its cluster. */
export function RunningTask({ task, isLink = false }: { readonly task: Task; readonly isLink?: boolean }) {
  const rate = useRate(task.current_cycle);
  const parts = [percent(shareOf(task), 0), rate > 0 ? texts.clusters.rate(rate) : '', scoresText(task)].filter((part) => part !== '');
  return (
    <Group wrap="nowrap" role="status">
      {isLink ? (
        <Anchor component={Link} href={`/clusters/${task.cluster_uuid}`} w={180} className="cut">
          {task.name}
        </Anchor>
      ) : (
        <Text w={180} className="cut">
          {task.name}
        </Text>
      )}
      <Progress value={100 * shareOf(task)} flex={1} miw={40} aria-label={`${texts.common.progress} ${task.name}`} />
      <Text className="figures cut" size="sm" ta="right">
        {task.state === 'queued' ? task.state : parts.join(' · ')}
      </Text>
      <StopTask task={task} />
    </Group>
  );
}
