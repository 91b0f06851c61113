import { Button, Group, Paper, Select, SimpleGrid, Table, Text, TextInput, Title } from '@mantine/core';
import type { dataset } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import Papa from 'papaparse';
import { useState } from 'react';
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

/** Asks what is known of a table before it is read: kinds of its columns, what means a missing value, and how numbers are written. */
export default function ReadingOptions({ file, read }: { readonly file: File; readonly read: (known: Known) => void }) {
  const [kinds, setKinds] = useState<Readonly<Record<string, Kind | 'skip'>>>({});
  const [missing, setMissing] = useState('');
  const [delimiter, setDelimiter] = useState('');
  const [decimal, setDecimal] = useState<string | null>(null);
  const [dates, setDates] = useState<string | null>(null);
  const [header, setHeader] = useState<string | null>(null);
  const [sheet, setSheet] = useState('');
  const [pictures, setPictures] = useState('');
  const [order, setOrder] = useState('');
  const { data: rows = [] } = useQuery({
    queryKey: ['beginning', file.name, file.size, file.lastModified, delimiter],
    queryFn: () => beginningOf(file, delimiter),
    refetchInterval: false,
  });
  const [names = [], ...first] = rows;
  const submit = (): void => {
    const chosen = Object.entries(kinds).filter((entry): entry is [string, Kind] => entry[1] !== 'skip');
    const left = Object.keys(kinds).filter((name) => kinds[name] === 'skip');
    read({
      ...(chosen.length > 0 ? { kinds: Object.fromEntries(chosen) } : {}),
      ...(left.length > 0 ? { skip: left } : {}),
      ...(missing === '' ? {} : { missing: missing.split(',').map((text) => text.trim()) }),
      ...(delimiter === '' ? {} : { delimiter: delimiter === '\\t' ? '\t' : delimiter }),
      ...(decimal === null ? {} : { decimal: decimal as NonNullable<Known['decimal']> }),
      ...(dates === null ? {} : { dates: dates as NonNullable<Known['dates']> }),
      ...(header === null ? {} : { header: header === 'yes' }),
      ...(sheet === '' ? {} : { sheet }),
      ...(pictures === '' ? {} : { pictures: [pictures] }),
      ...(order === '' ? {} : { sort_by: order }),
    });
  };
  const foundOut = { placeholder: texts.reading.foundOut, clearable: true, size: 'xs' } as const;
  return (
    <Paper withBorder p="md" mt="sm" component="section" aria-label={texts.reading.title(file.name)}>
      <Title order={3} mb="xs">
        {texts.reading.title(file.name)}
      </Title>
      {names.length > 0 && (
        <Table.ScrollContainer
          minWidth={320}
          maxHeight={260}
          scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'group', 'aria-label': texts.data.kinds } }}
        >
          <Table verticalSpacing={3}>
            <Table.Tbody>
              {names.slice(0, MOST_COLUMNS).map((name, i) => (
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
        </Table.ScrollContainer>
      )}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} mt="sm">
        <TextInput
          size="xs"
          label={texts.reading.missing}
          placeholder={texts.reading.missingLike}
          value={missing}
          onChange={(e) => setMissing(e.currentTarget.value)}
        />
        <TextInput
          size="xs"
          label={texts.reading.delimiter}
          placeholder={texts.reading.foundOut}
          maxLength={2}
          value={delimiter}
          onChange={(e) => setDelimiter(e.currentTarget.value)}
        />
        <Select
          {...foundOut}
          label={texts.reading.decimal}
          data={[
            { value: 'point', label: '1,234.5' },
            { value: 'comma', label: '1.234,5' },
          ]}
          value={decimal}
          onChange={setDecimal}
        />
        <Select
          {...foundOut}
          label={texts.reading.dates}
          data={[
            { value: 'dmy', label: '31/12/2026' },
            { value: 'mdy', label: '12/31/2026' },
          ]}
          value={dates}
          onChange={setDates}
        />
        <Select
          {...foundOut}
          label={texts.reading.header}
          data={[
            { value: 'yes', label: texts.admin.yes },
            { value: 'no', label: texts.reading.no },
          ]}
          value={header}
          onChange={setHeader}
        />
        <TextInput
          size="xs"
          label={texts.reading.sheet}
          placeholder={texts.reading.firstOne}
          value={sheet}
          onChange={(e) => setSheet(e.currentTarget.value)}
        />
        <TextInput
          size="xs"
          label={texts.reading.pictures}
          placeholder={texts.reading.picturesLike}
          value={pictures}
          onChange={(e) => setPictures(e.currentTarget.value)}
        />
        <TextInput
          size="xs"
          label={texts.reading.order}
          placeholder={texts.reading.orderLike}
          value={order}
          onChange={(e) => setOrder(e.currentTarget.value)}
        />
      </SimpleGrid>
      <Group justify="space-between" mt="sm">
        <Text size="xs" c="dimmed">
          {texts.reading.hint}
        </Text>
        <Button size="xs" onClick={submit}>
          {texts.reading.read}
        </Button>
      </Group>
    </Paper>
  );
}
