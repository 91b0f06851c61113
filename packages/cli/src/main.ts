#!/usr/bin/env node
import { createRequire } from 'node:module';
import tab from '@bomb.sh/tab/commander';
import { Command, CommanderError } from 'commander';
import { withCommon } from './command.ts';
import { checkpointCommands } from './commands/checkpoint.ts';
import { clusterCommands } from './commands/cluster.ts';
import { datasetCommands } from './commands/dataset.ts';
import { directCommands } from './commands/direct.ts';
import { hostCommands } from './commands/host.ts';
import { logCommands } from './commands/log.ts';
import { loginCommand, logoutCommand } from './commands/login.ts';
import { machineCommands } from './commands/machine.ts';
import { projectCommands } from './commands/project.ts';
import { rowCommands } from './commands/rows.ts';
import { sessionCommands } from './commands/session.ts';
import { taskCommands } from './commands/task.ts';
import { userCommands } from './commands/user.ts';
import { printFailure } from './failure.ts';
import { addHelp } from './help.ts';

const { version }: { version: string } = createRequire(import.meta.url)('../../package.json');

const program = withCommon(new Command('hanamictl'))
  .version(version, '--version')
  .description('The command line of OpenHanami. It logs in with HANAMI_ADDRESS, HANAMI_USER and HANAMI_PASSPHRASE, or by hanamictl login.')
  .addHelpText(
    'after',
    `
Wherever the uuid of a data set, cluster or checkpoint is asked for, its name does as well, if no other has it.
HANAMI_PROJECT chooses one of your projects; left out, the first.
Completion of commands by the Tab key: source <(hanamictl completion bash), or zsh, or hanamictl completion fish | source

Example:
  hanamictl dataset list`,
  )
  .showSuggestionAfterError();
for (const commands of [
  loginCommand,
  logoutCommand,
  projectCommands,
  userCommands,
  sessionCommands,
  datasetCommands,
  clusterCommands,
  taskCommands,
  directCommands,
  checkpointCommands,
  hostCommands,
  logCommands,
  machineCommands,
  ...rowCommands,
]) {
  program.addCommand(commands);
}
addHelp(program);
tab(program, { completionCommandName: 'completion' });
program.commands
  .find((command) => command.name() === 'completion')
  ?.addHelpText('after', '\nExample:\n  source <(hanamictl completion bash)');

/** Sets this for each command, since commands do not inherit it. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
throwInsteadOfExit(program);

// The reader of a pipe may close it early, such as `head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

/** Converts `-n=2`, which other command lines accept, to `-n2`. */
function withoutEquals(word: string): string {
  return /^-[a-zA-Z]=/.test(word) ? word.slice(0, 2) + word.slice(3) : word;
}

try {
  await program.parseAsync(process.argv.map(withoutEquals));
} catch (error) {
  // Commander has printed its own errors, and help is no error.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1;
  else {
    printFailure(error, process.argv.includes('-j') || process.argv.includes('--json_output'));
    process.exitCode = 1;
  }
}
