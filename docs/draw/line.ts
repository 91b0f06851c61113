import * as Plot from '@observablehq/plot';
import { arrange, parseTemplate } from '@openhanami/engine';
import { BLUE, GREY, RED, sketch, svg } from './svg.ts';

const TEMPLATE = `version: 1
hexagons:
1,1,1
2,1,1
3,1,1
4,1,1
axons:
1,1,1 -> 3,1,1
inputs:
picture: 1,1,1
outputs:
label: 4,1,1
`;

const RADIUS = 55;

/** A line of hexagons with an axon: who has neurons, and from where these read. */
export function line(): string {
  const template = parseTemplate(TEMPLATE);
  const { hexagons, outputs } = arrange(template);
  const centre = (x: number): number => 90 + (x - 1) * 150;
  const corners = (x: number) =>
    Array.from({ length: 7 }, (_, i) => ({
      name: x,
      x: centre(x) + RADIUS * Math.sin((Math.PI * i) / 3),
      y: 120 + RADIUS * Math.cos((Math.PI * i) / 3),
    }));
  const grown = new Set(hexagons.map(({ position }) => position.x));
  const role = (x: number): string => {
    const input = template.inputs.find((each) => each.position.x === x);
    const output = template.outputs.find((each) => each.position.x === x);
    return input ? `input\n${input.name}` : output ? `output\n${output.name}` : grown.has(x) ? 'neurons' : '';
  };
  const arrows: { from: number; to: number; far: boolean }[] = [];
  for (const { position, links } of hexagons)
    for (const link of links) {
      const from = 'input' in link ? (template.inputs[link.input]?.position.x ?? 0) : (hexagons[link.hexagon]?.position.x ?? 0);
      arrows.push({ from, to: position.x, far: position.x - from > 1 });
    }
  for (const [i, output] of outputs.entries())
    for (const hexagon of output.hexagons)
      arrows.push({ from: hexagons[hexagon]?.position.x ?? 0, to: template.outputs[i]?.position.x ?? 0, far: false });
  const near = arrows.filter(({ far }) => !far);
  const far = arrows.filter((arrow) => arrow.far);
  const all = template.hexagons.map(({ x }) => x);
  return svg({
    ...sketch(640, 200),
    marks: [
      Plot.line(all.filter((x) => grown.has(x)).flatMap(corners), {
        x: 'x',
        y: 'y',
        z: 'name',
        stroke: BLUE,
        fill: BLUE,
        fillOpacity: 0.12,
      }),
      Plot.line(all.filter((x) => !grown.has(x)).flatMap(corners), { x: 'x', y: 'y', z: 'name', stroke: GREY }),
      Plot.text(all, { x: centre, y: 120, text: role, fontSize: 13 }),
      Plot.arrow(near, { x1: ({ from }) => centre(from) + 52, x2: ({ to }) => centre(to) - 52, y1: 120, y2: 120, stroke: '#1a202c' }),
      Plot.arrow(far, { x1: ({ from }) => centre(from), x2: ({ to }) => centre(to), y1: 60, y2: 60, bend: 25, stroke: RED }),
      Plot.text(far, { x: ({ from, to }) => (centre(from) + centre(to)) / 2, y: 14, text: () => 'axon', fill: RED }),
      Plot.text(all, { x: centre, y: 190, text: (x: number) => `${x},1,1`, fill: GREY }),
    ],
  });
}
