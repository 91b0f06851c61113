import { Command } from 'commander';
import { ConfigError, eachSetting, loadConfig } from './config.ts';
import { openLog, startServer } from './server.ts';
import { loadPolicy } from './services/policy.ts';

const program = new Command('hanami')
  .description('The OpenHanami server: a growing neural network for many users, over REST and websocket.')
  .option('--config <file>', 'TOML file with settings', process.env['HANAMI_CONFIG'])
  .option('--check-config', 'check the configuration, print it, and end')
  .addHelpText(
    'after',
    `
Every setting is also a variable, such as HANAMI_HTTP_PORT, and a line of the TOML file, such as port under [http].
The first start needs HANAMI_ADMIN_USER_ID, HANAMI_ADMIN_USER_NAME and HANAMI_ADMIN_PASSPHRASE.

Example:
  HANAMI_ADMIN_USER_ID=asdf HANAMI_ADMIN_USER_NAME=asdf_user HANAMI_ADMIN_PASSPHRASE=asdfasdf hanami --data /var/lib/hanami`,
  );
for (const { flag, schema } of eachSetting()) {
  const fallback: unknown = schema.parse(undefined);
  program.option(`${flag} <value>`, `${schema.description ?? ''} (default: ${fallback === '' ? 'none' : fallback})`);
}

function fail(message: string): never {
  process.stderr.write(`hanami: ${message}\n`);
  process.exit(1);
}

const options: Record<string, unknown> = program.parse().opts();
const camel = (flag: string): string => flag.slice(2).replace(/-./g, (dash) => dash.charAt(1).toUpperCase());
const flags = Object.fromEntries(eachSetting().map(({ flag }) => [flag, options[camel(flag)]]));

try {
  const config = loadConfig({ file: options['config'] as string | undefined, env: process.env, flags });
  loadPolicy(config.auth.policies);
  if (options['checkConfig']) {
    process.stdout.write(`${JSON.stringify(config, null, 2)}\nthe configuration is fine\n`);
  } else {
    const log = openLog(config);
    const server = await startServer(config, log);
    let stopping = false;
    const stop = (signal: string): void => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, 'stopping');
      server.stop().then(
        () => process.exit(0),
        (error) => {
          log.error({ err: error }, 'could not stop in order');
          process.exit(1);
        },
      );
    };
    process.on('SIGHUP', () => {
      try {
        server.reload();
        log.info('policy, token keys and certificate were read anew');
      } catch (error) {
        log.error({ err: error }, 'policy, token keys or certificate could not be read anew; the old ones stay valid');
      }
    });
    process.on('SIGTERM', () => stop('SIGTERM'));
    process.on('SIGINT', () => stop('SIGINT'));
  }
} catch (error) {
  if (error instanceof ConfigError) fail(error.message);
  const { code, message } = error as NodeJS.ErrnoException;
  fail(code === 'EADDRINUSE' ? `${message}; another server uses the port` : message);
}
