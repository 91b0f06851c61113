import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { BLUE, svg } from './svg.ts';

/** Time of a cycle over declared inputs, as `npm run bench -- scale` measured it last; undefined where it did not. */
export function scale(): string | undefined {
  const file = join(import.meta.dirname, '../../bench/results.json');
  if (!existsSync(file)) return undefined;
  const { figures } = JSON.parse(readFileSync(file, 'utf8')) as { figures: { name: string; value: number }[] };
  const measured = figures.flatMap(({ name, value }) => {
    const declared = /^a cycle with ([\d,]+) inputs declared$/.exec(name)?.[1];
    return declared === undefined ? [] : [{ declared: Number(declared.replaceAll(',', '')), value }];
  });
  if (measured.length === 0) return undefined;
  return svg({
    height: 260,
    marginBottom: 45,
    x: { type: 'log', label: 'declared inputs, 100 of them active →', tickFormat: (d: number) => d.toLocaleString('en') },
    y: { label: '↑ µs a cycle (CPU, 512 neurons)', domain: [0, Math.max(...measured.map(({ value }) => value)) * 1.3] },
    marks: [Plot.line(measured, { x: 'declared', y: 'value', stroke: BLUE, strokeWidth: 2, marker: 'dot' }), Plot.ruleY([0])],
  });
}
