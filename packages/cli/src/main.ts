#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { withCommon } from './command.ts';
import { checkpointCommands } from './commands/checkpoint.ts';
import { clusterCommands } from './commands/cluster.ts';
import { datasetCommands } from './commands/dataset.ts';
import { hostCommands } from './commands/host.ts';
import { projectCommands } from './commands/project.ts';
import { taskCommands } from './commands/task.ts';
import { userCommands } from './commands/user.ts';

const program = withCommon(new Command('hanamictl'))
  .description('The command line of OpenHanami. It logs in with HANAMI_ADDRESS, HANAMI_USER and HANAMI_PASSPHRASE.')
  .showSuggestionAfterError();
for (const commands of [projectCommands, userCommands, datasetCommands, clusterCommands, taskCommands, checkpointCommands, hostCommands]) {
  program.addCommand(commands);
}

/** Commands are made apart from their parents, so none inherits this. */
function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) throwInsteadOfExit(child);
}
throwInsteadOfExit(program);

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own errors, and help is no error.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1;
  else {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
