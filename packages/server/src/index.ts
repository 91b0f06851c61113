export { type Config, ConfigError, loadConfig } from './config.ts';
export { openLog, type RunningServer, startServer } from './server.ts';
