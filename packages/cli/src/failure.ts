import { styleText } from 'node:util';
import { HanamiError } from '@openhanami/sdk';
import { sentence } from './printable.ts';

/** Options of this command line by fields of the REST API. */
const OPTIONS: Readonly<Record<string, string>> = {
  checkpoint_uuid: '--checkpoint',
  cluster_uuid: '--cluster',
  column_name: '--column',
  epochs: '--epochs',
  number_of_rows: '--rows',
  reference_column: '--reference_column',
  reference_offset: '--offset',
  reference_uuid: '--reference',
  row_offset: '--offset',
  template: '--template',
  time_length: '--time',
};

/** Replaces fields of the REST API in a message of the server by options of this command line; names that it lists stay. */
function withOptions(text: string): string {
  return text.replace(/(^|[;:] )'([a-z_]+)'/g, (said, before: string, field: string) =>
    field in OPTIONS ? before + OPTIONS[field] : said,
  );
}

/** Prints an error to standard error: in red on a terminal (NO_COLOR and pipes keep it plain), or as JSON. */
export function printFailure(error: unknown, json: boolean): void {
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    const { status, code } = error instanceof HanamiError ? error : {};
    process.stderr.write(`${JSON.stringify({ error: message, status, code })}\n`);
    return;
  }
  const told = error instanceof HanamiError && error.status === 400 ? withOptions(message) : message;
  process.stderr.write(`${styleText('red', sentence(told), { stream: process.stderr })}\n`);
}
