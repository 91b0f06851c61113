import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Destroy } from '../parts/confirm.tsx';
import { Trouble } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

const LISTED = 50;

/** Checkpoints of this cluster, which it can be put back to. */
export function Checkpoints({ uuid }: { readonly uuid: string }) {
  const api = useApi();
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: ['checkpoints', uuid],
    queryFn: () => api.listCheckpoints({ cluster_uuid: uuid, limit: LISTED, order: 'newest' }),
  });
  const restore = useMutation({
    mutationFn: (checkpoint_uuid: string) => api.restoreCluster({ cluster_uuid: uuid, checkpoint_uuid }),
    onSuccess: () => queries.invalidateQueries(),
  });
  const checkpoints =
    data?.body.map(([created, checkpoint, , , , name]) => [String(checkpoint), String(name), String(created)] as const) ?? [];
  if (checkpoints.length === 0) return null;
  return (
    <section>
      <Title order={2} mb="sm">
        {texts.clusters.checkpoints}
      </Title>
      <Trouble error={restore.error} />
      <Stack gap="xs">
        {checkpoints.map(([checkpoint, name, created]) => (
          <Group key={checkpoint} wrap="nowrap" className="figures">
            <Text className="cut" w={220}>
              {name}
            </Text>
            <Text c="dimmed" size="sm">
              {created}
            </Text>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => restore.mutate(checkpoint)}
              loading={restore.isPending}
              aria-label={`${texts.clusters.restore} ${name}`}
            >
              {texts.clusters.restore}
            </Button>
            <Destroy what={name} action={() => api.deleteCheckpoint({ uuid: checkpoint })} />
          </Group>
        ))}
      </Stack>
    </section>
  );
}
