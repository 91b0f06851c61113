import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { texts } from '../src/texts.ts';

const FOLDERS = ['../src', '../playground'].map((folder) => join(import.meta.dirname, folder));

const source = FOLDERS.flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && name !== 'texts.ts')
    .map((name) => readFileSync(join(folder, name), 'utf8')),
).join('\n');

/** Whole groups that are handed on. */
const WHOLE = ['data', 'clusters'];

it('are all used, so that nobody translates what nobody reads', () => {
  const unused = Object.entries(texts).flatMap(([group, words]) =>
    typeof words === 'string'
      ? []
      : Object.keys(words)
          .filter((name) => !(WHOLE.includes(group) && ['none', 'noneFound'].includes(name)))
          // What a chart of growth shows, visibilities, and sides of a template, are looked up by their names.
          .filter((name) => !(group === 'charts' && name === 'memory'))
          .filter((name) => !(group === 'common' && ['private', 'shared', 'public'].includes(name)))
          .filter((name) => !(group === 'editor' && ['inputs', 'outputs'].includes(name)))
          .filter((name) => !new RegExp(`texts\\.${group}\\.${name}\\b`).test(source))
          .map((name) => `${group}.${name}`),
  );
  expect(unused).toEqual([]);
});

it('stand in their file: none is written into a page', () => {
  // Words between tags, and in properties that people read.
  const written = [...source.matchAll(/>\s*([A-Z][a-z]+[a-z ]*)\s*<\/|\b(?:label|title|placeholder|aria-label)="([^"]+)"/g)].map(
    ([, text, property]) => text ?? property,
  );
  expect(written).toEqual([]);
});
