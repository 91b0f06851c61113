import * as Plot from '@observablehq/plot';
import { BLUE, RED, sketch, svg } from './svg.ts';

const CELL = 10;

/** What the first 32 bundles of a hexagon see of a picture of 28 by 28: windows on it, and on the same picture at half its size. */
export function windows(): string {
  const along = (size: number, side: number, t: number): number => Math.floor((t % 1) * (size - side + 3)) - 1;
  const place = (size: number, side: number, left: number) => (_: unknown, i: number) => ({
    x1: left + along(size, side, 0.3 + (i + 1) * 0.7548777) * CELL,
    y1: 30 + along(size, side, 0.6 + (i + 1) * 0.5698403) * CELL,
    side: side * CELL,
  });
  const whole = Array.from({ length: 16 }, place(28, 10, 30));
  const half = Array.from({ length: 16 }, place(14, 7, 380));
  const frame = [
    { x1: 30, y1: 30, side: 280 },
    { x1: 380, y1: 30, side: 140 },
  ];
  const rect = {
    x1: 'x1',
    y1: 'y1',
    x2: (d: { x1: number; side: number }) => d.x1 + d.side,
    y2: (d: { y1: number; side: number }) => d.y1 + d.side,
  };
  return svg({
    ...sketch(560, 330),
    marks: [
      Plot.rect(frame, { ...rect, fill: '#f7fafc', stroke: '#1a202c' }),
      Plot.rect(whole, { ...rect, fill: BLUE, fillOpacity: 0.08, stroke: BLUE }),
      Plot.rect(half, { ...rect, fill: RED, fillOpacity: 0.08, stroke: RED }),
      Plot.text(
        [
          { x: 170, y: 325, text: '28 × 28, windows of 10 × 10' },
          { x: 450, y: 190, text: '14 × 14, windows of 7 × 7' },
        ],
        { x: 'x', y: 'y', text: 'text' },
      ),
    ],
  });
}
