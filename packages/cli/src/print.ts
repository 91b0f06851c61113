import type { List } from '@openhanami/sdk';
import Table from 'cli-table3';

// All that is printed on standard output comes from here.

const ASCII = {
  top: '-',
  'top-mid': '+',
  'top-left': '+',
  'top-right': '+',
  bottom: '-',
  'bottom-mid': '+',
  'bottom-left': '+',
  'bottom-right': '+',
  left: '|',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '|',
  'right-mid': '',
  middle: '|',
};
const PLAIN = { head: [], border: [] };

/** Objects are printed as JSON with their keys in order, as the documentation's tables show them. */
function cell(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, inOrder);
}

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const title = (name: string): string => name.toUpperCase().replaceAll('_', ' ');

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The answer as it came. */
export function printJson(answer: unknown): void {
  print(JSON.stringify(answer, null, 4));
}

/** A table of two columns: names and values of the wanted fields. */
export function printFields(answer: object, fields: readonly string[]): void {
  const table = new Table({ chars: ASCII, style: PLAIN });
  const values = answer as Record<string, unknown>;
  for (const field of fields) table.push([title(field), cell(values[field])]);
  print(table.toString());
}

/** A table with a header, from the wanted columns of a list. */
export function printList(list: List, columns: readonly string[]): void {
  const places = columns.map((column) => list.header.indexOf(column));
  printTable(
    columns.map(title),
    list.body.map((row) => places.map((place) => cell(row[place]))),
  );
}

export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  // cli-table3 draws a line below every row or below none; the line below the header is a row of its own table.
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)) + 2);
  const head = new Table({
    chars: { ...ASCII, bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
    style: PLAIN,
    colWidths: widths,
  });
  head.push([...header]);
  const body = new Table({ chars: ASCII, style: PLAIN, colWidths: widths });
  for (const row of rows) body.push([...row]);
  const line = `+${widths.map((width) => '-'.repeat(width)).join('+')}+`;
  print(rows.length > 0 ? `${head}\n${body}` : `${head}\n${line}`);
}

/** A line of text. */
export function printLine(text: string): void {
  print(text);
}

/** A table of two columns: where a value stands in an object, and the value. */
export function printTree(tree: object): void {
  const table = new Table({ chars: ASCII, style: PLAIN });
  const add = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) {
      table.push([path, String(value)]);
      return;
    }
    for (const [key, inner] of Object.entries(value)) add(inner, path === '' ? title(key) : `${path} ${title(key)}`);
  };
  add(tree, '');
  print(table.toString());
}

export function printDeleted(kind: string, id: string): void {
  print(`successfully deleted ${kind} '${id}'`);
}
