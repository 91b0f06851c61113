import { Button, Group, Select, SimpleGrid, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AsCode } from '../parts/code.tsx';
import { number } from '../parts/format.ts';
import { Trouble } from '../parts/trouble.tsx';
import { type Evaluated, Judged } from '../results/judged.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** Data sets to choose from, the newest ones. */
const MOST = 200;

/** A result that was compared with what is true. */
interface Found {
  readonly uuid: string;
  readonly name: string;
  readonly columns: readonly Evaluated[];
}

/** Compares answers with what is true; those of two results beside each other. */
export default function Results() {
  const api = useApi();
  const [result, setResult] = useState<string | null>(null);
  const [other, setOther] = useState<string | null>(null);
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
    reset,
  } = useMutation({
    async mutationFn() {
      const reference_uuid = reference ?? '';
      const evaluated = (uuid: string) =>
        api.evaluateDataset({
          uuid,
          reference_uuid,
          ...(resultColumn === '' ? {} : { column_name: resultColumn }),
          ...(referenceColumn === '' ? {} : { reference_column: referenceColumn }),
        });
      const wanted = [result, other].filter((uuid) => uuid !== null);
      const results = await Promise.all(
        wanted.map(
          async (uuid): Promise<Found> => ({
            uuid,
            name: choices.find(({ value }) => value === uuid)?.label ?? uuid,
            columns: (await evaluated(uuid)).columns,
          }),
        ),
      );
      return { results, reference: reference_uuid };
    },
  });
  const shared = { data: choices, searchable: true, w: 320 } as const;
  return (
    <Stack gap="lg" maw={1200}>
      <Title order={1}>{texts.results.title}</Title>
      <Text c="dimmed">{texts.results.hint}</Text>
      <Group align="flex-end">
        <Select label={texts.results.result} value={result} onChange={setResult} {...shared} />
        <ColumnName label={texts.results.resultColumn} value={resultColumn} onChange={setResultColumn} />
        <Select label={texts.results.reference} value={reference} onChange={setReference} {...shared} />
        <ColumnName label={texts.results.referenceColumn} value={referenceColumn} onChange={setReferenceColumn} />
        <Select label={texts.results.other} value={other} onChange={setOther} clearable {...shared} />
        <Button onClick={() => mutate()} loading={isPending} disabled={!result || !reference}>
          {texts.results.run}
        </Button>
        {isPending && (
          <Button variant="default" onClick={reset} aria-label={texts.results.stop}>
            {texts.common.stop}
          </Button>
        )}
      </Group>
      <Trouble error={error} />
      {found && found.results.length > 1 && <Figures of={found.results} />}
      {found && (
        <SimpleGrid cols={{ base: 1, md: found.results.length }} spacing="xl">
          {found.results.map(({ uuid, name, columns }) => (
            <Stack key={uuid} style={{ minWidth: 0 }}>
              {found.results.length > 1 && (
                <Text fw={600} className="cut">
                  {name}
                </Text>
              )}
              {columns.map((column) => (
                <Judged key={column.column_name} column={column} result={uuid} reference={found.reference} />
              ))}
            </Stack>
          ))}
        </SimpleGrid>
      )}
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

/** The figures of a column, by their names. */
const figuresOf = ({ classification, r2, mae }: Evaluated): [name: string, text: string][] =>
  classification
    ? [[texts.results.accuracy, `${classification.accuracy.toFixed(2)} %`]]
    : [
        ['R²', r2 === null ? '–' : r2.toFixed(3)],
        [texts.charts.error, mae === null ? '–' : number(mae)],
      ];

/** The figures of several results in one table, by their columns. */
function Figures({ of }: { readonly of: readonly Found[] }) {
  const lines = new Map<string, string[]>();
  for (const [i, { columns }] of of.entries()) {
    for (const column of columns) {
      for (const [name, text] of figuresOf(column)) {
        const line = lines.get(`${column.column_name}: ${name}`) ?? of.map(() => '–');
        line[i] = text;
        lines.set(`${column.column_name}: ${name}`, line);
      }
    }
  }
  return (
    <Table aria-label={texts.results.figures} maw={900} layout="fixed" verticalSpacing={4} className="figures">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{texts.results.figures}</Table.Th>
          {of.map(({ uuid, name }) => (
            <Table.Th key={uuid} className="cut" title={name}>
              {name}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {[...lines].map(([label, values]) => (
          <Table.Tr key={label}>
            <Table.Td>{label}</Table.Td>
            {of.map(({ uuid }, i) => (
              <Table.Td key={uuid}>{values[i]}</Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

/** A field for the name of a column; empty where it follows from the data. */
function ColumnName({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (name: string) => void;
}) {
  return <TextInput label={label} value={value} onChange={(event) => onChange(event.currentTarget.value)} w={180} />;
}
