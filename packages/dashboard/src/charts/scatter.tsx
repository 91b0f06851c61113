import * as Plot from '@observablehq/plot';
import { usePlot } from './place-plot.ts';

/** Answers over what is true, with the line where both are the same. */
export default function Scatter({
  points,
  name,
}: {
  readonly points: readonly { readonly answer: number; readonly truth: number }[];
  readonly name: string;
}) {
  const place = usePlot(() => {
    const values = points.flatMap(({ answer, truth }) => [answer, truth]);
    const ends = [
      values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
      values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY),
    ];
    return Plot.plot({
      width: 480,
      height: 420,
      marginLeft: 60,
      ariaLabel: `${name}: answers over what is true`,
      x: { label: `${name}, true →`, ticks: 7 },
      y: { label: `↑ ${name}, answered`, ticks: 7, grid: true },
      marks: [
        Plot.line(
          ends.map((value) => [value, value]),
          { stroke: 'currentColor', strokeDasharray: '4 4', strokeOpacity: 0.5 },
        ),
        Plot.dot(points, { x: 'truth', y: 'answer', r: 2.5, fill: 'var(--mantine-color-indigo-5)', fillOpacity: 0.5 }),
      ],
    });
  }, [points, name]);
  return <div ref={place} />;
}
