import { Command } from 'commander';
import { closest, distance } from 'fastest-levenshtein';

/** Largest edit distance of a mistyped command to the one that is suggested. */
const MISTYPED = 2;

/** Adds `help [command…]` to a command and all groups below it; unlike commander's own it reports unknown commands. */
export function addHelp(command: Command): void {
  if (command.commands.length === 0) return;
  for (const child of command.commands) addHelp(child);
  command.helpCommand(false);
  const help = new Command('help').argument('[command...]').description('display help for command');
  help.action((words: string[]) => {
    let asked = command;
    for (const word of words) {
      const found = asked.commands.find((one) => one.name() === word || one.aliases().includes(word));
      if (!found) return unknown(asked, word);
      asked = found;
    }
    asked.help();
  });
  command.addCommand(help);
}

function unknown(parent: Command, word: string): never {
  const names = parent.commands.map((one) => one.name());
  const nearest = closest(word, names);
  const hint = distance(word, nearest) <= MISTYPED ? `\n(Did you mean ${nearest}?)` : '';
  return parent.error(`error: unknown command '${word}'${hint}`);
}
