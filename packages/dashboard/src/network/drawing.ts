import { parseTemplate, type Template } from '@openhanami/engine/template';

// Where the hexagons of a template are drawn: pointy tops, rows with odd y shifted by half, layers z as sheets beside each other.

/** From the middle of a hexagon to a corner. */
export const RADIUS = 26;
const WIDTH = Math.sqrt(3) * RADIUS;
const GAP = 3;

export interface Point {
  readonly x: number;
  readonly y: number;
}

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
  const names = (
    list: readonly { readonly name: string; readonly position: { x: number; y: number; z: number } }[],
  ): Map<string, string[]> => {
    const found = new Map<string, string[]>();
    for (const { name, position } of list) {
      const key = keyOf(position);
      found.set(key, [...(found.get(key) ?? []), name]);
    }
    return found;
  };
  const inputs = names(template.inputs);
  const outputs = names(template.outputs);
  const columns = Math.max(...template.hexagons.map(({ x }) => x)) - Math.min(...template.hexagons.map(({ x }) => x)) + 2;
  const lowest = Math.min(...template.hexagons.map(({ z }) => z));
  const hexagons = template.hexagons.map((position): DrawnHexagon => {
    const key = keyOf(position);
    // Sheets stand beside each other.
    const sheet = (position.z - lowest) * columns * (WIDTH + GAP);
    const at = {
      x: sheet + (position.x + (Math.abs(position.y) % 2) / 2) * (WIDTH + GAP),
      y: position.y * (1.5 * RADIUS + GAP),
    };
    const points = Array.from({ length: 6 }, (_, i) => {
      const angle = (Math.PI / 180) * (60 * i - 90);
      return `${(at.x + RADIUS * Math.cos(angle)).toFixed(2)},${(at.y + RADIUS * Math.sin(angle)).toFixed(2)}`;
    }).join(' ');
    return { key, at, points, inputs: inputs.get(key) ?? [], outputs: outputs.get(key) ?? [] };
  });
  const byKey = new Map(hexagons.map((hexagon) => [hexagon.key, hexagon]));
  const lines = (pairs: readonly (readonly [string, string])[]): Line[] =>
    pairs.flatMap(([a, b]) => {
      const [from, to] = [byKey.get(a), byKey.get(b)];
      return from && to ? [{ from, to }] : [];
    });
  const links = lines(
    template.hexagons.flatMap(({ x, y, z }) => {
      const odd = Math.abs(y) % 2;
      // Each pair once: to the right, and to the row below.
      return [
        [x + 1, y, z],
        [x + odd, y + 1, z],
        [x - 1 + odd, y + 1, z],
        [x, y, z + 1],
      ].map(([a, b, c]): [string, string] => [keyOf({ x, y, z }), `${a},${b},${c}`]);
    }),
  );
  const axons = lines(template.axons.map(({ from, to }): [string, string] => [keyOf(from), keyOf(to)]));
  const xs = hexagons.map(({ at }) => at.x);
  const ys = hexagons.map(({ at }) => at.y);
  const margin = { x: 70, y: RADIUS + 34 };
  const left = Math.min(...xs) - margin.x;
  const top = Math.min(...ys) - margin.y;
  return { hexagons, links, axons, left, top, width: Math.max(...xs) - left + margin.x, height: Math.max(...ys) - top + margin.y };
}

const keyOf = ({ x, y, z }: { readonly x: number; readonly y: number; readonly z: number }): string => `${x},${y},${z}`;
