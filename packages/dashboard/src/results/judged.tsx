import { Group, Table, Text, Title } from '@mantine/core';
import type { Client } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import { CURVE } from '../charts/sizes.ts';
import { timeOf } from '../parts/dataset-props.ts';
import { cell, labelOf, number, percent } from '../parts/format.ts';
import { isPicture, Picture } from '../parts/picture.tsx';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { type Compared, isRight, useCompared } from './compared.ts';

const Confusion = lazy(() => import('../charts/confusion.tsx'));
const Calibration = lazy(() => import('../charts/calibration.tsx'));
const Scatter = lazy(() => import('../charts/scatter.tsx'));
const OverTime = lazy(() => import('./over-time.tsx'));

export type Evaluated = Awaited<ReturnType<Client['evaluateDataset']>>['columns'][number];

/** How well a column of a result answers what is true. */
export function Judged({ column, result, reference }: { readonly column: Evaluated; readonly result: string; readonly reference: string }) {
  return column.classification ? (
    <Classes column={column} classification={column.classification} result={result} reference={reference} />
  ) : (
    <Numbers column={column} result={result} reference={reference} />
  );
}

/** Rows that are listed of those that were chosen, or that were answered worst. */
const LISTED = 20;

function Classes({
  column,
  classification,
  result,
  reference,
}: {
  readonly column: Evaluated;
  readonly classification: NonNullable<Evaluated['classification']>;
  readonly result: string;
  readonly reference: string;
}) {
  const { column_name: name, reference_column: truth } = column;
  const rows = useCompared(result, reference, name, truth);
  const [picked, setPicked] = useState<{ truth: string; answer: string }>();
  const pick = useCallback((is: string, answered: string) => setPicked({ truth: is, answer: answered }), []);
  const labels = useMemo(() => classification.classes.map(({ label, class: index }) => label ?? String(index)), [classification]);
  const chosen = picked && rows?.filter(({ answer, truth: is }) => labelOf(is) === picked.truth && labelOf(answer) === picked.answer);
  const said = useMemo(
    () => rows?.flatMap((row) => (row.probability === undefined ? [] : [{ probability: row.probability, isRight: isRight(row) }])) ?? [],
    [rows],
  );
  return (
    <section>
      <Title order={2}>{name}</Title>
      <Text className="figures">
        {texts.results.accuracy} {classification.accuracy.toFixed(2)} %
      </Text>
      <Group align="flex-start" gap="xl">
        <Suspense fallback={<Waiting />}>
          <Confusion classes={labels} counts={classification.confusion_matrix} onPick={pick} />
        </Suspense>
        {said.length > 0 && (
          <Suspense fallback={<Waiting />}>
            <Calibration answers={said} />
          </Suspense>
        )}
      </Group>
      {picked && chosen && (
        <>
          <Title order={3} mt="md">
            {texts.results.picked(chosen.length, picked.truth, picked.answer)}
          </Title>
          <Listed rows={chosen.slice(0, LISTED)} />
        </>
      )}
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
          {classification.classes.map(({ class: index, precision, recall, rows: count }, i) => (
            <Table.Tr key={index}>
              <Table.Td>{labels[i]}</Table.Td>
              <Table.Td ta="right">{precision === null ? '–' : percent(precision)}</Table.Td>
              <Table.Td ta="right">{recall === null ? '–' : percent(recall)}</Table.Td>
              <Table.Td ta="right">{count.toLocaleString('en')}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

function Numbers({ column, result, reference }: { readonly column: Evaluated; readonly result: string; readonly reference: string }) {
  const { column_name: name, reference_column: truth, r2, mae } = column;
  const rows = useCompared(result, reference, name, truth);
  const known = useMemo(
    () =>
      (rows ?? []).flatMap((row) =>
        typeof row.answer === 'number' && typeof row.truth === 'number' ? [{ ...row, answer: row.answer, truth: row.truth }] : [],
      ),
    [rows],
  );
  const time = useTimeOf(reference);
  const error = ({ answer, truth: is }: (typeof known)[number]): number => Math.abs(answer - is);
  const worst = known.toSorted((a, b) => error(b) - error(a)).slice(0, LISTED);
  return (
    <section>
      <Title order={2}>{name}</Title>
      <Text className="figures">
        {r2 === null ? '' : `R² ${r2.toFixed(3)} · `}
        {mae === null ? '' : `${texts.charts.error} ${number(mae)}`}
      </Text>
      {!rows && <Waiting />}
      {known.length > 0 && (
        <Group align="flex-start" gap="xl">
          <Suspense fallback={<Waiting />}>
            <Scatter points={known} name={name} />
            <Scatter points={known} name={name} residuals />
          </Suspense>
        </Group>
      )}
      {time !== undefined && known.length > 1 && (
        <Suspense fallback={<Waiting height={CURVE.all} />}>
          <OverTime rows={known} time={time} name={name} />
        </Suspense>
      )}
      {worst.length > 0 && (
        <>
          <Title order={3} mt="md">
            {texts.results.worst}
          </Title>
          <Listed rows={worst} />
        </>
      )}
    </section>
  );
}

/** Columns of a row that are shown. */
const SHOWN = 8;

/** Rows with what was answered, what is true, and what was given; pictures as pictures. */
function Listed({ rows }: { readonly rows: readonly Compared[] }) {
  const names = Object.keys(rows[0]?.given ?? {}).slice(0, SHOWN);
  return (
    <ScrollTable label={texts.data.content} minWidth={480}>
      <Table verticalSpacing={4} className="figures">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.data.row}</Table.Th>
            <Table.Th>{texts.ask.answer}</Table.Th>
            <Table.Th>{texts.results.reference}</Table.Th>
            {names.map((name) => (
              <Table.Th key={name}>{name}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(({ row, answer, truth, given }) => (
            <Table.Tr key={row}>
              <Table.Td>{(row + 1).toLocaleString('en')}</Table.Td>
              <Table.Td>{shown(answer)}</Table.Td>
              <Table.Td>{shown(truth)}</Table.Td>
              {names.map((name) => (
                <Table.Td key={name} maw={160} className="cut">
                  <Given value={given[name]} label={`${name} ${row + 1}`} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollTable>
  );
}

const shown = (value: unknown): string => (Array.isArray(value) ? labelOf(value) : cell(value));

/** A value that was given, a picture as such. */
function Given({ value, label }: { readonly value: unknown; readonly label: string }) {
  return Array.isArray(value) && isPicture(value.length) ? <Picture values={value as number[]} label={label} /> : cell(value);
}

/** The column that a data set is in the time order of. */
function useTimeOf(uuid: string): string | undefined {
  const api = useApi();
  const { data } = useQuery({ queryKey: ['dataset', uuid], queryFn: () => api.getDataset({ uuid }), refetchInterval: false });
  return timeOf(data?.columns)?.name;
}
