import { Anchor, Grid, Group, Progress, Stack, Table, Text, Title } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { isRunning, useTasks } from '../live.ts';
import { AsCode } from '../parts/code.tsx';
import { bytes, percent, scoresText, usedOf } from '../parts/format.ts';
import { listTasks } from '../parts/list-tasks.ts';
import { RunningTask } from '../parts/running-task.tsx';
import { useApi, useSession } from '../session.tsx';
import { texts } from '../texts.ts';
import { FileDrop } from '../upload/file-drop.tsx';

/** From a file to a network, what runs, and how busy the place is. */
export default function Home() {
  const [, goTo] = useLocation();
  return (
    <Stack gap="xl" maw={1200}>
      <Title order={1}>{texts.home.title}</Title>
      <Grid gap="xl">
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Title order={2} mb="sm">
            {texts.home.learn}
          </Title>
          <FileDrop onDataset={(uuid) => goTo(`/data/${uuid}`)} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Hosts />
        </Grid.Col>
      </Grid>
      <LastTasks />
      <AsCode
        of={{
          hanamictl: 'hanamictl learn rentals.csv --target hired',
          TypeScript: "const model = await hanami.learn('rentals.csv', { target: 'hired' });",
          Python: "model = hanami.learn('rentals.csv', target='hired')",
        }}
      />
    </Stack>
  );
}

/** Tasks that are listed, and clusters whose running tasks are followed. */
const LAST = 8;
const MOST_FOLLOWED = 2;

function LastTasks() {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['last tasks'],
    queryFn: () => listTasks(api, { limit: LAST, order: 'newest' }),
  });
  const running = data?.filter(isRunning) ?? [];
  // Browsers open few connections to a server at once: of the others the list tells.
  const followed = [...new Set(running.map(({ cluster_uuid }) => cluster_uuid))].slice(0, MOST_FOLLOWED);
  const ended = data?.filter((task) => !isRunning(task)) ?? [];
  return (
    <>
      <section>
        <Title order={2} mb="sm">
          {texts.home.running}
        </Title>
        {running.length === 0 && <Text c="dimmed">{texts.home.nothingRuns}</Text>}
        <Stack gap="xs">
          {running.map((task) => (
            <Running key={task.uuid} seen={task} isLive={followed.includes(task.cluster_uuid)} />
          ))}
        </Stack>
      </section>
      <section>
        <Title order={2} mb="sm">
          {texts.home.last}
        </Title>
        {ended.length === 0 ? (
          <Text c="dimmed">{texts.home.noTasks}</Text>
        ) : (
          <Table verticalSpacing={6} className="figures" layout="fixed">
            <Table.Tbody>
              {ended.map((task) => (
                <Table.Tr key={task.uuid}>
                  <Table.Td className="cut">
                    <Anchor component={Link} href={`/clusters/${task.cluster_uuid}`}>
                      {task.name}
                    </Anchor>
                  </Table.Td>
                  <Table.Td w={90}>{task.state}</Table.Td>
                  <Table.Td className="cut">{task.reason ?? scoresText(task)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </section>
    </>
  );
}

/** A task of the list; of one that is followed, as the server tells of it. */
function Running({ seen, isLive }: { readonly seen: Task; readonly isLive: boolean }) {
  const task = useTasks(isLive ? (seen.cluster_uuid ?? '') : '').get(seen.uuid) ?? seen;
  return <RunningTask task={task} isLink />;
}

function Hosts() {
  const { api, user } = useSession();
  const { data } = useQuery({ queryKey: ['hosts'], queryFn: () => api.listHosts({}) });
  const { data: quota } = useQuery({
    queryKey: ['quota', user.project_id],
    queryFn: () => api.getQuota({ id: user.project_id }),
    // The admin's own project is none.
    enabled: !user.is_admin,
  });
  return (
    <Stack>
      <Title order={2}>{texts.home.hosts}</Title>
      {data?.body.map(([uuid, type, clusters, , load, memory]) => (
        <Group key={String(uuid)} wrap="nowrap" className="figures">
          <Text w={48}>{String(type)}</Text>
          <Progress value={100 * Number(load)} flex={1} aria-label={`${texts.home.hosts} ${String(type)}`} />
          <Text size="sm" c="dimmed" w={200} ta="right" style={{ flexShrink: 0 }}>
            {percent(Number(load), 0)} · {texts.home.clusters(Number(clusters))} · {bytes(Number(memory))}
          </Text>
        </Group>
      ))}
      {quota && (
        <Text size="sm" c="dimmed" className="figures">
          {texts.home.quota}: {usedOf(quota)}
        </Text>
      )}
    </Stack>
  );
}
