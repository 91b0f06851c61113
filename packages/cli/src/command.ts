import type { Client, List } from '@openhanami/sdk';
import { Command, type Option } from 'commander';
import { tell } from './interrupts.ts';
import { type Kind, uuidOf } from './names.ts';
import { printJson, printList } from './print.ts';
import { logIn, type Session, UsageError } from './session.ts';

/** Options of every command. */
interface CommonOptions {
  readonly json_output?: boolean;
  readonly insecure?: boolean;
}

/**
 * A command that logs in, runs `work` and prints the answer: as JSON with -j, else by `show`.
 * @param usage name and arguments, such as `get <uuid>`.
 * @param json false for a command that prints while it works.
 * @param of kind of the resource that the first argument names, by uuid or name; options that name one are resolved as well.
 * @param asJson what -j prints of the answer; default: all of it.
 */
export function leaf<Answer>(
  usage: string,
  summary: string,
  example: string,
  work: (session: Session, args: string[], options: Record<string, unknown>) => Promise<Answer>,
  show: (answer: Answer, args: string[], options: Record<string, unknown>) => unknown,
  { json = true, asJson = (answer) => answer, of }: { json?: boolean; asJson?: (answer: Answer) => unknown; of?: Kind } = {},
): Command {
  const command = new Command(usage.split(' ')[0]).description(summary).configureHelp({ optionDescription });
  for (const argument of usage.split(' ').slice(1)) command.argument(argument);
  return withCommon(command)
    .addHelpText('after', `\nExample:\n  hanamictl ${example}`)
    .action(async () => {
      const options = { ...command.optsWithGlobals<CommonOptions & Record<string, unknown>>() };
      const args = [...command.args];
      const session = await logIn(options);
      if (of !== undefined && args[0] !== undefined) args[0] = await uuidOf(session, of, args[0]);
      for (const [option, kind] of NAMING) {
        if (typeof options[option] === 'string') options[option] = await uuidOf(session, kind, options[option]);
      }
      const answer = await work(session, args, options);
      if (options.json_output && json) printJson(asJson(answer));
      else await show(answer, args, options);
    });
}

/** Options of all commands that name a resource. */
const NAMING: readonly (readonly [option: string, kind: Kind])[] = [
  ['cluster', 'cluster'],
  ['reference', 'dataset'],
  ['checkpoint', 'checkpoint'],
];

/** Description of an option; marks required ones. */
function optionDescription({ description, mandatory, defaultValue }: Option): string {
  if (mandatory) return `${description} (required)`;
  return defaultValue === undefined ? description : `${description} (default: ${defaultValue})`;
}

/** Adds the options of every command. */
export function withCommon(command: Command): Command {
  return command.option('-j, --json_output', 'print the response as JSON').option('--insecure', 'accept any TLS certificate');
}

/** A group of commands. */
export function group(name: string, summary: string, commands: readonly Command[]): Command {
  const parent = new Command(name).description(summary);
  for (const command of commands) parent.addCommand(command);
  return parent;
}

/** Collects an option that can be repeated. */
export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Default number of rows of a list. */
const SHOWN = 100;

/** Input of an endpoint that lists. */
type Listed = Parameters<Client['listDatasets']>[0] & object;

/** `list`: a table of the newest rows, the newest last. With -j, all of them. */
export function listLeaf(
  what: string,
  example: string,
  list: (session: Session, part: Listed, options: Record<string, unknown>) => Promise<List>,
  columns: readonly string[],
): Command {
  return leaf(
    'list',
    `list ${what}; the newest ${SHOWN}, unless --limit or --all says otherwise`,
    example,
    async (session, _, options) => {
      const { limit, offset, name, all, byName, json_output } = options;
      const part: Listed = {
        order: byName === true ? 'name' : 'newest',
        offset: countOf('--offset', offset),
        ...(name === undefined ? {} : { name: String(name) }),
        ...(all === true || (json_output === true && limit === undefined) ? {} : { limit: countOf('--limit', limit ?? SHOWN) }),
      };
      const answer = await list(session, part, options);
      return byName === true ? answer : { ...answer, body: answer.body.toReversed() };
    },
    (answer, _, { offset, byName }) => {
      printList(answer, columns);
      const { total = 0, body } = answer;
      const before = total - body.length - countOf('--offset', offset);
      if (before > 0)
        tell(
          `${body.length} of ${total} are shown, ${byName === true ? 'by name' : 'the newest'}; --offset ${countOf('--offset', offset) + body.length} shows ${byName === true ? 'the next' : 'those before'}, --all all, --name <text> those with a text in their name`,
        );
    },
  )
    .option('--limit <rows>', `how many rows; left out, the newest ${SHOWN}, and with -j all`)
    .option('--offset <rows>', 'rows to pass over, from the newest on', '0')
    .option('--name <text>', 'only those with this text in their name')
    .option('--by-name', 'by name, instead of by age')
    .option('--all', 'every row');
}

/** `1 row`, `2 rows`. */
export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** Parses the whole number of an option. @throws UsageError for anything else. */
export function countOf(option: string, value: unknown): number {
  const text = String(value);
  if (!/^\d{1,15}$/.test(text)) throw new UsageError(`${option} must be a whole number, not '${text}'`);
  return Number(text);
}
