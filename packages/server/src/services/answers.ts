import { type List, RESOURCE_COLUMNS, toTimestamp } from '@openhanami/contract';
import type { ResourceColumns } from '../store/tables.ts';

// How rows become answers.

export function time(milliseconds: number | null): string {
  return toTimestamp(milliseconds === null ? null : new Date(milliseconds));
}

export function resourceAnswer(row: ResourceColumns) {
  const { uuid, name, owner_id, project_id, visibility } = row;
  return { created_at: time(row.created_at), uuid, name, owner_id, project_id, visibility };
}

/** A table of answers with the columns in the contract's order. */
export function table<const Columns extends readonly string[]>(
  columns: Columns,
  rows: readonly { readonly [C in Columns[number]]: unknown }[],
): { header: [...Columns]; body: List['body'] & unknown[][] } {
  return { header: [...columns], body: rows.map((row) => columns.map((column) => row[column as Columns[number]])) };
}

export function resourceList(rows: readonly ResourceColumns[]) {
  return table(RESOURCE_COLUMNS, rows.map(resourceAnswer));
}
