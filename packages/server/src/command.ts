import { once } from 'node:events';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import {
  type Config,
  ConfigError,
  isBucket,
  isPostgres,
  loadConfig,
  recommendations,
  shownConfig,
  shownLocation,
  strangeVariables,
} from './config.ts';
import { readCertificate } from './http/protection.ts';
import { backup, type Copied, restore } from './operations/backup.ts';
import { check } from './operations/check.ts';
import { examine } from './operations/doctor.ts';
import { decrypt, destroyKey, encrypt, type Rewritten } from './operations/encryption.ts';
import { migrate } from './operations/migrate.ts';
import { resetPassphrase } from './operations/passphrase.ts';

import { openLog, startServer } from './server.ts';
import { loadPolicy } from './services/policy.ts';
import { rotateKeys } from './services/token-keys.ts';
import { eachSetting } from './settings.ts';

// Files written from here on are private to this user.
process.umask(0o077);

const { version }: { version: string } = createRequire(import.meta.url)('../package.json');

const program = new Command('hanami')
  .version(version, '--version')
  .description('The OpenHanami server: a growing neural network for many users, over REST and websocket.')
  .option('--config <file>', 'TOML file with settings', process.env['HANAMI_CONFIG'])
  .option('--check-config', 'check the configuration, print it, and end')
  .addHelpText(
    'after',
    `
Every setting is also a variable, such as HANAMI_HTTP_PORT, and a line of the TOML file, such as port under [http].
The first start needs HANAMI_ADMIN_USER_ID, HANAMI_ADMIN_USER_NAME and HANAMI_ADMIN_PASSPHRASE
(or HANAMI_ADMIN_PASSPHRASE_FILE, a file whose first line it is).

Example:
  HANAMI_ADMIN_USER_ID=asdf HANAMI_ADMIN_USER_NAME=asdf_user HANAMI_ADMIN_PASSPHRASE=asdfasdf hanami --data /var/lib/hanami`,
  );
for (const { flag, schema } of eachSetting()) {
  const fallback: unknown = schema.parse(undefined);
  program.option(`${flag} <value>`, `${schema.description ?? ''} (default: ${fallback === '' ? 'none' : fallback})`);
}

/** Action to run once the configuration is known; by default a server is started. */
let work: (config: Config) => Promise<void> = serve;

program
  .command('serve', { isDefault: true, hidden: true })
  .argument('[words...]')
  .action((words: string[]) => {
    const [word] = words;
    if (word === undefined) return;
    const names = program.commands.map((command) => command.name()).filter((name) => name !== 'serve');
    fail(`there is no command '${word}', only ${names.join(', ')}; without a command a server is started`);
  });
program
  .command('backup <folder>')
  .description('copy all data into an empty folder, also while a server runs on them')
  .action((folder: string) => {
    work = async (config) => say(`backed up ${counted(await backup(config, folder))} to ${folder}`);
  });
program
  .command('restore <folder>')
  .description('bring a backup into a new data folder')
  .action((folder: string) => {
    work = async (config) => say(`restored ${counted(await restore(config, folder))} to ${config.general.data}`);
  });
program
  .command('doctor')
  .description('check the database and every file that it names, and tell what is wrong; changes nothing')
  .action(() => {
    work = async (config) => {
      const damaged = tell(await examine(config), 'damaged');
      say(damaged === 0 ? 'nothing is damaged' : `${damaged} thing${damaged > 1 ? 's are' : ' is'} damaged`);
    };
  });
program
  .command('check')
  .description('use everything once that a server needs, and tell what cannot be reached')
  .action(() => {
    work = async (config) => {
      const faults = tell(await check(config), 'fault');
      say(faults === 0 ? 'all that a server needs is there' : `${faults} thing${faults > 1 ? 's' : ''} cannot be used`);
    };
  });
program
  .command('migrate [database]')
  .description('copy the database into an empty one, a file or postgres://user@host/name, while no server runs on either')
  .option('--files <location>', 'copy the files too (or only): to a folder, or s3://bucket/prefix')
  .action((to: string | undefined, { files: place }: { files?: string }) => {
    work = async (config) => {
      if (to === undefined && place === undefined) throw new ConfigError('give a database, or --files <location>, or both');
      const database = to === undefined || isPostgres(to) ? to : resolve(to);
      const location = place === undefined || isBucket(place) ? place : resolve(place);
      const { rows, files } = await migrate(config, { database, files: location });
      if (files) say(`copied ${files.copied} files to ${location}${files.there > 0 ? `; ${files.there} were there already` : ''}`);
      if (rows !== undefined) say(`copied ${rows} rows to ${shownLocation(database ?? '')}`);
      const settings = [...(database === undefined ? [] : ['database']), ...(location === undefined ? [] : ['storage.location'])];
      say(`set ${settings.join(' and ')} to ${settings.length > 1 ? 'these' : 'it'}, and start the server`);
    };
  });
