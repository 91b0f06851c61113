import * as Plot from '@observablehq/plot';
import { texts } from '../texts.ts';
import { usePlot } from './place-plot.ts';

/** Answers over what is true, with the line where both are the same; or how far answers are off, over what was answered. */
export default function Scatter({
  points,
  name,
  residuals = false,
}: {
  readonly points: readonly { readonly answer: number; readonly truth: number }[];
  readonly name: string;
  readonly residuals?: boolean;
}) {
  const place = usePlot(() => {
    const values = points.flatMap(({ answer, truth }) => (residuals ? [answer] : [answer, truth]));
    const ends = [
      values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    ];
    const drawn = points.map(({ answer, truth }) => (residuals ? { x: answer, y: answer - truth } : { x: truth, y: answer }));
    return Plot.plot({
      width: 460,
      height: 400,
      marginLeft: 60,
      ariaLabel: residuals ? texts.charts.errorsOverAnswers(name) : texts.charts.answersOverTruth(name),
      x: { label: residuals ? texts.charts.answeredOf(name) : texts.charts.trueOf(name), ticks: 7 },
      y: { label: residuals ? texts.charts.off : texts.charts.upAnsweredOf(name), ticks: 7, grid: true },
      marks: [
        Plot.line(
          ends.map((value) => [value, residuals ? 0 : value]),
          { stroke: 'currentColor', strokeDasharray: '4 4', strokeOpacity: 0.5 },
        ),
        Plot.dot(drawn, { x: 'x', y: 'y', r: 2.5, fill: 'var(--mantine-color-indigo-5)', fillOpacity: 0.5 }),
      ],
    });
  }, [points, name, residuals]);
  return <div ref={place} />;
}
