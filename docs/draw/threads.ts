import * as Plot from '@observablehq/plot';
import { BLUE, GREY, RED, sketch, svg } from './svg.ts';

/** One cycle of a cluster on two threads. */
export function threads(): string {
  const rows = [
    { y: 70, name: 'thread 1', colour: BLUE },
    { y: 150, name: 'thread 2', colour: RED },
  ];
  const boxes = rows.flatMap(({ y, colour }) => [
    { x: 90, width: 170, y, colour, text: 'sense, forward\n(its own neurons)' },
    { x: 330, width: 90, y, colour, text: 'sum of both\ncompare' },
    { x: 430, width: 170, y, colour, text: 'backward, grow\n(its own neurons)' },
  ]);
  const crossings = [
    { y1: 70, y2: 150 },
    { y1: 150, y2: 70 },
  ];
  return svg({
    ...sketch(640, 210),
    marks: [
      Plot.rect(boxes, {
        x1: 'x',
        x2: (d) => d.x + d.width,
        y1: (d) => d.y - 25,
        y2: (d) => d.y + 25,
        stroke: (d) => d.colour,
        fill: (d) => d.colour,
        fillOpacity: 0.1,
      }),
      Plot.text(boxes, { x: (d) => d.x + d.width / 2, y: 'y', text: 'text' }),
      Plot.arrow(rows, { x1: 260, x2: 330, y1: 'y', y2: 'y', stroke: (d) => d.colour }),
      Plot.arrow(crossings, { x1: 260, x2: 330, y1: 'y1', y2: 'y2', stroke: GREY }),
      Plot.text(rows, { x: 45, y: 'y', text: 'name', fill: (d) => d.colour }),
      Plot.text([0], { x: 295, y: 200, text: () => 'potentials of the outputs: the only thing that is exchanged', fill: '#718096' }),
    ],
    color: { type: 'identity' },
  });
}
