import { Group, Pagination, Stack, Text, Title } from '@mantine/core';
import type { ColumnInfo } from '@openhanami/sdk';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { Trouble, Waiting } from './trouble.tsx';

const PER_PAGE = 60;

/** Pictures of a data set, with the labels beside them. */
export function Pictures({
  uuid,
  rows,
  columns,
}: {
  readonly uuid: string;
  readonly rows: number;
  readonly columns: readonly ColumnInfo[];
}) {
  const api = useApi();
  const [page, setPage] = useState(1);
  const from = (page - 1) * PER_PAGE;
  const { data, error } = useQuery({
    queryKey: ['pictures', uuid, page],
    queryFn: () => api.getDatasetRows({ uuid, row_offset: from, number_of_rows: PER_PAGE }),
    refetchInterval: false,
  });
  const picture = columns.find(({ width }) => Number.isInteger(Math.sqrt(width)) && width > 16);
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
      {rows > PER_PAGE && (
        <Pagination
          mt="sm"
          size="sm"
          total={Math.ceil(rows / PER_PAGE)}
          value={page}
          onChange={setPage}
          getControlProps={(control) => ({ 'aria-label': control === 'previous' ? texts.common.previous : texts.common.next })}
        />
      )}
    </section>
  );
}

/** A label: a number or text, or the place of the 1 among zeros. */
function labelOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value ?? '');
  return value.length > 1 ? String(value.indexOf(Math.max(...(value as number[])))) : String(value[0] ?? '');
}

/** A square picture of grey values. */
function Picture({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const side = Math.round(Math.sqrt(values.length));
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const most = Math.max(...values, 1);
    const image = context.createImageData(side, side);
    for (const [i, value] of values.entries())
      image.data.set([255, 255, 255, 0].fill(255 - Math.round((255 * value) / most), 0, 3).with(3, 255), 4 * i);
    context.putImageData(image, 0, 0);
  }, [values, side]);
  return (
    <canvas
      ref={canvas}
      width={side}
      height={side}
      role="img"
      aria-label={label}
      style={{ width: 48, height: 48, imageRendering: 'pixelated', borderRadius: 3 }}
    />
  );
}
