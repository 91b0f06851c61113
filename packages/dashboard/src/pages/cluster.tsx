import { Grid, Stack, Text, Title } from '@mantine/core';
import { table } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import { AskPanel } from '../ask/ask-panel.tsx';
import { Checkpoints } from '../cluster/checkpoints.tsx';
import { Growth } from '../cluster/growth.tsx';
import { Head } from '../cluster/head.tsx';
import { HowWell } from '../cluster/how-well.tsx';
import { Matters } from '../cluster/matters.tsx';
import { Tasks } from '../cluster/tasks.tsx';
import { isRunning, useTasks } from '../live.ts';
import { Network } from '../network/network.tsx';
import { AsCode } from '../parts/code.tsx';
import { RunningTask } from '../parts/running-task.tsx';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** A cluster: its network, how well it answers, what matters to it, and its tasks. */
export default function Cluster({ uuid }: { readonly uuid: string }) {
  const api = useApi();
  const { data, error, isPending } = useQuery({ queryKey: ['cluster', uuid], queryFn: () => api.getCluster({ uuid }) });
  const tasks = useTasks(uuid);
  const trainings = [...tasks.values()].filter(({ kind }) => kind === 'train');
  const training = trainings.at(-1);
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
          {training && <Growth task={training} />}
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 6 }}>
          <Title order={2} mb="sm">
            {texts.clusters.howWell}
          </Title>
          {training ? <HowWell task={training} /> : <Text c="dimmed">{texts.clusters.untrained}</Text>}
        </Grid.Col>
      </Grid>
      {fields && !table.seriesOf(data) && training && !isRunning(training) && (
        <Matters cluster={uuid} fields={fields.length} training={training} />
      )}
      {data.neurons > 0 && <AskPanel cluster={data} {...(training ? { training } : {})} />}
      <Tasks tasks={[...tasks.values()].toReversed()} />
      <Checkpoints uuid={uuid} trainings={trainings} />
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
