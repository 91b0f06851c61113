import type { List } from '@openhanami/sdk';
import Table from 'cli-table3';
import stringWidth from 'string-width';
import { printable } from './printable.ts';

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

/** Objects are printed as JSON with sorted keys, as the documentation's tables show them. */
function cell(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value, inOrder);
  // Names come from other users.
  return TIME.test(text) ? `${text} UTC` : printable(text, NOTHING);
}

/** Times as the server sends them. */
const TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const NOTHING = /(?!)/;

function inOrder(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const title = (name: string): string => name.toUpperCase().replaceAll('_', ' ');

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Prints an answer as JSON. */
export function printJson(answer: unknown): void {
  print(JSON.stringify(answer, null, 4));
}

/** Prints a table of two columns: names and values of the wanted fields. */
export function printFields(answer: object, fields: readonly string[]): void {
  const table = new Table({ chars: ASCII, style: PLAIN });
  const values = answer as Record<string, unknown>;
  for (const field of fields) table.push([title(field), cell(values[field])]);
  print(table.toString());
}

/** Prints a table with a header, from the wanted columns of a list. */
export function printList(list: List, columns: readonly string[]): void {
  const places = columns.map((column) => list.header.indexOf(column));
  printTable(
    columns.map(title),
    list.body.map((row) => places.map((place) => cell(row[place]))),
  );
}

/** Prints a table with a header. Cells are single lines. */
export function printTable(names: readonly string[], lines: readonly (readonly string[])[]): void {
  // Names and values come from files, and from other users.
  const header = names.map((name) => printable(name, NOTHING));
  const rows = lines.map((line) => line.map((text) => printable(text, NOTHING)));
  const widths = header.map((name, i) => rows.reduce((most, row) => Math.max(most, widthOf(row[i] ?? '')), widthOf(name)));
  const line = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const spaces = (count: number): string => ' '.repeat(Math.max(0, count));
  const centred = header.map((name, i) => {
    const free = (widths[i] as number) - widthOf(name);
    return `${spaces(Math.floor(free / 2))}${name}${spaces(Math.ceil(free / 2))}`;
  });
  const left = (row: readonly string[]): string[] =>
    header.map((_, i) => `${row[i] ?? ''}${spaces((widths[i] as number) - widthOf(row[i] ?? ''))}`);
  // cli-table3 takes quadratic time in the rows; lists have ten thousand.
  print([line, ...[centred, ...rows.map(left)].map((cells) => `| ${cells.join(' | ')} |`)].toSpliced(2, 0, line).concat(line).join('\n'));
}

/** Columns that a text takes on a terminal. */
const widthOf = (text: string): number => (/^[ -~]*$/.test(text) ? text.length : stringWidth(text));

/** Prints a line of text, safe for the terminal. */
export function printLine(text: string): void {
  print(printable(text));
}

/** Prints data as they are, but for what would steer a terminal. */
export function printData(text: string): void {
  print(process.stdout.isTTY ? printable(text) : text);
}

/** Prints a table of two columns: the path of a value in an object, and the value. */
export function printTree(tree: object): void {
  const table = new Table({ chars: ASCII, style: PLAIN });
  const add = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) {
      table.push([path, printable(String(value), NOTHING)]);
      return;
    }
    for (const [key, inner] of Object.entries(value)) add(inner, path === '' ? title(key) : `${path} ${title(key)}`);
  };
  add(tree, '');
  print(table.toString());
}

/** Prints that something was deleted. */
export function printDeleted(kind: string, id: string): void {
  print(`successfully deleted ${kind} '${id}'`);
}
