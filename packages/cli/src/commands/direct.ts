import { createInterface } from 'node:readline';
import { type Client, ConnectionError, cluster, directIo } from '@openhanami/sdk';
import type { Command } from 'commander';
import { counted, group, leaf, repeated } from '../command.ts';
import { openInput } from '../file.ts';
import { tell, withEnding } from '../interrupts.ts';
import { printLine } from '../print.ts';
import { type Session, UsageError } from '../session.ts';

type Cluster = Awaited<ReturnType<Client['getCluster']>>;
/** An input or output, and its number of values in a line. */
type Field = Cluster['inputs'][number];

/** Parses the inputs or outputs of a line, in order. The default width is the cluster's; one without any takes the remaining values. */
function fields(given: unknown, side: Cluster['inputs']): { name: string; width: number | undefined }[] {
  const named = (given as string[] | undefined) ?? side.map(({ name }) => name);
  return named.map((text) => {
    const [, name, width] = /^([^:]+)(?::(\d+))?$/.exec(text) ?? [];
    if (name === undefined) throw new UsageError(`'${text}' is no name of an input or output; it must look like picture or picture:784`);
    const known = side.find((terminal) => terminal.name === name);
    if (!known) throw new UsageError(`the cluster has no '${name}'; it has ${side.map((terminal) => `'${terminal.name}'`).join(', ')}`);
    const chosen = width === undefined ? known.width : Number(width);
    return { name, width: chosen > 0 ? chosen : undefined };
  });
}

/** Gives the one field without a width the remaining values of a line. */
function resolve(wanted: readonly { name: string; width: number | undefined }[], values: number, line: number): Field[] {
  const open = wanted.filter(({ width }) => width === undefined);
  if (open.length > 1) {
    throw new UsageError(
      `how many values are for ${open.map(({ name }) => `'${name}'`).join(' and ')}? Name them like '${open[0]?.name}:10'`,
    );
  }
  const taken = wanted.reduce((sum, { width = 0 }) => sum + width, 0);
  const rest = values - taken;
  if (open.length === 1 ? rest < 1 : rest !== 0) {
    throw new UsageError(`line ${line} has ${counted(values, 'value')}; expected ${open.length === 1 ? `more than ${taken}` : taken}`);
  }
  return wanted.map(({ name, width = rest }) => ({ name, width }));
}

/** Reads lines of numbers, separated by commas, semicolons or blanks; a first line of text is a header. */
async function* rowsOf(file: string | undefined): AsyncGenerator<{ values: number[]; line: number }> {
  const input = await openInput(file);
  if (input === process.stdin && process.stdin.isTTY) tell('type lines of numbers, with commas between; Ctrl-D ends');
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  let line = 0;
  try {
    for await (const text of lines) {
      line++;
      if (text.trim() === '') continue;
      const cells = text.trim().split(/\s*[,;\s]\s*/);
      const values = cells.map(Number);
      const bad = cells.findIndex((cell, i) => cell === '' || !Number.isFinite(values[i]));
      if (bad >= 0 && line === 1) continue;
      if (bad >= 0) throw new UsageError(`line ${line}, value ${bad + 1}: '${cells[bad]}' is no number`);
      yield { values, line };
    }
  } finally {
    // An open terminal would keep the command from ending.
    lines.close();
    input.destroy();
  }
}

function cut(values: readonly number[], parts: readonly Field[]): Record<string, number[]> {
  let at = 0;
  return Object.fromEntries(
    parts.map(({ name, width }) => {
      at += width;
      return [name, values.slice(at - width, at)];
    }),
  );
}

/**
 * Connects to a cluster, processes rows one by one, and switches it back to tasks. If the connection is lost or its token ends, it
 * reconnects and repeats the unanswered row, which a training may have learnt twice then.
 */
async function talk(
  { api, token, address, options }: Session,
  uuid: string,
  file: string | undefined,
  row: (connection: directIo.DirectConnection, known: Cluster, values: number[], line: number) => Promise<void>,
): Promise<{ cycles: number }> {
  const known = await api.getCluster({ uuid });
  let connection: directIo.DirectConnection | undefined;
  let cycles = 0;
  let left: Promise<unknown> | undefined;
  const leave = (): Promise<unknown> => {
    left ??= (connection?.close() ?? Promise.resolve()).then(() => cluster.switchToTaskMode(token, address, uuid, options));
    return left;
  };
  return withEnding(
    async () => {
      try {
        connection = await cluster.switchToDirectMode(token, address, uuid, options);
        for await (const { values, line } of rowsOf(file)) {
          for (let lost = 0; ; lost++) {
            try {
              await row(connection, known, values, line);
              break;
            } catch (error) {
              if (left || !(error instanceof ConnectionError) || lost === LOST_CONNECTIONS) throw error;
              options.onTrouble?.(error);
              connection = await cluster.reconnectDirectly(token, address, uuid, options);
            }
          }
          cycles++;
        }
      } finally {
        await leave();
      }
      return { cycles };
    },
    async () => {
      tell(`interrupted after ${counted(cycles, 'row')}; what was learnt is kept, and the cluster works off tasks again`);
      await leave();
    },
  );
}

/** Most connections lost at one row. */
const LOST_CONNECTIONS = 5;

function withCluster(command: Command): Command {
  return command
    .requiredOption('-c, --cluster <uuid>', 'the cluster')
    .option('-i, --input <name[:width]>', 'an input that the line has values for; can be repeated; left out, all inputs', repeated);
}

export const directCommands = group('direct', 'talk to a cluster directly, row by row', [
  withCluster(
    leaf(
      'train [file]',
      'train a cluster with lines of numbers (CSV) from a file or standard input: values of the inputs, then of the outputs',
      'direct train -c <cluster_uuid> -i picture:784 -o label:10 rows.csv',
      (session, [file], { cluster: uuid, input, output }) =>
        talk(session, String(uuid), file, async (connection, known, values, line) => {
          const parts = [...fields(input, known.inputs), ...fields(output, known.outputs)];
          const row = cut(values, resolve(parts, values.length, line));
          const isInput = (name: string): boolean => known.inputs.some((terminal) => terminal.name === name);
          const entries = Object.entries(row);
          await directIo.train(
            connection,
            Object.fromEntries(entries.filter(([name]) => isInput(name))),
            Object.fromEntries(entries.filter(([name]) => !isInput(name))),
          );
        }),
      ({ cycles }) => printLine(`trained ${counted(cycles, 'cycle')}`),
    ),
  ).option('-o, --output <name[:width]>', 'an output that the line has values for; can be repeated; left out, all outputs', repeated),
  withCluster(
    leaf(
      'request [file]',
      'ask a cluster with lines of numbers (CSV) from a file or standard input; prints a line of answers for each',
      'direct request -c <cluster_uuid> rows.csv',
      (session, [file], { cluster: uuid, input, json_output }) =>
        talk(session, String(uuid), file, async (connection, known, values, line) => {
          const row = cut(values, resolve(fields(input, known.inputs), values.length, line));
          const answers = await directIo.request(connection, row);
          printLine(json_output ? JSON.stringify(answers) : known.outputs.flatMap(({ name }) => answers[name] ?? []).join(','));
        }),
      () => {},
      { json: false },
    ),
  ),
]);
