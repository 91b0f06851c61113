import { Grid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useRef } from 'react';
import { CURVE } from '../charts/sizes.ts';
import { Checkpoints } from '../cluster/checkpoints.tsx';
import { type ClusterData, Head } from '../cluster/head.tsx';
import { HowWell } from '../cluster/how-well.tsx';
import { Matters } from '../cluster/matters.tsx';
import { Tasks } from '../cluster/tasks.tsx';
import { isRunning, useTasks } from '../live.ts';
import { Network } from '../network/network.tsx';
import { AskPanel } from '../parts/ask-panel.tsx';
import { AsCode } from '../parts/code.tsx';
import { RunningTask } from '../parts/running-task.tsx';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { ANSWER } from '../theme.ts';

const Curve = lazy(() => import('../charts/curve.tsx'));

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
  const fields = data.inputs[0]?.fields;
  return (
    <Stack gap="xl">
      <Head cluster={data} />
      {running.map((task) => (
        <RunningTask key={task.uuid} task={task} />
      ))}
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Title order={2} mb="sm">
            {texts.clusters.network}
          </Title>
          <Network template={data.template ?? ''} hexagons={data.hexagons} />
          {growth.cycles.length > 1 && (
            <>
              <Title order={3} mt="md">
                {texts.clusters.growth}
              </Title>
              <Suspense fallback={<Waiting height={CURVE.all} />}>
                <Curve
                  x={growth.cycles}
                  xLabel={texts.charts.rows}
                  yLabel={texts.charts.neurons}
                  lines={[{ label: texts.charts.neurons, color: ANSWER, values: growth.neurons }]}
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
      {fields && training && !isRunning(training) && <Matters cluster={uuid} fields={fields.length} training={training} />}
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
