import { Anchor, Button, Grid, Group, Menu, Modal, Paper, Progress, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import type { Task } from '@openhanami/sdk';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { isRunning, shareOf, useTasks } from '../live.ts';
import { Network } from '../network/network.tsx';
import { AskPanel } from '../parts/ask-panel.tsx';
import { AsCode } from '../parts/code.tsx';
import { Destroy } from '../parts/confirm.tsx';
import { bytes, number, percent, scoreText } from '../parts/format.ts';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { MEANING } from '../theme.ts';

const Curve = lazy(() => import('../charts/curve.tsx'));
const Confusion = lazy(() => import('../charts/confusion.tsx'));

/** How often the curve of a training is asked for while it runs. */
const LOOKS = 50;
/** Points of the growth that are kept. */
const MOST_POINTS = 500;

/** A cluster: its network, how well it answers, what matters to it, and its tasks. */
export default function Cluster({ uuid }: { readonly uuid: string }) {
  const api = useApi();
  const { data, error, isPending } = useQuery({ queryKey: ['cluster', uuid], queryFn: () => api.getCluster({ uuid }) });
  const tasks = useTasks(uuid);
  const trainings = [...tasks.values()].filter(({ kind }) => kind === 'train');
  const training = trainings.at(-1);
  const growth = useGrowth(training?.state === 'active' ? data : undefined, training?.current_cycle ?? 0);
  if (error && !data) return <Trouble error={error} />;
  if (isPending) return <Waiting lines={8} />;
  const running = [...tasks.values()].filter(isRunning);
  return (
    <Stack gap="xl">
      <Head cluster={data} />
      {running.map((task) => (
        <Running key={task.uuid} task={task} />
      ))}
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Title order={2} mb="sm">
            {texts.clusters.network}
          </Title>
          <Network cluster={data} />
          {growth.cycles.length > 1 && (
            <>
              <Title order={3} mt="md">
                {texts.clusters.growth}
              </Title>
              <Suspense fallback={<Waiting />}>
                <Curve
                  x={growth.cycles}
                  xLabel="rows learnt"
                  yLabel="neurons"
                  lines={[{ label: 'neurons', color: MEANING.answer, values: growth.neurons }]}
                />
              </Suspense>
            </>
          )}
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Title order={2} mb="sm">
            {texts.clusters.howWell}
          </Title>
          {training ? <HowWell task={training} /> : <Text c="dimmed">{texts.clusters.untrained}</Text>}
        </Grid.Col>
      </Grid>
      {data.inputs[0]?.fields && training && !isRunning(training) && <Matters cluster={uuid} training={training} />}
      {data.neurons > 0 && <AskPanel cluster={data} {...(training ? { training } : {})} />}
      <Tasks tasks={[...tasks.values()].toReversed()} />
      <Checkpoints uuid={uuid} />
      <AsCode
        of={{
          hanamictl: `hanamictl predict ${uuid} new.csv`,
          TypeScript: `const { answers } = await hanami.api.predictRows({ cluster_uuid: '${uuid}', rows });`,
          Python: `answers = cluster.predict(token, address, '${uuid}', rows)`,
        }}
      />
    </Stack>
  );
}

type ClusterData = Awaited<ReturnType<ReturnType<typeof useApi>['getCluster']>>;

/** Neurons over rows, for as long as a training is watched. */
function useGrowth(growing: Pick<ClusterData, 'neurons'> | undefined, cycle: number) {
  const kept = useRef<{ cycles: number[]; neurons: number[] }>({ cycles: [], neurons: [] });
  const { current } = kept;
  if (growing && cycle > (current.cycles.at(-1) ?? -1)) {
    kept.current = {
      cycles: [...current.cycles, cycle].slice(-MOST_POINTS),
      neurons: [...current.neurons, growing.neurons].slice(-MOST_POINTS),
    };
  }
  return kept.current;
}

function Head({ cluster }: { readonly cluster: ClusterData }) {
  const { uuid, name, mode, neurons, number_of_sections: sections, memory, host } = cluster;
  const api = useApi();
  const [, goTo] = useLocation();
  const queries = useQueryClient();
  const [opened, { open, close }] = useDisclosure(false);
  const [checkpoint, setCheckpoint] = useState(name);
  const again = () => queries.invalidateQueries();
  const save = useMutation({
    mutationFn: () => api.saveCluster({ name: checkpoint, cluster_uuid: uuid }),
    onSuccess: async () => {
      close();
      await again();
    },
  });
  const visibility = useMutation({
    mutationFn: (wanted: 'private' | 'shared' | 'public') => api.setClusterVisibility({ uuid, visibility: wanted }),
    onSuccess: again,
  });
  const toTasks = useMutation({ mutationFn: () => api.setClusterMode({ uuid, new_state: 'TASK' }), onSuccess: again });
  const move = useMutation({ mutationFn: (host_uuid: string) => api.switchHost({ cluster_uuid: uuid, host_uuid }), onSuccess: again });
  const { data: hosts } = useQuery({ queryKey: ['hosts'], queryFn: () => api.listHosts({}) });
  const others = hosts?.body.filter(([other]) => other !== host) ?? [];
  return (
    <div>
      <Group justify="space-between" align="flex-end">
        <div style={{ minWidth: 0 }}>
          <Title order={1} style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          <Text c="dimmed" className="figures">
            {mode} · {texts.clusters.neurons(neurons)} · {texts.clusters.sections(sections)} · {bytes(memory)}
          </Text>
        </div>
        <Group align="flex-end">
          <Select
            label={texts.common.visibility}
            size="xs"
            w={140}
            allowDeselect={false}
            value={cluster.visibility}
            data={(['private', 'shared', 'public'] as const).map((value) => ({ value, label: texts.common[value] }))}
            onChange={(value) => visibility.mutate(value as 'private' | 'shared' | 'public')}
          />
          {mode === 'DIRECT' && (
            <Button size="xs" variant="default" onClick={() => toTasks.mutate()} title={texts.clusters.directHint}>
              {texts.clusters.toTasks}
            </Button>
          )}
          {others.length > 0 && (
            <Menu>
              <Menu.Target>
                <Button size="xs" variant="default">
                  {texts.clusters.moveTo}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {others.map(([other, type]) => (
                  <Menu.Item key={String(other)} onClick={() => move.mutate(String(other))}>
                    {String(type)} {String(other).slice(0, 8)}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )}
          <Button size="xs" variant="default" onClick={open}>
            {texts.clusters.save}
          </Button>
          <Destroy
            what={name}
            consequence={texts.clusters.goesWithIt}
            gone={uuid}
            action={() => api.deleteCluster({ uuid })}
            then={() => goTo('/clusters')}
          />
        </Group>
      </Group>
      <Trouble error={visibility.error ?? toTasks.error ?? move.error} />
      <Modal opened={opened} onClose={close} title={texts.clusters.save} centered>
        <TextInput
          label={texts.common.name}
          value={checkpoint}
          onChange={(event) => setCheckpoint(event.currentTarget.value)}
          data-autofocus
        />
        <Trouble error={save.error} />
        <Group justify="flex-end" mt="md">
          <Button onClick={() => save.mutate()} loading={save.isPending}>
            {texts.common.save}
          </Button>
        </Group>
      </Modal>
    </div>
  );
}

/** A task that waits or runs: how far it is, how fast, and how to stop it. */
function Running({ task }: { readonly task: Task }) {
  const api = useApi();
  const seen = useRef({ cycle: task.current_cycle, at: performance.now(), rate: 0 });
  const now = performance.now();
  const { cycle, at, rate: before } = seen.current;
  if (task.current_cycle > cycle && now - at > 500) {
    seen.current = { cycle: task.current_cycle, at: now, rate: ((task.current_cycle - cycle) / (now - at)) * 1000 };
  }
  const rate = seen.current.rate || before;
  return (
    <Group wrap="nowrap" role="status">
      <Text className="cut" miw={120}>
        {task.name}
      </Text>
      <Progress value={100 * shareOf(task)} flex={1} aria-label={`${texts.common.progress} ${task.name}`} />
      <Text className="figures" size="sm" w={190} ta="right">
        {task.state === 'queued' ? task.state : `${percent(shareOf(task), 0)}${rate > 0 ? ` · ${texts.clusters.rate(rate)}` : ''}`}
      </Text>
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => void api.deleteTask({ uuid: task.uuid })}
        aria-label={`${texts.common.stop} ${task.name}`}
      >
        {texts.common.stop}
      </Button>
    </Group>
  );
}

/** How a training goes, and how rows that were kept apart are answered. */
function HowWell({ task }: { readonly task: Task }) {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['curve', task.uuid, Math.floor(LOOKS * shareOf(task)), task.state],
    gcTime: 0,
    queryFn: () => api.getTaskCurve({ uuid: task.uuid }),
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  const outputs = Object.keys(task.scores ?? {});
  const curve = data?.curve ?? [];
  return (
    <Stack>
      {task.state === 'failed' && <Trouble error={new Error(task.reason)} />}
      {outputs.slice(0, 3).map((output) => {
        const points = curve.map(({ row, scores }) => ({ row, score: scores[output] }));
        const isClass = task.scores?.[output]?.accuracy !== undefined;
        const of = (pick: 'accuracy' | 'naive_accuracy' | 'mae' | 'naive_mae') => points.map(({ score }) => score?.[pick] ?? null);
        const held = task.holdout?.[output];
        return (
          <div key={output}>
            <Group gap="xs" align="baseline">
              <Text fw={600} className="cut">
                {output}
              </Text>
              <Text size="xl" fw={600} c="var(--answer)" className="figures" data-testid="score">
                {scoreText(held ?? task.scores?.[output] ?? {})}
              </Text>
            </Group>
            <Text size="sm" c="dimmed" className="figures">
              {held ? texts.clusters.heldOut(held.rows) : texts.clusters.before}
              {held?.naive_accuracy === undefined ? '' : ` · ${texts.clusters.naive} ${percent(held.naive_accuracy)}`}
              {held?.naive_mae === undefined || held.mae === undefined
                ? ''
                : ` · mean error ${number(held.mae)}, ${texts.clusters.naive} ${number(held.naive_mae)}`}
            </Text>
            {points.length > 1 && (
              <Suspense fallback={<Waiting />}>
                <Curve
                  x={points.map(({ row }) => row)}
                  xLabel="rows learnt"
                  yLabel={isClass ? 'accuracy' : 'mean error'}
                  lines={[
                    { label: isClass ? 'accuracy' : 'mean error', color: MEANING.answer, values: of(isClass ? 'accuracy' : 'mae') },
                    {
                      label: texts.clusters.naive,
                      color: 'gray',
                      dashed: true,
                      values: of(isClass ? 'naive_accuracy' : 'naive_mae'),
                    },
                  ]}
                />
              </Suspense>
            )}
            {held?.confusion && (
              <Suspense fallback={<Waiting />}>
                <Confusion classes={held.confusion.classes} counts={held.confusion.counts} />
              </Suspense>
            )}
          </div>
        );
      })}
    </Stack>
  );
}

/** How much each field matters, on rows of the data set that it learnt. */
function Matters({ cluster, training }: { readonly cluster: string; readonly training: Task }) {
  const api = useApi();
  const dataset = training.dataset_uuids?.[0];
  const { data } = useQuery({
    queryKey: ['matters', cluster, training.uuid, training.state],
    queryFn: () => api.explainDataset({ cluster_uuid: cluster, dataset_uuid: dataset ?? '' }),
    enabled: dataset !== undefined,
    refetchInterval: false,
    retry: false,
  });
  const shown = useMemo(() => data?.importance.slice(0, 12) ?? [], [data]);
  if (shown.length === 0) return null;
  return (
    <section>
      <Title order={2}>{texts.clusters.matters}</Title>
      <Text size="sm" c="dimmed" mb="sm">
        {texts.clusters.mattersHint}
      </Text>
      <Table maw={640} verticalSpacing={4} withRowBorders={false} layout="fixed" className="figures">
        <Table.Tbody>
          {shown.map(({ field, share }) => (
            <Table.Tr key={field}>
              <Table.Td w="30%" className="cut" title={field}>
                {field}
              </Table.Td>
              <Table.Td>
                <Progress value={100 * share} aria-label={field} />
              </Table.Td>
              <Table.Td w={84} ta="right" style={{ whiteSpace: 'nowrap' }}>
                {percent(share)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Tasks({ tasks }: { readonly tasks: readonly Task[] }) {
  if (tasks.length === 0) return null;
  return (
    <section>
      <Title order={2} mb="sm">
        {texts.clusters.tasks}
      </Title>
      <Table.ScrollContainer
        minWidth={520}
        scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'group', 'aria-label': texts.clusters.tasks } }}
      >
        <Table verticalSpacing={6} className="figures">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{texts.common.name}</Table.Th>
              <Table.Th>{texts.common.state}</Table.Th>
              <Table.Th>{texts.common.created}</Table.Th>
              <Table.Th ta="right">{texts.common.progress}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tasks.slice(0, 20).map((task) => (
              <Table.Tr key={task.uuid}>
                <Table.Td maw={320} className="cut">
                  {task.kind === 'request' && task.state === 'finished' ? (
                    <Anchor href={`#/data/${task.uuid}`}>{task.name}</Anchor>
                  ) : (
                    task.name
                  )}
                </Table.Td>
                <Table.Td title={task.reason}>{task.state}</Table.Td>
                <Table.Td>{task.queue_timestamp}</Table.Td>
                <Table.Td ta="right">{percent(shareOf(task), 0)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </section>
  );
}

/** Checkpoints of this cluster, which it can be put back to. */
function Checkpoints({ uuid }: { readonly uuid: string }) {
  const api = useApi();
  const queries = useQueryClient();
  const { data } = useQuery({
    queryKey: ['checkpoints', uuid],
    async queryFn() {
      const { body } = await api.listCheckpoints({ limit: 50, order: 'newest' });
      const all = await Promise.all(body.map(([, checkpoint]) => api.getCheckpoint({ uuid: String(checkpoint) }).catch(() => undefined)));
      return all
        .filter((checkpoint) => checkpoint?.cluster_uuid === uuid)
        .map((checkpoint) => checkpoint as NonNullable<typeof checkpoint>);
    },
  });
  const restore = useMutation({
    mutationFn: (checkpoint_uuid: string) => api.restoreCluster({ cluster_uuid: uuid, checkpoint_uuid }),
    onSuccess: () => queries.invalidateQueries(),
  });
  if (!data || data.length === 0) return null;
  return (
    <Paper component="section">
      <Title order={2} mb="sm">
        {texts.clusters.checkpoints}
      </Title>
      <Trouble error={restore.error} />
      <Stack gap="xs">
        {data.map((checkpoint) => (
          <Group key={checkpoint.uuid} wrap="nowrap" className="figures">
            <Text className="cut" w={220}>
              {checkpoint.name}
            </Text>
            <Text c="dimmed" size="sm">
              {checkpoint.created_at} · {bytes(checkpoint.size)}
            </Text>
            <Button
              size="compact-xs"
              variant="default"
              onClick={() => restore.mutate(checkpoint.uuid)}
              loading={restore.isPending}
              aria-label={`${texts.clusters.restore} ${checkpoint.name}`}
            >
              {texts.clusters.restore}
            </Button>
            <Destroy what={checkpoint.name} action={() => api.deleteCheckpoint({ uuid: checkpoint.uuid })} />
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
