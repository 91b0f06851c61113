import * as Plot from '@observablehq/plot';
import { BLUE, GREY, RED, svg } from './svg.ts';

/** How the potential of an input value runs through the border steps of its channel. */
export function section(): string {
  const borders = [0, 80, 160, 320];
  const values = Array.from({ length: 81 }, (_, i) => i * 5);
  const steps = borders.slice(1).map((to, q) => ({ from: borders[q] as number, to, name: `step ${q + 1}` }));
  const curves = steps.flatMap(({ from, to, name }) =>
    values.map((p) => ({ name, p, activity: Math.min(1, Math.max(0, (p - from) / (to - from))) })),
  );
  return svg({
    height: 280,
    marginBottom: 45,
    marginTop: 35,
    x: { label: 'potential of a value: |value − rest| (raw, in units of the data) →' },
    y: { label: '↑ activity of a step', domain: [0, 1.05] },
    marks: [
      Plot.ruleX(borders.slice(1), { stroke: GREY, strokeDasharray: '3 3' }),
      Plot.text(
        borders.slice(1).map((x, q) => ({ x, text: `border ${q + 1}` })),
        { x: 'x', y: 1.05, text: 'text', dy: -9, fill: GREY },
      ),
      Plot.line(curves, { x: 'p', y: 'activity', z: 'name', stroke: 'name', strokeWidth: 2 }),
      Plot.text(steps, { x: ({ from, to }: (typeof steps)[number]) => (from + to) / 2, y: 0.5, text: 'name', dx: 26, fill: 'name' }),
      Plot.ruleY([0]),
    ],
    color: { domain: ['step 1', 'step 2', 'step 3'], range: [BLUE, RED, '#2f855a'] },
  });
}
