import * as Plot from '@observablehq/plot';
import { BLUE, RED, svg } from './svg.ts';

/** η · n_now / 4, the part of its error that a logistic output loses in one step where it is steepest, over the squared length n_now of what it sees. */
export function stepSize(): string {
  const usual = 40;
  const rows = Array.from({ length: 200 }, (_, i) => 10 ** (i / 50));
  const curves = rows.flatMap((now) => [
    { now, part: (0.375 * now) / (1 + Math.max(usual, now / 4)), what: 'normalised step of an output' },
    { now, part: (0.375 / (1 + usual)) * now, what: 'fixed rate' },
  ]);
  return svg({
    height: 300,
    marginBottom: 45,
    x: { type: 'log', label: 'n now = 1 + Σ h² of a row (its usual value is 40) →', ticks: 5, tickFormat: (d: number) => String(d) },
    y: { label: '↑ part of the error that the step takes away', domain: [0, 4], clamp: true },
    color: { domain: ['normalised step of an output', 'fixed rate'], range: [BLUE, RED], legend: false },
    marks: [
      Plot.ruleY([2], { stroke: '#a0aec0', strokeDasharray: '3 3' }),
      Plot.text([{ x: 1, y: 2 }], {
        x: 'x',
        y: 'y',
        text: () => 'above 2 a step makes things worse',
        dy: -8,
        textAnchor: 'start',
        fill: '#718096',
      }),
      Plot.line(curves, { x: 'now', y: 'part', z: 'what', stroke: 'what', strokeWidth: 2 }),
      Plot.text(
        [
          { x: 300, y: 1.3, text: 'normalised step', what: 'normalised step of an output' },
          { x: 130, y: 3, text: 'fixed rate', what: 'fixed rate' },
        ],
        { x: 'x', y: 'y', text: 'text', fill: 'what', textAnchor: 'start' },
      ),
    ],
  });
}
