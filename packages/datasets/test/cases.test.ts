// Files from the wild, and what is read from each, or why it is refused: a person has looked through the list.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CsvText, DatasetError, DatasetReader, importMnist, importTable } from '../src/index.ts';
import { temporaryFolder } from './folder.ts';

interface Expected {
  readonly rows?: number;
  readonly kinds?: string;
  /** The first rows. */
  readonly values?: string;
  readonly notices?: readonly string[];
  readonly refused?: string;
}

/** The small files are kept here; larger ones, and pictures, are read where their folder is. */
const KEPT = join(import.meta.dirname, 'cases');
const CASES = process.env['CASES_DIR'] ?? join(import.meta.dirname, '../../../../shared/cases');
const EXPECTED: Record<string, Expected> = JSON.parse(readFileSync(join(KEPT, 'expected.json'), 'utf8'));

const placeOf = (file: string): string => (existsSync(join(KEPT, file)) ? join(KEPT, file) : join(CASES, file));
const folder = temporaryFolder();
const target = join(folder, 'case.arrow');

const CUT = { name: 20, columns: 10, values: 120, message: 200 };

async function table(file: string): Promise<Expected> {
  const [format] = file.split('/');
  const { rows, columns, notices } = await importTable(placeOf(file), target, format === 'arrow' || format === 'parquet' ? { format } : {});
  const text = await CsvText.open(target);
  const start = new TextDecoder().decode((await text.part({ row: 0, byte: 0 }, 100)).text);
  await text.close();
  return {
    rows,
    kinds: columns
      .slice(0, CUT.columns)
      .map(({ name, kind }) => `${name.slice(0, CUT.name)}:${kind}`)
      .join(' '),
    values: start.split('\n').slice(0, 2).join('\n').slice(0, CUT.values),
    ...(notices.length > 0 ? { notices } : {}),
  };
}

async function pictures(images: string, labels: string): Promise<Expected> {
  const rows = await importMnist(join(CASES, images), join(CASES, 'idx', labels), target);
  const reader = await DatasetReader.open(target);
  const kinds = reader.columns
    .map(({ name, width, type, shape }) => `${name}:${width}×${type}${shape ? ` (${shape.join('×')})` : ''}`)
    .join(' ');
  const first = Array.from(await reader.read('picture', 0, 1)).slice(0, 4);
  const label = (await reader.read('label', 0, 1)).indexOf(1);
  await reader.close();
  return { rows, kinds, values: `${first.join()} → ${label}` };
}

const there = Object.entries(EXPECTED).filter(([file]) => existsSync(placeOf(file.split(' ')[0] ?? '')));

describe('files from the wild', () => {
  it.each(there)('%s', async (file, expected) => {
    const [images = '', labels] = file.split(' ');
    const found = await (labels ? pictures(images, labels) : table(file)).catch((error: Error): Expected => {
      expect(error).toBeInstanceOf(DatasetError);
      return { refused: error.message.slice(0, CUT.message) };
    });
    expect(found).toEqual(expected);
  });

  it.skipIf(!existsSync(CASES))('the larger ones, and pictures', () => expect(there).toHaveLength(Object.keys(EXPECTED).length));
});
