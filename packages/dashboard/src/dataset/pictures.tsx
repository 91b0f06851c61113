import { Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type DatasetProps, rowsOfACall } from '../parts/dataset-props.ts';
import { labelOf } from '../parts/format.ts';
import { Pager } from '../parts/pager.tsx';
import { isPicture, Picture } from '../parts/picture.tsx';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';

/** Pictures of a page; of large ones fewer. */
const MOST = 60;

/** Pictures of a data set, with the labels beside them. */
export function Pictures({ uuid, rows, columns }: DatasetProps) {
  const api = useApi();
  const [page, setPage] = useState(1);
  const perPage = rowsOfACall(columns, MOST);
  const from = (page - 1) * perPage;
  const { data, error } = useQuery({
    queryKey: ['pictures', uuid, page],
    queryFn: () => api.getDatasetRows({ uuid, row_offset: from, number_of_rows: perPage }),
    refetchInterval: false,
  });
  const picture = columns.find(({ width }) => isPicture(width));
  if (!picture) return null;
  const at = data?.names.indexOf(picture.name) ?? -1;
  const labels = data?.names.map((name, i) => [name, i] as const).filter(([name]) => name !== picture.name) ?? [];
  return (
    <section>
      <Title order={2} mb="sm">
        {texts.data.pictures}
      </Title>
      <Trouble error={error} />
      {!data && !error && <Waiting />}
      <Group gap={8}>
        {data?.rows.map((row, i) => {
          const label = labels.map(([, k]) => labelOf(row[k])).join(' ');
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: the row of the data set is what a picture is.
            <Stack key={`picture ${from + i}`} gap={0} align="center">
              <Picture values={row[at] as number[]} label={label} />
              <Text size="xs">{label}</Text>
            </Stack>
          );
        })}
      </Group>
      <Pager rows={rows} perPage={perPage} page={page} setPage={setPage} />
    </section>
  );
}