program
  .command('rotate-key')
  .description('make a new key for tokens; those of the old one stay valid until they expire. A running server takes it at SIGHUP')
  .action(() => {
    work = async ({ auth }) =>
      say(`${auth.token_key_path} has ${rotateKeys(auth.token_key_path, auth.token_expire_time)} keys now; the first signs`);
  });

program
  .command('encrypt')
  .description('encrypt the files that were written before storage.encryption_key was set, while no server runs')
  .action(() => {
    work = async (config) => {
      say(`encrypted ${rewritten(await encrypt(config))}`);
    };
  });
program
  .command('decrypt')
  .description('decrypt all files and remove the keys, while no server runs; then take storage.encryption_key away')
  .action(() => {
    work = async (config) => {
      const found = await decrypt(config);
      const next =
        found.lost > 0 ? 'The keys stay: delete what these files belong to, and decrypt again' : 'Take storage.encryption_key away';
      say(`decrypted ${rewritten(found)}. ${next}`);
    };
  });
program
  .command('destroy-key <project>')
  .description('make all encrypted files of a project unreadable for ever, while no server runs')
  .action((project: string) => {
    work = async (config) => {
      await destroyKey(config, project);
      say(`the key of the project '${project}' is gone; a backup that has it must go too`);
    };
  });
program
  .command('reset-passphrase <user>')
  .description('give a user another passphrase, read as a line of standard input, while no server runs; the way back in for the last admin')
  .action((user: string) => {
    work = async (config) => {
      if (process.stdin.isTTY) say(`type the new passphrase of '${user}' (it is shown), and Enter`);
      await resetPassphrase(config, user, await firstLine());
      say(`the passphrase of '${user}' is another one now; all tokens of '${user}' have ended`);
    };
  });

async function firstLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  const [line = ''] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
  lines.close();
  return String(line);
}

/** Prints what was found; how many of it are bad says the exit code, and is returned. */
function tell<Kind extends string>(found: readonly { readonly kind: Kind; readonly text: string }[], bad: Kind): number {
  for (const { kind, text } of found) say(`${kind}: ${text}`);
  const count = found.filter(({ kind }) => kind === bad).length;
  process.exitCode = count === 0 ? 0 : 1;
  return count;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const rewritten = ({ changed, kept, lost }: Rewritten): string =>
  `${changed} files; ${kept} were so already${lost > 0 ? `; ${lost} cannot be read: hanami doctor tells which` : ''}`;
const counted = ({ datasets, clusters, checkpoints }: Copied): string =>
  `the database, ${datasets} data sets, ${clusters} clusters and ${checkpoints} checkpoints`;

function fail(message: string): never {
  process.stderr.write(`hanami: ${message}\n`);
  process.exit(1);
}

const options: Record<string, unknown> = program.parse().opts();
const camel = (flag: string): string => flag.slice(2).replace(/-./g, (dash) => dash.charAt(1).toUpperCase());
const flags = Object.fromEntries(eachSetting().map(({ flag }) => [flag, options[camel(flag)]]));

try {
  const config = loadConfig({ file: options['config'] as string | undefined, env: process.env, flags });
  const warn = (sentence: string): void => void process.stderr.write(`hanami: warning: ${sentence}\n`);
  for (const sentence of strangeVariables(process.env)) warn(sentence);
  loadPolicy(config.auth.policies, options['checkConfig'] ? warn : () => {});
  if (options['checkConfig']) {
    readCertificate(config.http);
    for (const sentence of recommendations(config)) process.stderr.write(`hanami: recommended: ${sentence}\n`);
    say(`${JSON.stringify(shownConfig(config), null, 2)}\nthe configuration is fine`);
  } else await work(config);
} catch (error) {
  if (error instanceof ConfigError) fail(error.message);
  const { code, message } = error as NodeJS.ErrnoException;
  fail(code === 'EADDRINUSE' ? `${message}; another server uses the port` : message);
}

async function serve(config: Config): Promise<void> {
  const log = openLog(config);
  // Signals during the start count too: the server is stopped in order once it has started.
  const starting = startServer(config, log);
  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    starting
      .then((server) => server.stop())
      .then(
        () => process.exit(0),
        (error) => {
          log.error({ err: error }, 'could not stop in order');
          process.exit(1);
        },
      );
  };
  process.on('SIGHUP', () => {
    starting
      .then((server) => server.reload())
      .then(
        () => log.info('policy, token keys and certificate were read anew'),
        (error) => log.error({ err: error }, 'policy, token keys or certificate could not be read anew; the old ones stay valid'),
      );
  });
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  await starting;
}
