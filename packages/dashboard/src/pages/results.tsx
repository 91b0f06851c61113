import { Button, Group, Select, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import type { Client } from '@openhanami/sdk';
import { useMutation, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { AsCode } from '../parts/code.tsx';
import { number, percent } from '../parts/format.ts';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

const Confusion = lazy(() => import('../charts/confusion.tsx'));
const Scatter = lazy(() => import('../charts/scatter.tsx'));

/** Data sets to choose from, the newest ones. */
const MOST = 200;
/** Rows that are drawn. */
const DRAWN = 2000;

type Evaluated = Awaited<ReturnType<Client['evaluateDataset']>>['columns'][number];

/** Compares answers with what is true. */
export default function Results() {
  const api = useApi();
  const [result, setResult] = useState<string | null>(null);
  const [reference, setReference] = useState<string | null>(null);
  const [resultColumn, setResultColumn] = useState('');
  const [referenceColumn, setReferenceColumn] = useState('');
  const { data } = useQuery({ queryKey: ['datasets', 'names'], queryFn: () => api.listDatasets({ limit: MOST, order: 'newest' }) });
  const choices =
    data?.body.map(([created, uuid, , , , name]) => ({ value: String(uuid), label: `${String(name)} · ${String(created)}` })) ?? [];
  const {
    mutate,
    data: found,
    error,
    isPending,
  } = useMutation({
    mutationFn: () =>
      api.evaluateDataset({
        uuid: result ?? '',
        reference_uuid: reference ?? '',
        ...(resultColumn === '' ? {} : { column_name: resultColumn }),
        ...(referenceColumn === '' ? {} : { reference_column: referenceColumn }),
      }),
  });
  return (
    <Stack gap="lg" maw={1200}>
      <Title order={1}>{texts.results.title}</Title>
      <Text c="dimmed">{texts.results.hint}</Text>
      <Group align="flex-end">
        <Select label={texts.results.result} data={choices} value={result} onChange={setResult} searchable w={320} />
        <TextInput
          label={texts.results.resultColumn}
          value={resultColumn}
          onChange={(event) => setResultColumn(event.currentTarget.value)}
          w={180}
        />
        <Select label={texts.results.reference} data={choices} value={reference} onChange={setReference} searchable w={320} />
        <TextInput
          label={texts.results.referenceColumn}
          value={referenceColumn}
          onChange={(event) => setReferenceColumn(event.currentTarget.value)}
          w={180}
        />
        <Button onClick={() => mutate()} loading={isPending} disabled={!result || !reference}>
          {texts.results.run}
        </Button>
      </Group>
      <Trouble error={error} />
      {found?.columns.map((column) => (
        <Judged key={column.column_name} column={column} result={result ?? ''} reference={reference ?? ''} />
      ))}
      <AsCode
        of={{
          hanamictl: 'hanamictl dataset evaluate RESULT --reference TRUTH',
          TypeScript: 'const { columns } = await hanami.evaluate(result, reference);',
          Python: 'columns = json.loads(dataset.evaluate_dataset(token, address, result, reference))["columns"]',
        }}
      />
    </Stack>
  );
}

function Judged({ column, result, reference }: { readonly column: Evaluated; readonly result: string; readonly reference: string }) {
  const { classification, column_name: name, reference_column: truth, r2, mae } = column;
  if (!classification) {
    return (
      <section>
        <Title order={2}>{name}</Title>
        <Text className="figures">
          {r2 === null ? '' : `R² ${r2.toFixed(3)} · `}
          {mae === null ? '' : `mean error ${number(mae)}`}
        </Text>
        <Predicted name={name} truth={truth} result={result} reference={reference} />
      </section>
    );
  }
  const labels = classification.classes.map(({ label, class: index }) => label ?? String(index));
  return (
    <section>
      <Title order={2}>{name}</Title>
      <Text className="figures">
        {texts.results.accuracy} {classification.accuracy.toFixed(2)} %
      </Text>
      <Suspense fallback={<Waiting />}>
        <Confusion classes={labels} counts={classification.confusion_matrix} />
      </Suspense>
      <Table maw={560} verticalSpacing={4} className="figures" aria-label={texts.results.perClass}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.results.perClass}</Table.Th>
            <Table.Th ta="right">{texts.results.precision}</Table.Th>
            <Table.Th ta="right">{texts.results.recall}</Table.Th>
            <Table.Th ta="right">{texts.data.content}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {classification.classes.map(({ class: index, precision, recall, rows }, i) => (
            <Table.Tr key={index}>
              <Table.Td>{labels[i]}</Table.Td>
              <Table.Td ta="right">{precision === null ? '–' : percent(precision / 100)}</Table.Td>
              <Table.Td ta="right">{recall === null ? '–' : percent(recall / 100)}</Table.Td>
              <Table.Td ta="right">{rows.toLocaleString('en')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

/** Answers over what is true. */
function Predicted({
  name,
  truth,
  result,
  reference,
}: {
  readonly name: string;
  readonly truth: string;
  readonly result: string;
  readonly reference: string;
}) {
  const api = useApi();
  const { data } = useQuery({
    queryKey: ['predicted', result, reference, name],
    async queryFn() {
      const [answers, truths] = await Promise.all([result, reference].map((uuid) => api.getDatasetRows({ uuid, number_of_rows: DRAWN })));
      const at = [answers?.names.indexOf(name) ?? -1, truths?.names.indexOf(truth) ?? -1] as const;
      return (answers?.rows ?? []).map((row, i) => ({ answer: Number(row[at[0]]), truth: Number(truths?.rows[i]?.[at[1]]) }));
    },
    refetchInterval: false,
  });
  return data ? (
    <Suspense fallback={<Waiting />}>
      <Scatter points={data.filter(({ answer, truth: value }) => Number.isFinite(answer) && Number.isFinite(value))} name={name} />
    </Suspense>
  ) : (
    <Waiting />
  );
}
