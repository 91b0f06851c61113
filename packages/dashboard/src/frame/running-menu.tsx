import { ActionIcon, Anchor, Group, Popover, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { percent } from '../parts/format.ts';
import { StopTask } from '../parts/stop-task.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** Tasks that are listed. */
const MOST = 8;
/** Radius of the ring, and its length. */
const RADIUS = 9;
const AROUND = 2 * Math.PI * RADIUS;

/** How far the tasks are that run, as a ring in the bar; a click lists them, with what stops them. Nothing where none runs. */
export function RunningMenu() {
  const api = useApi();
  const [path, goTo] = useLocation();
  const [opened, { toggle, close }] = useDisclosure(false);
  const { data: tasks = [] } = useQuery({
    queryKey: ['running tasks'],
    async queryFn() {
      const lists = await Promise.all(
        (['active', 'queued'] as const).map((state) => api.listTasks({ state, limit: MOST, order: 'oldest' })),
      );
      return lists
        .flatMap(({ body }) => body)
        .slice(0, MOST)
        .map((row) => ({ uuid: String(row[0]), share: Number(row[2]), name: String(row[6]) }));
    },
  });
  const isEmpty = tasks.length === 0;
  // It does not stay open on another page, nor open by itself when the next task comes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: any change closes it.
  useEffect(close, [path, isEmpty]);
  if (isEmpty) return null;
  const share = tasks.reduce((sum, task) => sum + task.share, 0) / tasks.length;
  const label = texts.frame.running(tasks.length);
  const open = async (uuid: string): Promise<void> => {
    const task = await api.getTask({ uuid }).catch(() => undefined);
    if (task) goTo(`/clusters/${task.cluster_uuid}`);
  };
  return (
    <Popover opened={opened} onClose={close} position="bottom-end" width={320} withinPortal={false} trapFocus>
      <Popover.Target>
        <ActionIcon variant="subtle" size="lg" color="gray" onClick={toggle} aria-label={label}>
          <svg width={24} height={24} viewBox="0 0 24 24" fill="none" strokeWidth={4} aria-hidden transform="rotate(-90)">
            <circle cx={12} cy={12} r={RADIUS} stroke="var(--mantine-color-default-border)" />
            <circle cx={12} cy={12} r={RADIUS} stroke="var(--answer)" strokeDasharray={`${share * AROUND} ${AROUND}`} />
          </svg>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={label}>
        <Stack gap="xs">
          {tasks.map((task) => (
            <Group key={task.uuid} wrap="nowrap" justify="space-between">
              <Anchor component="button" className="cut" onClick={() => void open(task.uuid)}>
                {task.name}
              </Anchor>
              <Text size="sm" c="dimmed" className="figures">
                {percent(task.share, 0)}
              </Text>
              <StopTask task={task} />
            </Group>
          ))}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
