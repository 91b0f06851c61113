import { DatasetError } from '../errors.ts';
import type { Text } from './bytes.ts';
import type { Cell, TableFile, TablePart } from './table-file.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Largest list in one piece of JSON, in characters; of JSON lines only a line is held in memory. */
const MOST_CHARACTERS = 1 << 27;
/** Longest line in characters. */
const MAX_LINE = 16 << 20;
/** Rows of a part. */
const PART_ROWS = 4096;

/** JSON lines, or a list of objects. Objects within become columns with dotted names. @throws DatasetError naming the line of what cannot be read. */
export async function openJson(text: Text, isList: boolean): Promise<TableFile> {
  const names = new Set<string>();
  for await (const objects of objectsOf(text, isList))
    for (const object of objects) for (const name of Object.keys(object.cells)) names.add(name);
  if (names.size === 0) throw new DatasetError('the file has no rows with names and values');
  return { names: [...names], isText: false, notices: [], parts: () => parts(text, isList, [...names]) };
}

interface Found {
  readonly cells: Readonly<Record<string, Cell>>;
  readonly where: string;
}

async function* parts(text: Text, isList: boolean, names: readonly string[]): AsyncGenerator<TablePart> {
  for await (const found of objectsOf(text, isList)) {
    yield {
      rows: found.length,
      columns: names.map((name) => found.map(({ cells }) => (Object.hasOwn(cells, name) ? cells[name] : null))),
      where: (row) => (found[row] as Found).where,
    };
  }
}

async function* objectsOf(text: Text, isList: boolean): AsyncGenerator<Found[]> {
  let found: Found[] = [];
  for await (const [value, where] of isList ? entriesOf(text) : linesOf(text)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new DatasetError(`${where}: this is no object of names and values`);
    found.push({ cells: Object.fromEntries(flat(value as JsonObject, '', where)), where });
    if (found.length < PART_ROWS) continue;
    yield found;
    found = [];
  }
  if (found.length > 0) yield found;
}

/** Objects within objects that become dotted names. */
const MOST_DEPTH = 20;

function flat(object: JsonObject, before: string, where: string, depth = 0): [string, Cell][] {
  if (depth > MOST_DEPTH) throw new DatasetError(`${where}: there are objects in objects, more than ${MOST_DEPTH} deep`);
  return Object.entries(object).flatMap(([name, value]): [string, Cell][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flat(value as JsonObject, `${before}${name}.`, where, depth + 1)
      : [[`${before}${name}`, value as Cell]],
  );
}

async function* entriesOf(text: Text): AsyncGenerator<[unknown, string]> {
  let all = '';
  for await (const piece of text.pieces()) {
    all += piece;
    if (all.length > MOST_CHARACTERS)
      throw new DatasetError(
        `the list has more than ${MOST_CHARACTERS} characters; write one object a line (JSON lines), of which there may be any number`,
      );
  }
  let list: unknown[];
  try {
    list = JSON.parse(all);
  } catch (error) {
    throw new DatasetError(`the file is no JSON: ${(error as Error).message}`);
  }
  for (const [i, value] of list.entries()) yield [value, `entry ${i + 1}`];
}

async function* linesOf(text: Text): AsyncGenerator<[unknown, string]> {
  let held = '';
  let number = 0;
  const parse = (line: string): [unknown, string][] => {
    number++;
    if (line.trim() === '') return [];
    try {
      return [[JSON.parse(line), `line ${number}`]];
    } catch (error) {
      throw new DatasetError(`line ${number}: this is no JSON (${(error as Error).message})`);
    }
  };
  for await (const piece of text.pieces()) {
    const lines = (held + piece).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) yield* parse(line);
    if (held.length > MAX_LINE) throw new DatasetError(`line ${number + 1} is longer than ${MAX_LINE} characters`);
  }
  yield* parse(held);
}
