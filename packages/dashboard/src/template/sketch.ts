import { type Position, parseTemplate, type TemplateSettings } from '@openhanami/engine/template';
import { placeOf } from '../network/hexagon.ts';

/** From which place to which. */
export type Axon = readonly [from: string, to: string];

/** A template as it is edited on the grid: places are `x,y,z`. */
export interface Sketch {
  /** The lines that it has, and what they and the defaults mean. */
  readonly settings: string;
  readonly values: TemplateSettings;
  readonly hexagons: readonly string[];
  readonly axons: readonly Axon[];
  /** Places by name. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Reads a template. @throws TemplateError if it cannot be read. */
export function sketchOf(text: string): Sketch {
  const { settings: values, hexagons, axons, inputs, outputs } = parseTemplate(text);
  const places = (list: readonly { name: string; position: Position }[]): Record<string, string> =>
    Object.fromEntries(list.map(({ name, position }) => [name, placeOf(position)]));
  const settings = /^settings:[^\n]*\n((?:[ \t]+[^\n]*\n|\s*\n)*)/m.exec(text)?.[1] ?? '';
  return {
    settings: settings.trimEnd(),
    values,
    hexagons: hexagons.map(placeOf),
    axons: axons.map(({ from, to }): Axon => [placeOf(from), placeOf(to)]),
    inputs: places(inputs),
    outputs: places(outputs),
  };
}

/** A template in its usual form. */
export function textOf({ settings, hexagons, axons, inputs, outputs }: Omit<Sketch, 'values'>): string {
  const section = (name: string, lines: readonly string[]): string =>
    lines.length > 0 ? `${name}:\n${lines.map((line) => `    ${line}\n`).join('')}` : '';
  const named = (places: Readonly<Record<string, string>>): string[] => Object.entries(places).map(([name, place]) => `${name}: ${place}`);
  return [
    'version: 1\n',
    settings === '' ? '' : `settings:\n${settings}\n`,
    section('hexagons', hexagons),
    section(
      'axons',
      axons.map(([from, to]) => `${from} -> ${to}`),
    ),
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

/** With a hexagon more, or less: with what was at it. */
export function toggled(sketch: Sketch, place: string): Sketch {
  if (!sketch.hexagons.includes(place)) return { ...sketch, hexagons: [...sketch.hexagons, place] };
  const without = (places: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(places).filter(([, each]) => each !== place));
  return {
    ...sketch,
    hexagons: sketch.hexagons.filter((each) => each !== place),
    axons: sketch.axons.filter((axon) => !axon.includes(place)),
    inputs: without(sketch.inputs),
    outputs: without(sketch.outputs),
  };
}

/** With an axon more, or less. */
export function connected(sketch: Sketch, from: string, to: string): Sketch {
  const others = sketch.axons.filter(([start, end]) => start !== from || end !== to);
  return { ...sketch, axons: others.length < sketch.axons.length ? others : [...others, [from, to]] };
}

/** With names at a place: of inputs or outputs. */
export function renamed(sketch: Sketch, side: 'inputs' | 'outputs', place: string, names: string): Sketch {
  const others = Object.entries(sketch[side]).filter(([, each]) => each !== place);
  const here = names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name): [string, string] => [name, place]);
  return { ...sketch, [side]: Object.fromEntries([...others, ...here]) };
}

/** With another value of a setting, by its name in templates. */
export function configured(sketch: Sketch, name: string, value: string): Sketch {
  const others = sketch.settings.split('\n').filter((line) => line.trim() !== '' && line.split(':')[0]?.trim() !== name);
  return { ...sketch, settings: [...others, `    ${name}: ${value}`].join('\n') };
}

/** The names that a place has. */
export const namesAt = (places: Readonly<Record<string, string>>, place: string): string =>
  Object.entries(places)
    .filter(([, each]) => each === place)
    .map(([name]) => name)
    .join(', ');
