import { type List, RESOURCE_COLUMNS, type Search, toTimestamp } from '@openhanami/contract';
import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely';
import type { ResourceRow, Tables } from '../store/tables.ts';
import type { ClusterInfo } from '../worker/protocol.ts';

// Converts rows to answers.

/** Formats milliseconds since 1970 as a timestamp; `-` for null. */
export function time(milliseconds: number | null): string {
  return toTimestamp(milliseconds === null ? null : new Date(milliseconds));
}

/** The fields that all resources share in answers. */
export function resourceAnswer(row: Omit<ResourceRow, 'owner_key'>) {
  const { uuid, name, owner_id, project_id, visibility } = row;
  return { created_at: time(row.created_at), uuid, name, owner_id, project_id, visibility };
}

/** What has grown in a cluster. */
export function grownAnswer({ blocks, sections, neurons, synapses, bytes, inputs, outputs, hexagons, template }: ClusterInfo) {
  return {
    number_of_blocks: blocks,
    number_of_sections: sections,
    neurons,
    synapses,
    memory: bytes,
    inputs: [...inputs],
    outputs: outputs.map(({ classes, ...output }) => ({ ...output, ...(classes ? { classes: [...classes] } : {}) })),
    ...(hexagons ? { hexagons: [...hexagons] } : {}),
    ...(template === undefined ? {} : { template }),
  };
}

/** A table of answers with the columns in the contract's order. @param total number of all rows, if these are a part. */
export function table<const Columns extends readonly string[]>(
  columns: Columns,
  rows: readonly { readonly [C in Columns[number]]: unknown }[],
  total = rows.length,
): { header: [...Columns]; body: List['body'] & unknown[][]; total: number } {
  return { header: [...columns], body: rows.map((row) => columns.map((column) => row[column as Columns[number]])), total };
}

/** The requested part of a query's rows, and the number of all its rows. @param by columns to sort by: the last one is another one in each row. @param named column of their names. */
export async function partOf<Table extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  { limit, offset, order }: Search,
  by: readonly string[],
  named = 'name',
): Promise<{ rows: Row[]; total: number }> {
  const direction = order === 'newest' ? 'desc' : 'asc';
  let part = order === 'name' ? query.orderBy(sql`lower(${sql.ref(named)})`) : query;
  for (const column of by) part = part.orderBy(sql.ref(column), direction);
  const rows = await part
    .limit(limit ?? Number.MAX_SAFE_INTEGER)
    .offset(offset)
    .execute();
  if (limit === undefined && offset === 0) return { rows, total: rows.length };
  const { total } = await query
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return { rows, total: Number(total) };
}

/** Whether a column contains a text, ignoring case. */
export function holds(column: string, text: string) {
  const pattern = `%${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return sql<SqlBool>`lower(${sql.ref(column)}) like ${pattern} escape '\\'`;
}

/** A table of resources. */
export function resourceList({ rows, total }: { rows: readonly ResourceRow[]; total: number }) {
  return table(RESOURCE_COLUMNS, rows.map(resourceAnswer), total);
}
