import { neighbours, type Position, parseTemplate, type Template } from '@openhanami/engine/template';
import { corners, middleOf, type Point, placeOf, RADIUS, WIDTH } from './hexagon.ts';

// Where the hexagons of a template are drawn: layers z as sheets beside each other.

const GAP = 3;

export interface DrawnHexagon {
  /** `x,y,z` of the grid. */
  readonly key: string;
  readonly at: Point;
  /** Corners, as SVG wants them. */
  readonly points: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

interface Line {
  readonly from: DrawnHexagon;
  readonly to: DrawnHexagon;
}

export interface Drawn {
  readonly hexagons: readonly DrawnHexagon[];
  readonly links: readonly Line[];
  readonly axons: readonly Line[];
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Draws a template; a sentence if it cannot be read. */
export function draw(text: string): Drawn | string {
  if (text === '') return 'there is no template';
  let template: Template;
  try {
    template = parseTemplate(text);
  } catch (error) {
    return (error as Error).message;
  }
  const names = (list: readonly { readonly name: string; readonly position: Position }[]): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    for (const { name, position } of list) {
      const key = placeOf(position);
      found.set(key, [...(found.get(key) ?? []), name]);
    }
    return found;
  };
  const inputs = names(template.inputs);
  const outputs = names(template.outputs);
  const columns = Math.max(...template.hexagons.map(({ x }) => x)) - Math.min(...template.hexagons.map(({ x }) => x)) + 2;
  const lowest = Math.min(...template.hexagons.map(({ z }) => z));
  const hexagons = template.hexagons.map((position): DrawnHexagon => {
    const key = placeOf(position);
    const middle = middleOf(position, GAP);
    // Sheets stand beside each other.
    const at = { x: middle.x + (position.z - lowest) * columns * (WIDTH + GAP), y: middle.y };
    return { key, at, points: corners(at, RADIUS), inputs: inputs.get(key) ?? [], outputs: outputs.get(key) ?? [] };
  });
  const byKey = new Map(hexagons.map((hexagon) => [hexagon.key, hexagon]));
  const lines = (pairs: readonly (readonly [string, string])[]): Line[] =>
    pairs.flatMap(([a, b]) => {
      const [from, to] = [byKey.get(a), byKey.get(b)];
      return from && to ? [{ from, to }] : [];
    });
  const links = lines(
    template.hexagons.flatMap((position) => {
      const key = placeOf(position);
      // Each pair once.
      return neighbours(position)
        .map(placeOf)
        .filter((other) => key < other)
        .map((other): [string, string] => [key, other]);
    }),
  );
  const axons = lines(template.axons.map(({ from, to }): [string, string] => [placeOf(from), placeOf(to)]));
  const xs = hexagons.map(({ at }) => at.x);
  const ys = hexagons.map(({ at }) => at.y);
  const margin = { x: 70, y: RADIUS + 34 };
  const left = Math.min(...xs) - margin.x;
  const top = Math.min(...ys) - margin.y;
  return { hexagons, links, axons, left, top, width: Math.max(...xs) - left + margin.x, height: Math.max(...ys) - top + margin.y };
}
