import { Text } from '@mantine/core';
import * as Plot from '@observablehq/plot';
import { texts } from '../texts.ts';
import { usePlot } from './place-plot.ts';

const BINS = 10;

/** How often answers are right over the probability that they were given with; the line is where both are the same. */
export default function Calibration({
  answers,
}: {
  readonly answers: readonly { readonly probability: number; readonly isRight: boolean }[];
}) {
  const place = usePlot(() => {
    const bins = Array.from({ length: BINS }, (_, i) =>
      answers.filter(({ probability }) => Math.min(BINS - 1, Math.floor(probability * BINS)) === i),
    );
    const points = bins
      .filter((bin) => bin.length > 0)
      .map((bin) => ({
        said: bin.reduce((sum, { probability }) => sum + probability, 0) / bin.length,
        right: bin.filter(({ isRight }) => isRight).length / bin.length,
        count: bin.length,
      }));
    return Plot.plot({
      width: 360,
      height: 320,
      marginLeft: 56,
      ariaLabel: texts.results.calibration,
      x: { label: texts.charts.said, domain: [0, 1], ticks: 5 },
      y: { label: texts.charts.right, domain: [0, 1], ticks: 5, grid: true },
      r: { range: [2, 10] },
      marks: [
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: 'currentColor', strokeDasharray: '4 4', strokeOpacity: 0.5 },
        ),
        Plot.line(points, { x: 'said', y: 'right', stroke: 'var(--answer)' }),
        Plot.dot(points, { x: 'said', y: 'right', r: 'count', fill: 'var(--answer)' }),
      ],
    });
  }, [answers]);
  return (
    <div>
      <Text size="sm" c="dimmed">
        {texts.results.calibrationHint}
      </Text>
      <div ref={place} />
    </div>
  );
}
