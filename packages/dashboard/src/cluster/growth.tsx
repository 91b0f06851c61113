import { SegmentedControl, Title } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { lazy, Suspense, useState } from 'react';
import { CURVE } from '../charts/sizes.ts';
import { Waiting } from '../parts/trouble.tsx';
import { texts } from '../texts.ts';
import { ANSWER } from '../theme.ts';
import { useCurve } from './use-curve.ts';

const Curve = lazy(() => import('../charts/curve.tsx'));

const SHOWN = ['neurons', 'sections', 'memory'] as const;
const BYTES_OF_MB = 1e6;

/** What has grown over the rows that a training learnt. */
export function Growth({ task }: { readonly task: Task }) {
  const [shown, setShown] = useState<(typeof SHOWN)[number]>('neurons');
  // Trainings of older servers tell of their scores only.
  const points = useCurve(task).filter(({ neurons }) => neurons !== undefined);
  if (points.length < 2) return null;
  const label = texts.charts[shown];
  const scale = shown === 'memory' ? BYTES_OF_MB : 1;
  return (
    <>
      <Title order={3} mt="md" mb="xs">
        {texts.clusters.growth}
      </Title>
      <SegmentedControl
        size="xs"
        value={shown}
        onChange={(value) => setShown(value as (typeof SHOWN)[number])}
        data={SHOWN.map((value) => ({ value, label: texts.charts[value] }))}
        aria-label={texts.clusters.growth}
      />
      <Suspense fallback={<Waiting height={CURVE.all} />}>
        <Curve
          x={points.map(({ row }) => row)}
          xLabel={texts.charts.rows}
          yLabel={label}
          lines={[{ label, color: ANSWER, values: points.map((point) => (point[shown] ?? 0) / scale) }]}
        />
      </Suspense>
    </>
  );
}
