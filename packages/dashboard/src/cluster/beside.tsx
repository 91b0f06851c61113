import { SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { Network } from '../network/network.tsx';
import { bytes } from '../parts/format.ts';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** A state of a cluster: a checkpoint, or the present one. */
export interface SavedState {
  /** Of the checkpoint; none for the present state. */
  readonly checkpoint?: string;
  readonly name: string;
  /** When it was saved. */
  readonly created: string;
  /** Of the last training before that. */
  readonly scores: string;
}

/** Two states of a cluster beside each other: what had grown, and how well it answered. */
export function Beside({ cluster, states }: { readonly cluster: string; readonly states: readonly SavedState[] }) {
  const api = useApi();
  const found = useQueries({
    queries: states.map(({ checkpoint }) => ({
      queryKey: checkpoint === undefined ? ['cluster', cluster] : ['checkpoint', checkpoint],
      queryFn: () => (checkpoint === undefined ? api.getCluster({ uuid: cluster }) : api.getCheckpoint({ uuid: checkpoint })),
      refetchInterval: false as const,
    })),
  });
  const lines: [label: string, of: (i: number) => string][] = [
    [texts.common.created, (i) => states[i]?.created ?? ''],
    [texts.clusters.lastTraining, (i) => states[i]?.scores || '–'],
    [texts.charts.neurons, (i) => (found[i]?.data?.neurons ?? 0).toLocaleString('en')],
    [texts.charts.sections, (i) => (found[i]?.data?.number_of_sections ?? 0).toLocaleString('en')],
    [texts.admin.memory, (i) => bytes(found[i]?.data?.memory ?? 0)],
  ];
  return (
    <section aria-label={texts.clusters.compared}>
      <Title order={3} mt="md" mb="sm">
        {texts.clusters.compared}
      </Title>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        {states.map(({ name, checkpoint = '' }, i) => (
          <Stack key={checkpoint} gap="xs">
            <Text fw={600} className="cut" title={name}>
              {name}
            </Text>
            <Trouble error={found[i]?.error} />
            {found[i]?.data ? <Network template={found[i].data.template ?? ''} hexagons={found[i].data.hexagons} /> : <Waiting />}
          </Stack>
        ))}
      </SimpleGrid>
      <Table verticalSpacing={4} className="figures" layout="fixed" mt="sm">
        <Table.Tbody>
          {lines.map(([label, of]) => (
            <Table.Tr key={label}>
              <Table.Th>{label}</Table.Th>
              {states.map(({ checkpoint = '' }, i) => (
                <Table.Td key={checkpoint}>{of(i)}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}
