import { Slider, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type Row, type Task, table } from '@openhanami/sdk';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import Curve from '../charts/curve.tsx';
import type { ClusterData, Field } from '../parts/cluster-data.ts';
import { rowsOfACall, timeOf } from '../parts/dataset-props.ts';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { useApi } from '../session.tsx';
import { texts } from '../texts.ts';
import { ANSWER, TRUTH } from '../theme.ts';

/** Rows before the forecast that are drawn, and rows that it can be moved over. */
const SHOWN = 200;
const REACH = 2000;
/** Milliseconds after a move until it is asked. */
const REST_MS = 80;

/** What a cluster says of the rows to come of the series that it learnt, as a line behind what there was. */
export default function Forecast({
  cluster,
  series,
  dataset,
  state,
}: {
  readonly cluster: ClusterData;
  readonly series: table.Series;
  /** Uuid of the series. */
  readonly dataset: string;
  /** Of the training: what is forecast changes with it. */
  readonly state: Task['state'];
}) {
  const api = useApi();
  const { data: found, error: lost } = useQuery({
    queryKey: ['series end', dataset],
    async queryFn() {
      const { number_of_rows: rows, columns = [] } = await api.getDataset({ uuid: dataset });
      const first = Math.max(0, rows - rowsOfACall(columns, REACH + SHOWN));
      const { names, rows: values } = await api.getDatasetRows({ uuid: dataset, row_offset: first, number_of_rows: rows - first });
      return { first, names, values, time: timeOf(columns) };
    },
    refetchInterval: false,
  });
  const last = (found?.values.length ?? 1) - 1;
  const [back, setBack] = useState(0);
  const [asked] = useDebouncedValue(back, REST_MS);
  const row: Row = useMemo(() => (found ? rowOf(cluster.inputs[0]?.fields ?? [], found, last - asked) : {}), [found, cluster, last, asked]);
  const { data, error } = useQuery({
    queryKey: ['forecast', cluster.uuid, dataset, asked, state],
    queryFn: async () => ({ from: last - asked, ...(await api.predictRows({ cluster_uuid: cluster.uuid, rows: [row] })) }),
    enabled: found !== undefined,
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  // Classes have no line.
  const numbers = [...series.ahead].filter(([name]) => cluster.outputs.some((output) => output.name === name && !output.classes));
  if (lost) return <Trouble error={lost} />;
  if (!found) return <Waiting />;
  return (
    <Stack>
      <div>
        <Text size="sm" id="forecast-from">
          {texts.ask.forecastFrom}: {(found.first + last - back + 1).toLocaleString('en')}
        </Text>
        <Slider
          value={last - back}
          onChange={(at) => setBack(last - at)}
          min={Math.min(last, SHOWN)}
          max={last}
          label={null}
          thumbLabel={texts.ask.forecastFrom}
        />
      </div>
      <Trouble error={error} />
      {data &&
        !error &&
        numbers.map(([output, column]) => {
          const said = data.answers[0]?.[output];
          const values = said?.values ?? (typeof said?.value === 'number' ? [said.value] : []);
          return <Line key={output} column={column} found={found} from={data.from} values={values} />;
        })}
    </Stack>
  );
}

/** The row `at` of a series as its network sees it: with what was before. */
function rowOf(fields: readonly Field[], { names, values }: Pick<Found, 'names' | 'values'>, at: number): Row {
  return Object.fromEntries(
    fields.map(({ name }) => {
      const { column, back } = table.partsOfField(name);
      const value = values[at - back]?.[names.indexOf(column)];
      return [name, typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null];
    }),
  );
}

interface Found {
  readonly first: number;
  readonly names: readonly string[];
  readonly values: readonly (readonly unknown[])[];
  readonly time: { readonly name: string; readonly step?: number | undefined } | undefined;
}

/** One output: what there was, what is forecast from `from` on, and what came if that is known. */
function Line({
  column,
  found: { first, names, values: rows, time },
  from,
  values,
}: {
  /** The column that goes on. */
  readonly column: string;
  readonly found: Found;
  readonly from: number;
  readonly values: readonly number[];
}) {
  const { x, lines } = useMemo(() => {
    const at = names.indexOf(column);
    const when = time ? names.indexOf(time.name) : -1;
    const start = Math.max(0, from - SHOWN + 1);
    const count = from - start + 1 + values.length;
    const timeOf = (row: number): number => Date.parse(String(rows[row]?.[when])) / 1000;
    const known = Array.from({ length: count }, (_, i) => {
      const value = rows[start + i]?.[at];
      return typeof value === 'number' ? value : null;
    });
    // It begins where the series is, so that the line is one.
    const said = Array.from({ length: count }, (_, i) => {
      const ahead = start + i - from;
      return ahead < 0 ? null : ahead === 0 ? (known[i] ?? null) : (values[ahead - 1] ?? null);
    });
    const x = Array.from({ length: count }, (_, i) => {
      const row = start + i;
      if (when < 0) return first + row + 1;
      return row < rows.length ? timeOf(row) : timeOf(rows.length - 1) + (row - rows.length + 1) * (time?.step ?? 1);
    });
    return {
      x,
      lines: [
        { label: column, color: TRUTH, values: known },
        { label: texts.ask.forecast, color: ANSWER, dashed: true, values: said },
      ],
    };
  }, [column, names, rows, time, first, from, values]);
  const [next] = values;
  return (
    <div>
      <Text fw={600}>{column}</Text>
      <Text className="figures" c="var(--answer)" data-testid="forecast">
        {next === undefined ? '–' : texts.ask.next(next.toPrecision(4), values.length)}
      </Text>
      <Curve isTime={time !== undefined} canZoom x={x} xLabel={time?.name ?? texts.data.row} yLabel={column} lines={lines} />
    </div>
  );
}
