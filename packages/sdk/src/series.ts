import type { Client } from './client.ts';
import { columnOf } from './targets.ts';

// Clusters that learnt a series: rows before the present one are fields of it too, and what is answered of the rows to come is a field of the present one.

const BEFORE = /^(.*) \((\d+) before\)$/;

/** The column of a field, and how many rows before the present one: `load (3 before)`. */
export function partsOfField(name: string): { readonly column: string; readonly back: number } {
  const [, column = name, back = '0'] = BEFORE.exec(name) ?? [];
  return { column, back: Number(back) };
}

/** What a cluster knows of a series. */
export interface Series {
  /** Rows that it sees at once, the present one and those before it. */
  readonly window: number;
  /** Rows ahead that it answers; 0 if it answers the present one. */
  readonly forecast: number;
  /** Outputs that answer rows ahead, and the field that goes on in them. */
  readonly ahead: ReadonlyMap<string, string>;
}

/**
 * The series that a cluster learnt; undefined if its rows mean something by themselves.
 * @param targets columns of its outputs, where they are known; else names tell.
 */
export function seriesOf(
  { inputs, outputs }: Pick<Awaited<ReturnType<Client['getCluster']>>, 'inputs' | 'outputs'>,
  targets: ReadonlyMap<string, string> = new Map(),
): Series | undefined {
  const fields = (inputs[0]?.fields ?? []).map(({ name }) => name);
  const window = 1 + fields.reduce((most, name) => Math.max(most, partsOfField(name).back), 0);
  const ahead = new Map<string, string>();
  let forecast = 0;
  for (const { name, width, classes } of outputs) {
    const column = targets.get(name) ?? columnOf(name, fields);
    if (column === undefined || !fields.includes(column)) continue;
    ahead.set(name, column);
    forecast = Math.max(forecast, classes ? 1 : width, 1);
  }
  return window > 1 || forecast > 0 ? { window, forecast, ahead } : undefined;
}
