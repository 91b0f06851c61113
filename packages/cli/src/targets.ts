import { UsageError } from './session.ts';
import type { Kind, Row, Table } from './table.ts';
import { unused } from './table-text.ts';

// Targets: columns of a table that outputs of a cluster are made of.

export const without = (row: Row, names: readonly string[]): Row =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));

/** A name as templates allow it. */
const bareName = (target: string): string =>
  target
    .replace(/[^A-Za-z0-9_-]/g, '_')
    .replace(/^-/, '_')
    .slice(0, 200) || 'target';

/** The columns of a table that outputs were made of, by output: one of the same name, or whose name became it. */
export function targetColumns(outputs: readonly string[], columns: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const output of outputs) {
    const column =
      columns.find((name) => name === output) ??
      columns.find((name) => bareName(name) === output) ??
      columns.find((name) => output.startsWith(bareName(name)) && /^_\d+$/.test(output.slice(bareName(name).length)));
    if (column !== undefined) found.set(output, column);
  }
  return found;
}

/** A row with its targets under the names of their outputs. */
export function renamed(row: Row, targets: ReadonlyMap<string, string>): Row {
  const columns = [...targets.values()];
  return { ...without(row, columns), ...Object.fromEntries(Array.from(targets, ([output, column]) => [output, row[column] ?? null])) };
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

/** Different whole numbers up to which a target may well be meant as classes. */
const FEW_NUMBERS = 20;

/** What a target is learnt as: two numbers are classes, more are numbers, unless the caller says otherwise. */
export function targetKind(table: Table, target: string, told: Kind | undefined, notices: string[]): Kind {
  const kind = told ?? table.kinds[target] ?? 'category';
  if (kind === 'time') throw new UsageError(`the target '${target}' is a time; --kind ${target}=category learns classes`);
  if (told !== undefined || kind !== 'number') return kind;
  const different = new Set(table.rows.map((row) => row[target]).filter((value) => value !== null));
  if (different.size <= 2) return 'category';
  if (different.size <= FEW_NUMBERS && [...different].every(Number.isInteger)) {
    notices.push(
      `'${target}' has ${different.size} different whole numbers, and is learnt as a number; --kind ${target}=category learns classes`,
    );
  }
  return 'number';
}
