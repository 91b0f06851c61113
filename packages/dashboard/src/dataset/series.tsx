import { Slider, Stack, Text, Title } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import Curve from '../charts/curve.tsx';
import { type DatasetProps, timeOf } from '../parts/dataset-props.ts';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { OKABE_ITO } from '../theme.ts';

/** Rows that are drawn at once, and columns, each over the time. */
const ROWS = 1000;
const MOST = 4;

/** Numbers of a series over its time. */
export default function Series({ uuid, rows, columns }: DatasetProps) {
  const api = useApi();
  const [from, setFrom] = useState(0);
  const [offset] = useDebouncedValue(from, 100);
  const time = timeOf(columns);
  const { data } = useQuery({
    queryKey: ['series', uuid, offset],
    queryFn: () => api.getDatasetRows({ uuid, row_offset: offset, number_of_rows: ROWS }),
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  if (!time || !data) return null;
  const at = data.names.indexOf(time.name);
  const known = data.rows.filter((row) => row[at] !== null);
  const x = known.map((row) => Date.parse(String(row[at])) / 1000);
  return (
    <section>
      <Title order={2} mb="sm">
        {texts.data.series}
      </Title>
      {rows > ROWS && (
        <Stack gap={4} maw={640}>
          <Text size="sm">
            {texts.data.seriesFrom}: {(from + 1).toLocaleString('en')}
          </Text>
          <Slider value={from} onChange={setFrom} min={0} max={rows - ROWS} step={1} label={null} thumbLabel={texts.data.seriesFrom} />
        </Stack>
      )}
      {columns
        .filter(({ kind, skip }) => kind === 'number' && !skip)
        .slice(0, MOST)
        .map(({ name }, i) => {
          const values = known.map((row) => row[data.names.indexOf(name)] as number | null);
          return (
            <Curve
              key={name}
              isTime
              x={x}
              xLabel={time.name}
              yLabel={name}
              lines={[{ label: name, color: OKABE_ITO[i] ?? 'indigo', values }]}
            />
          );
        })}
    </section>
  );
}
