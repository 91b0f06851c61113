import { appendFileSync, existsSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import type { Config } from './config.ts';
import { buildApp } from './http/app.ts';
import { renewCertificate } from './http/protection.ts';
import { startServices } from './services/index.ts';
import { openDatabase } from './store/database.ts';
import { makeFolder, makePrivateFolder } from './store/files.ts';
import { hideFolders } from './store/paths.ts';

export interface RunningServer {
  /** Address it listens on, such as `http://127.0.0.1:11418`. */
  readonly address: string;
  /** Reloads policy, token keys and certificate. @throws ConfigError if one is invalid; the old one stays in use. */
  reload(): void;
  /** Shuts down in order: pending requests are answered, clusters written. */
  stop(): Promise<void>;
}

/** Opens the log. Lines that cannot be written (disk full, pipe closed) are dropped, and later ones tried. */
export function openLog({ general }: Config): Logger {
  const out = general.log_path === '' ? process.stdout.fd : openLogFile(general.log_path);
  return pino(
    { level: general.debug ? 'debug' : 'info' },
    {
      write(line) {
        try {
          appendFileSync(out, line);
        } catch {
          // There is no other place to report it.
        }
      },
    },
  );
}

function openLogFile(folder: string): number {
  makeFolder(folder);
  return openSync(join(folder, 'hanami.log'), 'a');
}

/** Starts a server on its data folder. @throws ConfigError for problems that an administrator has to fix. */
export async function startServer(config: Config, log: Logger, env: NodeJS.ProcessEnv = process.env): Promise<RunningServer> {
  const isNew = !existsSync(config.general.data);
  try {
    return await start(config, log, env);
  } catch (error) {
    // A folder made by a failed start holds no data yet.
    if (isNew) rmSync(config.general.data, { recursive: true, force: true });
    throw error;
  }
}

async function start(config: Config, log: Logger, env: NodeJS.ProcessEnv): Promise<RunningServer> {
  makePrivateFolder(config.general.data);
  hideFolders(config);
  const db = await openDatabase(config.general.database, {
    onTaken() {
      log.fatal('another server took over the database while it could not be reached: this one ends');
      process.exit(1);
    },
  });
  try {
    const { services, stop } = await startServices(config, db, log, env);
    const app = await buildApp(config, services, log);
    try {
      const address = await app.listen({ host: config.http.ip, port: config.http.port });
      log.info({ address, data: config.general.data }, 'OpenHanami is ready');
      return {
        address,
        reload() {
          services.policy.reload();
          services.tokens.reload();
          renewCertificate(app.server, config.http);
        },
        async stop() {
          await app.close();
          await stop();
          await db.destroy();
          log.info('stopped');
        },
      };
    } catch (error) {
      await stop();
      throw error;
    }
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
