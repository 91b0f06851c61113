import {
  Button,
  Collapse,
  Group,
  MultiSelect,
  NumberInput,
  Select,
  Slider,
  Stack,
  Switch,
  Text,
  TextInput,
  UnstyledButton,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { ColumnInfo } from '@openhanami/sdk';
import { table } from '@openhanami/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { Trouble } from '../parts/trouble.tsx';
import { ADDRESS, useSession } from '../session.tsx';
import { texts } from '../texts.ts';

/** Widest list of numbers that is taken for a target, not for a picture. */
const WIDEST = 100;

const canBeTarget = ({ kind, width }: ColumnInfo): boolean => kind !== 'time' && (kind !== 'vector' || width <= WIDEST);

/** Asks what is to be learnt from a data set, queues that, and goes where it can be watched. */
export function LearnPanel({
  uuid,
  name,
  columns,
}: {
  readonly uuid: string;
  readonly name: string;
  readonly columns: readonly ColumnInfo[];
}) {
  const { token } = useSession();
  const [, goTo] = useLocation();
  const possible = columns.filter(canBeTarget).map((column) => column.name);
  const [targets, setTargets] = useState<string[]>(possible.slice(-1));
  const [opened, { toggle }] = useDisclosure(false);
  const [passes, setPasses] = useState<string>('auto');
  const [holdout, setHoldout] = useState(20);
  const [inOrder, setInOrder] = useState(false);
  const [forecast, setForecast] = useState<number | string>(0);
  const [window, setWindow] = useState<number | string>(1);
  const [clusterName, setClusterName] = useState(name);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      // As soon as it is queued there is something to be seen; the rest of it goes on by itself.
      new Promise<string>((queued, failed) => {
        table
          .learnDataset(token, ADDRESS, uuid, {
            target: targets,
            name: clusterName,
            passes: passes === 'auto' ? 'auto' : Number(passes),
            holdout: holdout / 100,
            inOrder,
            forecast: Number(forecast),
            window: Math.max(1, Number(window)),
            onProgress: ({ cluster_uuid }) => queued(cluster_uuid ?? ''),
          })
          .then(({ cluster }) => queued(cluster.uuid), failed);
      }),
    onSuccess: (cluster) => goTo(`/clusters/${cluster}`),
  });
  return (
    <Stack>
      <MultiSelect
        label={texts.learn.target}
        description={texts.learn.targetHint}
        data={possible}
        value={targets}
        onChange={setTargets}
        searchable
        limit={100}
        maw={480}
      />
      <UnstyledButton onClick={toggle} aria-expanded={opened} c="dimmed" fz="sm" w="fit-content">
        {opened ? '▾' : '▸'} {texts.learn.more}
      </UnstyledButton>
      <Collapse expanded={opened}>
        <Stack maw={480}>
          <TextInput label={texts.learn.name} value={clusterName} onChange={(event) => setClusterName(event.currentTarget.value)} />
          <Select
            label={texts.learn.passes}
            data={[{ value: 'auto', label: texts.learn.auto }, ...['1', '2', '3', '5', '10'].map((value) => ({ value, label: value }))]}
            value={passes}
            onChange={(value) => setPasses(value ?? 'auto')}
            allowDeselect={false}
          />
          <div>
            <Text size="sm" id="holdout">
              {texts.learn.holdout}: {holdout} %
            </Text>
            <Slider value={holdout} onChange={setHoldout} min={0} max={90} step={5} thumbLabel={texts.learn.holdout} label={null} />
          </div>
          <Switch label={texts.learn.order} checked={inOrder} onChange={(event) => setInOrder(event.currentTarget.checked)} />
          <NumberInput label={texts.learn.forecast} value={forecast} onChange={setForecast} min={0} max={1000} />
          <NumberInput label={texts.learn.window} value={window} onChange={setWindow} min={1} max={1000} />
        </Stack>
      </Collapse>
      <Trouble error={error} />
      <Group>
        <Button onClick={() => mutate()} loading={isPending} disabled={targets.length === 0}>
          {texts.learn.start}
        </Button>
      </Group>
    </Stack>
  );
}
