import { Group, Stack, Text } from '@mantine/core';
import type { Task } from '@openhanami/sdk';
import { lazy, Suspense } from 'react';
import { CURVE, confusionSize } from '../charts/sizes.ts';
import { number, percent, scoreText } from '../parts/format.ts';
import { Trouble, Waiting } from '../parts/trouble.tsx';
import { texts } from '../texts.ts';
import { ANSWER } from '../theme.ts';
import { useCurve } from './use-curve.ts';

const Curve = lazy(() => import('../charts/curve.tsx'));
const Confusion = lazy(() => import('../charts/confusion.tsx'));

/** Outputs that are shown. */
const MOST_OUTPUTS = 3;

/** How a training goes, and how rows that were kept apart are answered. */
export function HowWell({ task }: { readonly task: Task }) {
  const outputs = Object.keys(task.scores ?? {});
  const curve = useCurve(task);
  return (
    <Stack>
      {task.state === 'failed' && <Trouble error={new Error(task.reason)} />}
      {outputs.slice(0, MOST_OUTPUTS).map((output) => {
        const points = curve.map(({ row, scores }) => ({ row, score: scores[output] }));
        const isClass = task.scores?.[output]?.accuracy !== undefined;
        const label = isClass ? texts.charts.accuracy : texts.charts.error;
        const of = (pick: 'accuracy' | 'naive_accuracy' | 'mae' | 'naive_mae') => points.map(({ score }) => score?.[pick] ?? null);
        const held = task.holdout?.[output];
        return (
          <div key={output}>
            <Group gap="xs" align="baseline">
              <Text fw={600} className="cut">
                {output}
              </Text>
              <Text size="xl" fw={600} c="var(--answer)" className="figures" data-testid="score">
                {scoreText(held ?? task.scores?.[output] ?? {})}
              </Text>
            </Group>
            <Text size="sm" c="dimmed" className="figures">
              {held ? texts.clusters.heldOut(held.rows) : texts.clusters.before}
              {held?.naive_accuracy === undefined ? '' : ` · ${texts.clusters.naive} ${percent(held.naive_accuracy)}`}
              {held?.naive_mae === undefined || held.mae === undefined
                ? ''
                : ` · ${texts.charts.error} ${number(held.mae)}, ${texts.clusters.naive} ${number(held.naive_mae)}`}
            </Text>
            {points.length > 1 && (
              <Suspense fallback={<Waiting height={CURVE.all} />}>
                <Curve
                  x={points.map(({ row }) => row)}
                  xLabel={texts.charts.rows}
                  yLabel={label}
                  lines={[
                    { label, color: ANSWER, values: of(isClass ? 'accuracy' : 'mae') },
                    {
                      label: texts.clusters.naive,
                      color: 'gray',
                      dashed: true,
                      values: of(isClass ? 'naive_accuracy' : 'naive_mae'),
                    },
                  ]}
                />
              </Suspense>
            )}
            {held?.confusion && (
              <Suspense fallback={<Waiting height={confusionSize(held.confusion.classes.length).all} />}>
                <Confusion classes={held.confusion.classes} counts={held.confusion.counts} />
              </Suspense>
            )}
          </div>
        );
      })}
    </Stack>
  );
}
