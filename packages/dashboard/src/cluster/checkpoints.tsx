import { Checkbox, Group, Stack, Text, Title } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Destroy } from '../parts/confirm.tsx';
import { scoresText } from '../parts/format.ts';
import { Pager } from '../parts/pager.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { Beside, type SavedState } from './beside.tsx';

/** Checkpoints of a page. */
const PER_PAGE = 20;

/** Checkpoints of this cluster, which it can be put back to; two of them, or one and the present state, are shown beside each other. */
export function Checkpoints({ uuid, trainings }: { readonly uuid: string; readonly trainings: readonly Task[] }) {
  const api = useApi();
  const [page, setPage] = useState(1);
  /** The last two that were chosen. */
  const [chosen, setChosen] = useState<readonly SavedState[]>([]);
  const { data } = useQuery({
    queryKey: ['checkpoints', uuid, page],
    queryFn: () => api.listCheckpoints({ cluster_uuid: uuid, limit: PER_PAGE, offset: (page - 1) * PER_PAGE, order: 'newest' }),
    placeholderData: keepPreviousData,
  });
  const checkpoints =
    data?.body.map(([created, checkpoint, , , , name]) => ({
      checkpoint: String(checkpoint),
      name: String(name),
      created: String(created),
    })) ?? [];
  // What was deleted may have been all of the last page.
  if (data && checkpoints.length === 0 && page > 1) setPage(1);
  if (checkpoints.length === 0) return null;
  const scoresBy = (when: string): string => {
    const last = trainings.filter(({ state, end_timestamp: end }) => state === 'finished' && end <= when).at(-1);
    return last ? scoresText(last) : '';
  };
  const states: SavedState[] = [
    { name: texts.clusters.now, created: '', scores: trainings.length > 0 ? scoresText(trainings.at(-1) as Task) : '' },
    ...checkpoints.map((saved) => ({ ...saved, scores: scoresBy(saved.created) })),
  ];
  const isChosen = ({ checkpoint }: SavedState): boolean => chosen.some((one) => one.checkpoint === checkpoint);
  const choose = (state: SavedState, wanted: boolean): void =>
    setChosen((before) => [...before.filter(({ checkpoint }) => checkpoint !== state.checkpoint), ...(wanted ? [state] : [])].slice(-2));
  return (
    <section>
      <Title order={2} mb="xs">
        {texts.clusters.checkpoints}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {texts.clusters.compareHint}
      </Text>
      <Stack gap="xs">
        {states.map(({ checkpoint = '', name, created }, i) => (
          <Group key={checkpoint} wrap="nowrap" className="figures">
            <Checkbox
              checked={isChosen(states[i] as SavedState)}
              onChange={(event) => choose(states[i] as SavedState, event.currentTarget.checked)}
              aria-label={texts.clusters.compare(name)}
            />
            <Text className="cut" w={220}>
              {name}
            </Text>
            <Text c="dimmed" size="sm">
              {created}
            </Text>
            {checkpoint !== '' && (
              <>
                <Destroy
                  size="compact-xs"
                  what={name}
                  label={texts.clusters.restore}
                  consequence={texts.clusters.restoreHint}
                  action={() => api.restoreCluster({ cluster_uuid: uuid, checkpoint_uuid: checkpoint })}
                />
                <Destroy
                  size="compact-xs"
                  what={name}
                  consequence={texts.clusters.checkpointGoes}
                  action={() => api.deleteCheckpoint({ uuid: checkpoint })}
                />
              </>
            )}
          </Group>
        ))}
      </Stack>
      <Pager rows={data?.total ?? 0} perPage={PER_PAGE} page={page} setPage={setPage} />
      {chosen.length === 2 && <Beside cluster={uuid} states={chosen} />}
    </section>
  );
}
