import { Button, Group, Paper, Select, SimpleGrid, Table, Text, TextInput, Title } from '@mantine/core';
import type { dataset } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import Papa from 'papaparse';
import { useState } from 'react';
import { ScrollTable } from '../parts/scroll-table.tsx';
import { texts } from '../texts.ts';

type Known = dataset.TableOptions;
type Kind = NonNullable<Known['kinds']>[string];

/** Bytes at the beginning of a file, and rows, that are looked at. */
const LOOKED_AT = 65_536;
const ROWS = 3;
/** Columns that are offered. */
const MOST_COLUMNS = 200;
const KINDS: readonly Kind[] = ['number', 'flag', 'category', 'time', 'text'];
/** Formats whose columns cannot be seen in their first bytes. */
const PACKED = /\.(xlsx?|parquet|arrow|feather|gz|zst|zip|npy|jsonl?|ndjson)$/i;

/** The first rows of a text file, the names of its columns first. */
async function beginningOf(file: File, delimiter: string): Promise<string[][]> {
  if (PACKED.test(file.name)) return [];
  const text = await file.slice(0, LOOKED_AT).text();
  const { data } = Papa.parse<string[]>(text, { preview: ROWS + 1, skipEmptyLines: true, ...(delimiter === '' ? {} : { delimiter }) });
  return data;
}

/** What is written, and what is chosen, of a whole table. */
const WRITTEN = ['missing', 'delimiter', 'sheet', 'pictures', 'order'] as const;
const CHOSEN = {
  decimal: { point: '1,234.5', comma: '1.234,5' },
  dates: { dmy: '31/12/2026', mdy: '12/31/2026' },
  header: { yes: texts.admin.yes, no: texts.reading.no },
} as const;
type Given = Partial<Record<(typeof WRITTEN)[number] | keyof typeof CHOSEN, string>>;

/** What was given, as the server wants it. */
function knownOf(
  { missing, delimiter, sheet, pictures, order, decimal, dates, header }: Given,
  kinds: Readonly<Record<string, Kind | 'skip'>>,
) {
  const chosen = Object.entries(kinds).filter((entry): entry is [string, Kind] => entry[1] !== 'skip');
  const left = Object.keys(kinds).filter((name) => kinds[name] === 'skip');
  const known: { -readonly [K in keyof Known]: Known[K] } = {};
  if (chosen.length > 0) known.kinds = Object.fromEntries(chosen);
  if (left.length > 0) known.skip = left;
  if (missing) known.missing = missing.split(',').map((text) => text.trim());
  if (delimiter) known.delimiter = delimiter === '\\t' ? '\t' : delimiter;
  if (sheet) known.sheet = sheet;
  if (pictures) known.pictures = [pictures];
  if (order) known.sort_by = order;
  if (decimal) known.decimal = decimal as NonNullable<Known['decimal']>;
  if (dates) known.dates = dates as NonNullable<Known['dates']>;
  if (header) known.header = header === 'yes';
  return known;
}

/** Asks what is known of a table before it is read: kinds of its columns, what means a missing value, and how numbers are written. */
export default function ReadingOptions({ file, read }: { readonly file: File; readonly read: (known: Known) => void }) {
  const [kinds, setKinds] = useState<Readonly<Record<string, Kind | 'skip'>>>({});
  const [given, setGiven] = useState<Given>({});
  const give = (name: keyof Given, value: string | null): void => setGiven((before) => ({ ...before, [name]: value ?? '' }));
  const { delimiter = '' } = given;
  const { data: rows = [] } = useQuery({
    queryKey: ['beginning', file.name, file.size, file.lastModified, delimiter],
    queryFn: () => beginningOf(file, delimiter),
    refetchInterval: false,
  });
  const [top = [], ...first] = rows;
  // Columns that the server gives names to have none here.
  const bare = given.header === 'no' ? [] : top.map((name) => name.trim());
  const names = bare.flatMap((name, i) => (name !== '' && bare.indexOf(name) === bare.lastIndexOf(name) ? [[name, i] as const] : []));
  const foundOut = { placeholder: texts.reading.foundOut, clearable: true, size: 'xs' } as const;
  return (
    <Paper withBorder p="md" mt="sm" component="section" aria-label={texts.reading.title(file.name)}>
      <Title order={3} mb="xs">
        {texts.reading.title(file.name)}
      </Title>
      {names.length > 0 && (
        <ScrollTable label={texts.data.kinds} minWidth={320} maxHeight={260}>
          <Table verticalSpacing={3}>
            <Table.Tbody>
              {names.slice(0, MOST_COLUMNS).map(([name, i]) => (
                <Table.Tr key={name}>
                  <Table.Td className="cut" maw={160} fw={600} title={name}>
                    {name}
                  </Table.Td>
                  <Table.Td className="cut" maw={240} c="dimmed">
                    {first.map((row) => row[i] ?? '').join(', ')}
                  </Table.Td>
                  <Table.Td w={170}>
                    <Select
                      {...foundOut}
                      aria-label={texts.data.change(name)}
                      data={[...KINDS.map((kind) => ({ value: kind, label: kind })), { value: 'skip', label: texts.data.skip }]}
                      value={kinds[name] ?? null}
                      onChange={(kind) =>
                        setKinds(({ [name]: _, ...others }) => (kind === null ? others : { ...others, [name]: kind as Kind | 'skip' }))
                      }
                    />
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollTable>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} mt="sm">
        {WRITTEN.map((name) => (
          <TextInput
            key={name}
            size="xs"
            label={texts.reading.written[name]}
            placeholder={texts.reading.like[name]}
            value={given[name] ?? ''}
            onChange={(event) => give(name, event.currentTarget.value)}
          />
        ))}
        {(Object.keys(CHOSEN) as (keyof typeof CHOSEN)[]).map((name) => (
          <Select
            key={name}
            {...foundOut}
            label={texts.reading.chosen[name]}
            data={Object.entries(CHOSEN[name]).map(([value, label]) => ({ value, label }))}
            value={given[name] || null}
            onChange={(value) => give(name, value)}
          />
        ))}
      </SimpleGrid>
      <Group justify="space-between" mt="sm">
        <Text size="xs" c="dimmed">
          {texts.reading.hint}
        </Text>
        <Button size="xs" onClick={() => read(knownOf(given, kinds))}>
          {texts.reading.read}
        </Button>
      </Group>
    </Paper>
  );
}
