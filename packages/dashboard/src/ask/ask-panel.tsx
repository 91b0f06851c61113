import { Alert, Grid, NumberInput, Paper, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ColumnInfo, type Row, type Task, table } from '@openhanami/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import type { ClusterData, Field } from '../parts/cluster-data.ts';
import { number } from '../parts/format.ts';
import { Shares } from '../parts/shares.tsx';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

const AnswerFile = lazy(() => import('./answer-file.tsx'));
const DrawDigit = lazy(() => import('./draw-digit.tsx'));
const Forecast = lazy(() => import('./forecast.tsx'));

type Cell = string | number | null;

/** Rows that an answer is compared with. */
const BACKGROUND = 200;
/** Milliseconds after a change until it is asked. */
const REST_MS = 60;
/** Fields that get a control. */
const MOST_FIELDS = 60;
const PICTURE = 28 * 28;

/** Asks a cluster: a control for each field, and the answer at every change; the line of a series; a canvas where pictures of digits are learnt. */
export function AskPanel({ cluster, training }: { readonly cluster: ClusterData; readonly training?: Task }) {
  const [input] = cluster.inputs;
  if (!input || cluster.inputs.length > 1) return null;
  const series = table.seriesOf(cluster);
  return (
    <Paper withBorder p="lg" component="section" aria-labelledby="ask">
      <Title order={2} mb="sm" id="ask">
        {texts.ask.title}
      </Title>
      {input.fields ? (
        <Stack gap="lg">
          {training && series && series.ahead.size > 0 ? (
            <Ahead cluster={cluster} series={series} training={training} />
          ) : (
            <AskFields cluster={cluster} fields={input.fields} {...(training ? { training } : {})} />
          )}
          <Suspense fallback={<Waiting lines={1} />}>
            <AnswerFile cluster={cluster.uuid} />
          </Suspense>
        </Stack>
      ) : input.width === PICTURE ? (
        <Suspense fallback={<Waiting />}>
          <DrawDigit cluster={cluster} />
        </Suspense>
      ) : (
        <Text c="dimmed">{texts.ask.noFields}</Text>
      )}
    </Paper>
  );
}

/** A series is asked with what there was of it, if that is still there. */
function Ahead({ cluster, series, training }: { readonly cluster: ClusterData; readonly series: table.Series; readonly training: Task }) {
  const [dataset] = training.dataset_uuids ?? [];
  if (dataset === undefined) return <Text c="dimmed">{texts.ask.noSeries}</Text>;
  return (
    <Suspense fallback={<Waiting />}>
      <Forecast cluster={cluster} series={series} dataset={dataset} state={training.state} />
    </Suspense>
  );
}

function AskFields({
  cluster,
  fields,
  training,
}: {
  readonly cluster: ClusterData;
  readonly fields: readonly Field[];
  readonly training?: Task;
}) {
  const api = useApi();
  const dataset = training?.dataset_uuids?.[0];
  const { data: columns = [] } = useQuery({
    queryKey: ['dataset', dataset, 'columns'],
    queryFn: async () => (await api.getDataset({ uuid: dataset ?? '' })).columns ?? [],
    enabled: dataset !== undefined,
    refetchInterval: false,
    retry: false,
  });
  const { data: sample } = useQuery({
    queryKey: ['ask sample', dataset],
    queryFn: () => api.getDatasetRows({ uuid: dataset ?? '', number_of_rows: BACKGROUND }),
    enabled: dataset !== undefined,
    refetchInterval: false,
    retry: false,
  });
  const named = new Map(columns.map((column) => [column.name, column]));
  // It begins with a row that there was.
  const first = Object.fromEntries(fields.map(({ name }) => [name, (sample?.rows[0]?.[sample.names.indexOf(name)] ?? null) as Cell]));
  const [changed, setChanged] = useState<Record<string, Cell>>({});
  const row: Row = { ...first, ...changed };
  const [asked] = useDebouncedValue(JSON.stringify(row), REST_MS);
  const known: Row = JSON.parse(asked);
  const { data: answers, error } = useQuery({
    queryKey: ['ask', cluster.uuid, asked, training?.uuid, training?.state],
    gcTime: 0,
    queryFn: () => api.predictRows({ cluster_uuid: cluster.uuid, rows: [known] }),
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  const background = sample?.rows.map((values) =>
    Object.fromEntries(fields.map(({ name }) => [name, (values[sample.names.indexOf(name)] ?? null) as Cell])),
  );
  const { data: why } = useQuery({
    queryKey: ['why', cluster.uuid, asked, training?.uuid, training?.state],
    gcTime: 0,
    queryFn: () => api.explainRows({ cluster_uuid: cluster.uuid, rows: background ?? [], row: known, output: cluster.outputs[0]?.name }),
    enabled: background !== undefined && background.length > 0,
    refetchInterval: false,
    placeholderData: keepPreviousData,
    retry: false,
  });
  const answer = answers?.answers[0] ?? {};
  return (
    <Grid gap="xl">
      <Grid.Col span={{ base: 12, sm: 6 }}>
        <Stack gap="xs">
          {fields.slice(0, MOST_FIELDS).map((field) => (
            <Control
              key={field.name}
              field={field}
              column={named.get(field.name)}
              value={(row[field.name] ?? null) as Cell}
              onChange={(value) => setChanged((before) => ({ ...before, [field.name]: value }))}
            />
          ))}
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, sm: 6 }}>
        <Trouble error={error} />
        <div aria-live="polite">
          {Object.entries(answer).map(([output, { value, probabilities }]) => (
            <div key={output}>
              <Text size="sm" c="dimmed">
                {output}
              </Text>
              <Text fz={28} fw={600} c="var(--answer)" className="figures" data-testid="answer" style={{ overflowWrap: 'anywhere' }}>
                {typeof value === 'number' ? number(value) : (value ?? '–')}
              </Text>
              {probabilities && <Shares of={Object.entries(probabilities)} />}
            </div>
          ))}
        </div>
        {answers?.notices.map((notice) => (
          <Alert key={notice} mt="sm">
            {notice}
          </Alert>
        ))}
        {why?.explanation && <Because contributions={why.explanation.contributions} />}
      </Grid.Col>
    </Grid>
  );
}

