import { Title } from '@mantine/core';
import { useMemo } from 'react';
import Curve from '../charts/curve.tsx';
import { texts } from '../texts.ts';
import { ANSWER, TRUTH } from '../theme.ts';
import type { Compared } from './compared.ts';

/** What was answered and what is true, as lines over the time. */
export default function OverTime({
  rows,
  time,
  name,
}: {
  readonly rows: readonly (Compared & { readonly answer: number; readonly truth: number })[];
  /** Column with the times. */
  readonly time: string;
  readonly name: string;
}) {
  const { x, lines } = useMemo(() => {
    const known = rows.filter(({ given }) => typeof given[time] === 'string');
    return {
      x: known.map(({ given }) => Date.parse(String(given[time])) / 1000),
      lines: [
        { label: texts.ask.answer, color: ANSWER, values: known.map(({ answer }) => answer) },
        { label: texts.results.reference, color: TRUTH, dashed: true, values: known.map(({ truth }) => truth) },
      ],
    };
  }, [rows, time]);
  return (
    <>
      <Title order={3} mt="md">
        {texts.results.overTime}
      </Title>
      <Curve isTime canZoom x={x} xLabel={time} yLabel={name} lines={lines} />
    </>
  );
}
