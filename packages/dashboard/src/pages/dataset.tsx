import { Anchor, Group, Paper, Select, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import type { ColumnInfo } from '@openhanami/sdk';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { Download } from '../dataset/download.tsx';
import { LearnPanel } from '../dataset/learn-panel.tsx';
import { Pictures } from '../dataset/pictures.tsx';
import { RowsTable } from '../dataset/rows-table.tsx';
import { AsCode } from '../parts/code.tsx';
import { rowsOfACall, timeOf } from '../parts/dataset-props.ts';
import { number } from '../parts/format.ts';
import { listTasks } from '../parts/list-tasks.ts';
import { Pager } from '../parts/pager.tsx';
import { ResourceHead } from '../parts/resource-head.tsx';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

const Series = lazy(() => import('../dataset/series.tsx'));
const Histogram = lazy(() => import('../charts/histogram.tsx'));

/** Rows that histograms are drawn of, at most. */
const SAMPLE = 1000;
/** Columns of a page. */
const SHOWN = 60;

/** A data set: what its columns are, its rows, and what can be learnt from it. */
export default function Dataset({ uuid }: { readonly uuid: string }) {
  const api = useApi();
  /** Of the columns. */
  const [page, setPage] = useState(1);
  const { data, error, isPending } = useQuery({ queryKey: ['dataset', uuid], queryFn: () => api.getDataset({ uuid }) });
  const { data: sample } = useQuery({
    queryKey: ['sample', uuid],
    queryFn: () => api.getDatasetRows({ uuid, number_of_rows: rowsOfACall(data?.columns ?? [], SAMPLE) }),
    enabled: data?.columns?.some(({ kind }) => kind === 'number' || kind === 'time') ?? false,
    refetchInterval: false,
  });
  if (error && !data) return <Trouble error={error} />;
  if (isPending) return <Waiting lines={8} />;
  const { name, columns = [], number_of_rows: rows, notices = [] } = data;
  const pictures = columns.find((column) => column.kind === 'vector');
  return (
    <Stack gap="xl">
      <ResourceHead
        resource={data}
        of={[texts.data.rows(rows), texts.data.columns(columns.length)]}
        setVisibility={(visibility) => api.setDatasetVisibility({ uuid, visibility })}
        remove={() => api.deleteDataset({ uuid })}
        consequence={texts.data.goesWithIt}
        list="/data"
      >
        <Download uuid={uuid} name={name} />
      </ResourceHead>
      {notices.map((notice) => (
        <Text key={notice} c="dimmed" size="sm">
          {notice}
        </Text>
      ))}
      <Paper withBorder p="lg" component="section">
        <Title order={2} mb="sm">
          {texts.learn.title}
        </Title>
        <LearnPanel uuid={uuid} name={name} columns={columns} />
      </Paper>
      <section>
        <Title order={2} mb="sm">
          {texts.data.kinds}
        </Title>
        <SimpleGrid cols={{ base: 1, xs: 2, md: 3, lg: 4 }}>
          {columns.slice((page - 1) * SHOWN, page * SHOWN).map((column) => (
            <Column key={column.name} uuid={uuid} column={column}>
              {sample && (column.kind === 'number' || column.kind === 'time') && (
                <Suspense fallback={<Waiting lines={1} />}>
                  <Histogram values={sample.rows.map((row) => row[sample.names.indexOf(column.name)])} name={column.name} />
                </Suspense>
              )}
            </Column>
          ))}
        </SimpleGrid>
        <Pager rows={columns.length} perPage={SHOWN} page={page} setPage={setPage} />
      </section>
      {timeOf(columns) && (
        <Suspense fallback={<Waiting />}>
          <Series uuid={uuid} rows={rows} columns={columns} />
        </Suspense>
      )}
      {pictures && <Pictures uuid={uuid} rows={rows} columns={columns} />}
      <section>
        <Title order={2} mb="sm">
          {texts.data.content}
        </Title>
        <RowsTable uuid={uuid} rows={rows} columns={columns} />
      </section>
      <UsedBy uuid={uuid} />
      <AsCode
        of={{
          hanamictl: `hanamictl dataset get ${uuid}`,
          TypeScript: `const { columns } = await hanami.api.getDataset({ uuid: '${uuid}' });`,
          Python: `columns = json.loads(dataset.get_dataset(token, address, '${uuid}'))['columns']`,
        }}
      />
    </Stack>
  );
}

const KINDS = ['number', 'flag', 'category', 'time', 'text'] as const;

/** What a column is, which can be changed. */
function Column({ uuid, column, children }: { readonly uuid: string; readonly column: ColumnInfo; readonly children: React.ReactNode }) {
  const { name, kind, missing = 0, distinct, min, max, mean, most_frequent: frequent, skip } = column;
  const api = useApi();
  const queries = useQueryClient();
  const { mutate, error } = useMutation({
    mutationFn: (wanted: (typeof KINDS)[number]) => api.setDatasetKinds({ uuid, kinds: { [name]: wanted } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['dataset', uuid] }),
  });
  const isNumber = kind === 'number';
  return (
    <Paper withBorder p="sm" component="article" aria-label={name}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text fw={600} className="cut" title={name}>
          {name}
        </Text>
        {kind === 'vector' ? (
          <Text size="sm" c="dimmed">
            {kind} {column.width}
          </Text>
        ) : (
          <Select
            size="xs"
            w={104}
            aria-label={texts.data.change(name)}
            data={KINDS}
            value={kind}
            allowDeselect={false}
            onChange={(wanted) => mutate(wanted as (typeof KINDS)[number])}
          />
        )}
      </Group>
      <Text size="xs" c="dimmed" className="figures">
        {[
          skip || kind === 'text' ? texts.data.skip : '',
          missing > 0 ? texts.data.missing(missing) : '',
          distinct === undefined ? '' : texts.data.distinct(distinct),
          isNumber && min !== undefined && max !== undefined ? `${number(min)} – ${number(max)}` : '',
          isNumber && mean !== undefined ? `${texts.data.mean} ${number(mean)}` : '',
        ]
          .filter((part) => part !== '')
          .join(' · ')}
      </Text>
      <Trouble error={error} />
      {children}
      {kind !== 'number' && frequent && <Frequent of={frequent} />}
    </Paper>
  );
}

/** The most frequent categories as bars. */
function Frequent({ of }: { readonly of: readonly (readonly [string, number])[] }) {
  const shown = of.slice(0, 5);
  const most = Math.max(...shown.map(([, count]) => count), 1);
  return (
    <Table verticalSpacing={1} horizontalSpacing={4} withRowBorders={false} fz="xs" mt={4} layout="fixed">
      <Table.Tbody>
        {shown.map(([value, count]) => (
          <Table.Tr key={value}>
            <Table.Td w="40%" className="cut" title={value}>
              {value === '' ? '–' : value}
            </Table.Td>
            <Table.Td>
              <div style={{ width: `${(100 * count) / most}%`, height: 10, background: 'var(--mantine-color-gray-5)', borderRadius: 2 }} />
            </Table.Td>
            <Table.Td w={64} ta="right" className="figures">
              {count.toLocaleString('en')}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const MOST_TASKS = 8;

/** The last tasks that read it. */
function UsedBy({ uuid }: { readonly uuid: string }) {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['used by', uuid],
    queryFn: () => listTasks(api, { dataset_uuid: uuid, limit: MOST_TASKS, order: 'newest' }),
    refetchInterval: false,
  });
  if (!data || data.length === 0) return null;
  return (
    <section>
      <Title order={2} mb="sm">
        {texts.data.usedBy}
      </Title>
      {data.map((task) => (
        <Group key={task.uuid} wrap="nowrap">
          <Anchor component={Link} href={`/clusters/${task.cluster_uuid}`} className="cut">
            {task.name}
          </Anchor>
          <Text c="dimmed">{task.state}</Text>
        </Group>
      ))}
    </section>
  );
}
