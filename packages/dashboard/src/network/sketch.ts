import { type Position, parseTemplate } from '@openhanami/engine/template';
import { placeOf } from './hexagon.ts';

/** A template as it is edited on the grid: places are `x,y,z`. */
export interface Sketch {
  readonly settings: string;
  readonly hexagons: readonly string[];
  readonly axons: readonly string[];
  /** Places by name. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Reads a template. @throws TemplateError if it cannot be read. */
export function sketchOf(text: string): Sketch {
  const { hexagons, axons, inputs, outputs } = parseTemplate(text);
  const places = (list: readonly { name: string; position: Position }[]): Record<string, string> =>
    Object.fromEntries(list.map(({ name, position }) => [name, placeOf(position)]));
  const settings = /^settings:[^\n]*\n((?:[ \t]+[^\n]*\n|\s*\n)*)/m.exec(text)?.[1] ?? '';
  return {
    settings: settings.trimEnd(),
    hexagons: hexagons.map(placeOf),
    axons: axons.map(({ from, to }) => `${placeOf(from)} -> ${placeOf(to)}`),
    inputs: places(inputs),
    outputs: places(outputs),
  };
}

/** A template in its usual form. */
export function textOf({ settings, hexagons, axons, inputs, outputs }: Sketch): string {
  const section = (name: string, lines: readonly string[]): string =>
    lines.length > 0 ? `${name}:\n${lines.map((line) => `    ${line}\n`).join('')}` : '';
  const named = (places: Readonly<Record<string, string>>): string[] => Object.entries(places).map(([name, place]) => `${name}: ${place}`);
  return [
    'version: 1\n',
    settings === '' ? '' : `settings:\n${settings}\n`,
    section('hexagons', hexagons),
    section('axons', axons),
    section('inputs', named(inputs)),
    section('outputs', named(outputs)),
  ].join('');
}

/** Whether two texts are the same template, wherever its lines stand. */
export function isSame(one: string, other: string): boolean {
  const plain = (text: string): string => JSON.stringify(parseTemplate(text), (key, value) => (key === 'line' ? undefined : value));
  try {
    return plain(one) === plain(other);
  } catch {
    return false;
  }
}
