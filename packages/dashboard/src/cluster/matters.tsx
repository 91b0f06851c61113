import { Text, Title } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import { Shares } from '../parts/shares.tsx';
import { Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** Fields that are shown, and height of the line of one. */
const MOST = 12;
const LINE = 28;

/** How much each field matters, on rows of the data set that it learnt. */
export function Matters({ cluster, fields, training }: { readonly cluster: string; readonly fields: number; readonly training: Task }) {
  const api = useApi();
  const dataset = training.dataset_uuids?.[0];
  const { data, isLoading } = useQuery({
    queryKey: ['matters', cluster, training.uuid, training.state],
    queryFn: () => api.explainDataset({ cluster_uuid: cluster, dataset_uuid: dataset ?? '' }),
    enabled: dataset !== undefined,
    refetchInterval: false,
    retry: false,
  });
  if (!isLoading && (data?.importance.length ?? 0) === 0) return null;
  return (
    <section>
      <Title order={2}>{texts.clusters.matters}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {texts.clusters.mattersHint}
      </Text>
      {data ? (
        <Shares of={data.importance.map(({ field, share }) => [field, share])} most={MOST} />
      ) : (
        <Waiting height={LINE * Math.min(MOST, fields)} />
      )}
    </section>
  );
}
