import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import type { Config } from './config.ts';
import { buildApp } from './http/app.ts';
import { renewCertificate } from './http/protection.ts';
import { startServices } from './services/index.ts';
import { openDatabase } from './store/database.ts';

export interface RunningServer {
  /** Where it listens, such as `http://127.0.0.1:11418`. */
  readonly address: string;
  /** Reads policy, token keys and certificate anew. @throws ConfigError for a faulty one; the old one stays valid. */
  reload(): void;
  /** Ends what runs in order: answers are sent, clusters written. */
  stop(): Promise<void>;
}

export function openLog({ general }: Config): Logger {
  const options = { level: general.debug ? 'debug' : 'info' };
  if (general.log_path === '') return pino(options);
  mkdirSync(general.log_path, { recursive: true });
  return pino(options, pino.destination({ dest: join(general.log_path, 'hanami.log'), sync: false }));
}

/** Starts a server on its data folder. @throws ConfigError for what an administrator has to mend. */
export async function startServer(config: Config, log: Logger, env: NodeJS.ProcessEnv = process.env): Promise<RunningServer> {
  mkdirSync(config.general.data, { recursive: true });
  const db = await openDatabase(config.general.database);
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
