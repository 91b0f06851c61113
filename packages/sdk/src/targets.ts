import { BadRequest, type ColumnInfo } from '@openhanami/contract';

// Targets: columns of a table that outputs of a cluster are made of.

/** A name as templates allow it. */
const bareName = (target: string): string =>
  target
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .replace(/^-/, '_')
    .slice(0, 200) || 'target';

/** A name that none has yet, with a number behind it if need be. */
function unused(name: string, taken: ReadonlySet<string>): string {
  let found = name;
  for (let i = 2; taken.has(found); i++) found = `${name}_${i}`;
  return found;
}

/** The column of the same name as an output, or whose name became it. */
export const columnOf = (output: string, columns: readonly string[]): string | undefined =>
  columns.find((name) => name === output) ?? columns.find((name) => bareName(name) === output);

/** Whether an output has the name of a column with a number behind it. */
const isNumbered = (output: string, column: string): boolean =>
  output.startsWith(bareName(column)) && /^_\d+$/.test(output.slice(bareName(column).length));

/** The columns of a table that outputs were made of, by output: one of the same name, or whose name became it. */
export function targetColumns(outputs: readonly string[], columns: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const output of outputs) {
    const column =
      columnOf(output, columns) ??
      // One that has a number since another column has its bare name.
      columns.find((name) => name !== bareName(name) && isNumbered(output, name)) ??
      columns.find((name) => isNumbered(output, name));
    if (column !== undefined) found.set(output, column);
  }
  return found;
}

/** The outputs of targets, by names as templates allow them: each another one, and none that of another column. */
export function outputNames(targets: readonly string[], columns: readonly string[]): Map<string, string> {
  const taken = new Set(columns.filter((column) => !targets.includes(column)));
  const named = targets.map((target): [output: string, target: string] => {
    const found = unused(bareName(target), taken);
    taken.add(found);
    return [found, target];
  });
  return new Map(named);
}

/**
 * What a target is learnt as: lists of numbers as they are; two different numbers, flags and text are classes, more numbers are numbers, unless the caller says otherwise.
 * @throws BadRequest for a time, and for text that hardly comes twice.
 */
export function targetKind(column: ColumnInfo, isTold: boolean, notices: string[]): ColumnInfo['kind'] {
  const { name, kind, distinct, min = 0, max = 0 } = column;
  if (kind === 'time' || kind === 'text') {
    const what = { time: 'a time', text: 'text that hardly comes twice' }[kind];
    throw new BadRequest(`the target '${name}' is ${what}; --kind ${name}=category learns classes`);
  }
  if (kind !== 'number' || isTold || distinct === undefined) return kind;
  if (distinct <= 2) return 'category';
  if (Number.isInteger(min) && max - min < 2 * distinct) {
    notices.push(`'${name}' has ${distinct} different whole numbers, and is learnt as a number; --kind ${name}=category learns classes`);
  }
  return kind;
}
/** A template for tables: one input for all columns, and an output for each target, in a line of three hexagons. */
export const templateOf = (outputs: readonly string[]): string =>
  `version: 1\nhexagons:\n    1,1,1\n    2,1,1\n    3,1,1\ninputs:\n    features: 1,1,1\noutputs:\n${outputs.map((name) => `    ${name}: 3,1,1\n`).join('')}`;
