import { Anchor, Table, Title } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { Link } from 'wouter';
import { shareOf } from '../live.ts';
import { percent } from '../parts/format.ts';
import { texts } from '../texts.ts';

const LISTED = 20;

/** The last tasks of a cluster; results lead to their data sets. */
export function Tasks({ tasks }: { readonly tasks: readonly Task[] }) {
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
            {tasks.slice(0, LISTED).map((task) => (
              <Table.Tr key={task.uuid}>
                <Table.Td maw={320} className="cut">
                  {task.kind === 'request' && task.state === 'finished' ? (
                    <Anchor component={Link} href={`/data/${task.uuid}`}>
                      {task.name}
                    </Anchor>
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