/** A control for a field: a choice of categories, a number with the range that was learnt, or a time. */
function Control({
  field: { name, kind, categories },
  column,
  value,
  onChange,
}: {
  readonly field: Field;
  readonly column: ColumnInfo | undefined;
  readonly value: Cell;
  readonly onChange: (value: Cell) => void;
}) {
  if (kind === 'category' && categories) {
    return (
      <Select
        label={name}
        data={[...new Set(categories.map(String))]}
        value={value === null ? null : String(value)}
        onChange={onChange}
        searchable
        clearable
        placeholder={texts.ask.unknown}
        clearButtonProps={{ 'aria-label': `${texts.ask.clear} ${name}` }}
      />
    );
  }
  if (kind === 'number') {
    const { min, max } = column ?? {};
    return (
      <NumberInput
        label={name}
        value={typeof value === 'number' ? value : ''}
        onChange={(given) => onChange(given === '' ? null : Number(given))}
        placeholder={texts.ask.unknown}
        step={min === undefined || max === undefined ? 1 : stepOf(min, max)}
        {...(min === undefined || max === undefined ? {} : { description: `${number(min)} – ${number(max)}` })}
      />
    );
  }
  return (
    <TextInput
      label={name}
      value={value === null ? '' : String(value)}
      placeholder={texts.ask.unknown}
      onChange={(event) => onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
    />
  );
}

/** About a fiftieth of a range, as a power of ten. */
const stepOf = (min: number, max: number): number => (max > min ? 10 ** Math.floor(Math.log10((max - min) / 20)) : 1);

/** What spoke for the answer, and against it: bars to the right and to the left. */
function Because({ contributions }: { readonly contributions: readonly { readonly field: string; readonly value: number }[] }) {
  const shown = contributions.slice(0, 8);
  const most = Math.max(...shown.map(({ value }) => Math.abs(value)), 1e-12);
  return (
    <div>
      <Title order={3} mt="md">
        {texts.ask.because}
      </Title>
      <Text size="sm" c="dimmed">
        {texts.ask.becauseHint}
      </Text>
      <Table verticalSpacing={3} withRowBorders={false} layout="fixed" className="figures">
        <Table.Tbody>
          {shown.map(({ field, value }) => {
            const width = `${(50 * Math.abs(value)) / most}%`;
            return (
              <Table.Tr key={field}>
                <Table.Td w="30%" className="cut" title={field}>
                  {field}
                </Table.Td>
                <Table.Td>
                  <div style={{ position: 'relative', height: 12 }}>
                    <div
                      style={{
                        position: 'absolute',
                        height: 12,
                        width,
                        borderRadius: 2,
                        background: value >= 0 ? 'var(--mantine-color-indigo-5)' : 'var(--mantine-color-orange-6)',
                        ...(value >= 0 ? { left: '50%' } : { right: '50%' }),
                      }}
                    />
                  </div>
                </Table.Td>
                <Table.Td w={104} ta="right" style={{ whiteSpace: 'nowrap' }}>
                  {value >= 0 ? '+' : '−'}
                  {number(Math.abs(value), 3)}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </div>
  );
}
