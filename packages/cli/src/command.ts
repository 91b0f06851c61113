import { Command } from 'commander';
import { printJson } from './print.ts';
import { logIn, type Session } from './session.ts';

/** What every command takes. */
interface CommonOptions {
  readonly json_output?: boolean;
  readonly insecure?: boolean;
}

/**
 * A command that logs in, does its work and prints the answer: as JSON with -j, else as `show` does.
 * @param usage name and arguments, such as `get <uuid>`.
 * @param json false for a command that prints while it works.
 */
export function leaf<Answer>(
  usage: string,
  summary: string,
  example: string,
  work: (session: Session, args: string[], options: Record<string, unknown>) => Promise<Answer>,
  show: (answer: Answer, args: string[], options: Record<string, unknown>) => void,
  { json = true }: { json?: boolean } = {},
): Command {
  const command = new Command(usage.split(' ')[0]).description(summary);
  for (const argument of usage.split(' ').slice(1)) command.argument(argument);
  return withCommon(command)
    .addHelpText('after', `\nExample:\n  hanamictl ${example}`)
    .action(async () => {
      const options = command.optsWithGlobals<CommonOptions & Record<string, unknown>>();
      const session = await logIn(options);
      const answer = await work(session, command.args, options);
      if (options.json_output && json) printJson(answer);
      else show(answer, command.args, options);
    });
}

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
