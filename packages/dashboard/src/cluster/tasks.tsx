import { Anchor, Table, TextInput, Title } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { useState } from 'react';
import { Link } from 'wouter';
import { shareOf } from '../live.ts';
import { percent } from '../parts/format.ts';
import { Pager } from '../parts/pager.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { texts } from '../texts.ts';

/** Tasks of a page. */
const PER_PAGE = 20;

/** The tasks of a cluster, the newest first; results lead to their data sets. */
export function Tasks({ tasks }: { readonly tasks: readonly Task[] }) {
  const [page, setPage] = useState(1);
  const [text, setText] = useState('');
  if (tasks.length === 0) return null;
  const found = tasks.filter(({ name, state }) => `${name} ${state}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <section>
      <Title order={2} mb="sm">
        {texts.clusters.tasks}
      </Title>
      {tasks.length > PER_PAGE && (
        <TextInput
          aria-label={texts.clusters.searchTasks}
          placeholder={texts.clusters.searchTasks}
          value={text}
          onChange={(event) => {
            setText(event.currentTarget.value);
            setPage(1);
          }}
          w={260}
          mb="sm"
        />
      )}
      <ScrollTable label={texts.clusters.tasks} minWidth={520}>
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
            {found.slice((page - 1) * PER_PAGE, page * PER_PAGE).map((task) => (
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
      </ScrollTable>
      <Pager rows={found.length} perPage={PER_PAGE} page={page} setPage={setPage} />
    </section>
  );
}
