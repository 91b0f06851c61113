import { Group, ScrollArea, Select, Table, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import type { List } from '@openhanami/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useId, useState } from 'react';
import { texts } from '../texts.ts';
import { Pager } from './pager.tsx';
import { Trouble, Waiting } from './trouble.tsx';

/** What a list asks the server for. */
export interface Part {
  readonly limit: number;
  readonly offset: number;
  readonly order: 'oldest' | 'newest' | 'name';
  readonly name?: string;
}

/** A row by the names of its columns. */
export type Named = Readonly<Record<string, string>>;

export interface ListColumn {
  readonly label: string;
  readonly show: (row: Named) => ReactNode;
  readonly right?: boolean;
}

const PER_PAGE = 25;

/** A value of a list; of memberships the project and the role. */
function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return Object.values(value)
    .filter((part) => typeof part === 'string')
    .join(': ');
}

const namedRows = ({ header, body }: List): Named[] =>
  body.map((row) => Object.fromEntries(header.map((column, i) => [column, textOf(row[i])])));

/** A list of the server: it pages, filters by name, and sorts by age or name where the server does. */
export function PagedList({
  id,
  load,
  columns,
  none,
  noneFound = none,
  search = texts.common.search,
  orders = ['newest', 'oldest', 'name'],
  rowKey = 'uuid',
}: {
  readonly id: readonly unknown[];
  readonly load: (part: Part) => Promise<List>;
  readonly columns: readonly ListColumn[];
  readonly none: string;
  readonly noneFound?: string;
  /** What is looked for. */
  readonly search?: string;
  /** Orders that the server knows; with one there is nothing to choose. */
  readonly orders?: readonly Part['order'][];
  readonly rowKey?: string;
}) {
  const [page, setPage] = useState(1);
  const [order, setOrder] = useState<Part['order']>('newest');
  const [text, setText] = useState('');
  const [name] = useDebouncedValue(text, 200);
  const label = useId();
  const part: Part = { limit: PER_PAGE, offset: (page - 1) * PER_PAGE, order, ...(name === '' ? {} : { name }) };
  const { data, error, isPending } = useQuery({ queryKey: [...id, part], queryFn: () => load(part), placeholderData: keepPreviousData });
  const rows = data ? namedRows(data) : [];
  const total = data?.total ?? rows.length;
  // What was removed may have been all of the last page.
  if (data && rows.length === 0 && page > 1) setPage(Math.max(1, Math.ceil(total / PER_PAGE)));
  const isEmpty = data !== undefined && rows.length === 0;
  return (
    <>
      {!(isEmpty && name === '') && (
        <Group mb="sm">
          <TextInput
            aria-label={search}
            placeholder={search}
            value={text}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setPage(1);
            }}
            w={260}
          />
          {orders.length > 1 && (
            <Select
              aria-label={texts.common.order}
              w={150}
              allowDeselect={false}
              value={order}
              data={orders.map((value) => ({ value, label: texts.common.orders[value] }))}
              onChange={(value) => {
                setOrder(value as Part['order']);
                setPage(1);
              }}
            />
          )}
        </Group>
      )}
      <Trouble error={error} />
      {isPending && !error && <Waiting />}
      {isEmpty && <Text c="dimmed">{name === '' ? none : noneFound}</Text>}
      {rows.length > 0 && (
        <ScrollArea type="auto" viewportProps={{ tabIndex: 0, role: 'group', 'aria-labelledby': label }}>
          <Table verticalSpacing={6} highlightOnHover className="figures">
            <Table.Thead>
              <Table.Tr>
                {columns.map(({ label: heading, right }, i) => (
                  <Table.Th key={heading} id={i === 0 ? label : undefined} ta={right ? 'right' : 'left'}>
                    {heading}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row, index) => (
                <Table.Tr key={row[rowKey] ?? index}>
                  {columns.map(({ label: heading, show, right }) => (
                    <Table.Td key={heading} ta={right ? 'right' : 'left'} maw={420} className="cut">
                      {show(row)}
                    </Table.Td>
                  ))}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea>
      )}
      {total > PER_PAGE && (
        <Group justify="space-between" mt="sm">
          <Text size="sm" c="dimmed">
            {texts.common.page((page - 1) * PER_PAGE + 1, Math.min(total, page * PER_PAGE), total)}
          </Text>
          <Pager rows={total} perPage={PER_PAGE} page={page} setPage={setPage} />
        </Group>
      )}
    </>
  );
}
