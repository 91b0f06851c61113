import { type Client, table } from '@openhanami/sdk';

// Fields of a network that learnt a series: `load` is that of the present row, `load (3 before)` of an earlier one.

export type Field = NonNullable<Awaited<ReturnType<Client['getCluster']>>['inputs'][number]['fields']>[number];

const BEFORE = /^(.*) \((\d+) before\)$/;

/** The value of a field for the row `at` of a series. */
export function fieldOf(
  name: string,
  names: readonly string[],
  rows: readonly (readonly unknown[])[],
  at: number,
): string | number | boolean | null {
  const [, column = name, back = '0'] = BEFORE.exec(name) ?? [];
  const value = rows[at - Number(back)]?.[names.indexOf(column)];
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}

/** Outputs that say how a field goes on: of the rows to come, not of the present one; and that field. */
export function forecastOutputs(
  { outputs }: { readonly outputs: readonly { readonly name: string; readonly classes?: unknown }[] },
  fields: readonly Field[],
): [output: string, field: string][] {
  const numbers = outputs.filter(({ classes }) => classes === undefined).map(({ name }) => name);
  return [
    ...table.forecastFields(
      numbers,
      fields.map(({ name }) => name),
    ),
  ];
}

/** Whether a network learnt a series, whose rows mean nothing by themselves. */
export const isSeries = (cluster: Parameters<typeof forecastOutputs>[0], fields: readonly Field[]): boolean =>
  fields.some(({ name }) => BEFORE.test(name)) || forecastOutputs(cluster, fields).length > 0;
