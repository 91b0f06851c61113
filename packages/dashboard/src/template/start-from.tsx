import { Button, Group, MultiSelect, Select, Stack } from '@mantine/core';
import { table } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** Data sets to choose from, the newest ones, and columns. */
const MOST = 200;
const MOST_SHOWN = 100;

/** Templates to begin with: made for the columns of a data set, an example, or nothing but a hexagon. */
export function StartFrom({ onTemplate }: { readonly onTemplate: (text: string) => void }) {
  const api = useApi();
  const [dataset, setDataset] = useState<string | null>(null);
  const [targets, setTargets] = useState<string[]>([]);
  const { data: all } = useQuery({ queryKey: ['datasets', 'names'], queryFn: () => api.listDatasets({ limit: MOST, order: 'newest' }) });
  const { data: columns = [] } = useQuery({
    queryKey: ['dataset', dataset, 'columns'],
    queryFn: async () => (await api.getDataset({ uuid: dataset ?? '' })).columns ?? [],
    enabled: dataset !== null,
    refetchInterval: false,
  });
  const names = columns.map(({ name }) => name);
  return (
    <Stack gap="xs" mt="sm">
      <Select
        size="xs"
        label={texts.editor.fromDataset}
        data={all?.body.map(([, uuid, , , , name]) => ({ value: String(uuid), label: String(name) })) ?? []}
        value={dataset}
        onChange={(uuid) => {
          setDataset(uuid);
          setTargets([]);
        }}
        searchable
        clearable
      />
      {dataset !== null && (
        <MultiSelect
          size="xs"
          label={texts.learn.target}
          description={texts.learn.targetHint}
          data={names}
          value={targets}
          onChange={(chosen) => {
            setTargets(chosen);
            if (chosen.length > 0) onTemplate(table.tableTemplate(chosen, names));
          }}
          searchable
          limit={MOST_SHOWN}
        />
      )}
      <Group gap="xs">
        <Button variant="subtle" size="compact-xs" onClick={() => onTemplate(EXAMPLE)}>
          {texts.editor.example}
        </Button>
        <Button variant="subtle" size="compact-xs" onClick={() => onTemplate(EMPTY)}>
          {texts.editor.anew}
        </Button>
      </Group>
    </Stack>
  );
}

/** Nothing but a hexagon. */
const EMPTY = `version: 1
hexagons:
    1,1,1
`;

/** A deeper network with two ways from input to output. */
const EXAMPLE = `version: 1
settings:
    max_connection_distance: 2
hexagons:
    1,1,1
    2,1,1
    2,2,1
    3,1,1
    4,1,1
inputs:
    features: 1,1,1
outputs:
    answer: 4,1,1
`;
