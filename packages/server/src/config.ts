import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { eachSetting, SETTINGS } from './settings.ts';

type Settings = typeof SETTINGS;
type Section<S extends keyof Settings> = {
  readonly [K in keyof Settings[S]]: Settings[S][K] extends z.ZodType ? z.output<Settings[S][K]> : never;
};
export type Config = { readonly [S in keyof Settings]: Section<S> };

/** Thrown for problems that an administrator has to fix, such as an invalid setting. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * The configuration from (weakest first) defaults, the TOML file, variables and flags.
 * @throws ConfigError naming the setting and where it was set.
 */
export function loadConfig(sources: {
  readonly file?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
  readonly flags?: Readonly<Record<string, unknown>>;
}): Config {
  const { env = {}, flags = {} } = sources;
  const file = sources.file === undefined ? {} : readToml(sources.file);
  const config: Record<string, Record<string, unknown>> = {};
  for (const { section, key, schema, variable, flag } of eachSetting()) {
    const fromFile = section === 'general' ? file[key] : (file[section] as Record<string, unknown> | undefined)?.[key];
    const [value, origin] =
      flags[flag] !== undefined
        ? [flags[flag], flag]
        : env[variable] !== undefined
          ? [env[variable], variable]
          : [fromFile, `${sources.file}: ${section === 'general' ? '' : `[${section}] `}${key}`];
    const result = schema.safeParse(value);
    if (!result.success) throw new ConfigError(`${origin} ${result.error.issues[0]?.message ?? 'is not valid'} (it is '${value}')`);
    config[section] = { ...config[section], [key]: result.data };
  }
  return withPaths(checkTogether(config as unknown as Config));
}

/** Variables that the server reads besides its settings, and those of hanamictl, which may be set in the same shell. */
const OTHER_VARIABLES = [
  ...['HANAMI_CONFIG', 'HANAMI_ADMIN_USER_ID', 'HANAMI_ADMIN_USER_NAME', 'HANAMI_ADMIN_PASSPHRASE', 'HANAMI_ADMIN_PASSPHRASE_FILE'],
  ...['HANAMI_ADDRESS', 'HANAMI_USER', 'HANAMI_PASSPHRASE', 'HANAMI_PROJECT'],
];

/** A warning for each HANAMI_ variable that is unknown. */
export function strangeVariables(env: NodeJS.ProcessEnv): string[] {
  const known = [...eachSetting().map(({ variable }) => variable), ...OTHER_VARIABLES];
  return Object.keys(env)
    .filter((name) => name.startsWith('HANAMI_') && !known.includes(name))
    .map((name) => `${name} is no setting and means nothing; did you mean ${closest(name, known)}?`);
}

/** Recommended changes to the configuration, one sentence each. */
export function recommendations({ auth }: Config): string[] {
  if (auth.refuse_breached) return [];
  return ['auth.refuse_breached is off, so that users may take passphrases which everybody guesses first; on is safer'];
}

/** Checks settings that depend on each other. */
function checkTogether(config: Config): Config {
  const { location } = config.storage;
  if (isBucket(location)) bucketOf(location);
  const { ip, certificate, key, allow_insecure } = config.http;
  if ((certificate === '') !== (key === '')) throw new ConfigError('http.certificate and http.key must be set both or not at all');
  const isLoopback = ip === 'localhost' || ip === '::1' || /^127\./.test(ip);
  if (certificate === '' && !isLoopback && !allow_insecure) {
    throw new ConfigError(
      `http.ip is ${ip}, where others could read passphrases on the wire: set http.certificate and http.key, or http.allow_insecure=true behind a proxy that has them`,
    );
  }
  return config;
}

function readToml(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`the configuration file cannot be read: ${(error as Error).message}`);
  }
  try {
    const table: Record<string, unknown> = parse(text);
    refuseUnknown(file, table);
    return table;
  } catch (error) {
    if (error instanceof TomlError) throw new ConfigError(`${file}: ${error.message}`);
    throw error;
  }
}

function refuseUnknown(file: string, table: Record<string, unknown>): void {
  const sections: Record<string, Record<string, unknown>> = SETTINGS;
  for (const [key, value] of Object.entries(table)) {
    if (key in SETTINGS.general) continue;
    const section = key === 'general' ? undefined : sections[key];
    if (!section) throw new ConfigError(`${file}: there is no setting or section '${key}'`);
    if (typeof value !== 'object' || value === null) throw new ConfigError(`${file}: '${key}' must be a section`);
    for (const name of Object.keys(value)) {
      if (!(name in section))
        throw new ConfigError(`${file}: there is no setting '${name}' in [${key}]; expected ${Object.keys(section).join(', ')}`);
    }
  }
}

/** Whether a location is that of a PostgreSQL database. */
export const isPostgres = (location: string): boolean => /^postgres(ql)?:\/\//.test(location);

/** Whether a location is that of a bucket. */
export const isBucket = (location: string): boolean => location.startsWith('s3://');

/** A location as it may be shown: without the password. */
export function shownLocation(location: string): string {
  // A password that is not as URLs want it is not looked for.
  if (!URL.canParse(location)) return isPostgres(location) ? location.replace(/\/\/.*/, '//***') : location;
  const url = new URL(location);
  if (url.password === '' && !url.searchParams.has('password')) return location;
  if (url.password !== '') url.password = '***';
  if (url.searchParams.has('password')) url.searchParams.set('password', '***');
  return url.href;
}

/** The configuration as it may be shown: without passwords, keys and tokens. */
export function shownConfig(config: Config): Config {
  const { general, storage, http } = config;
  const hidden = (secret: string): string => (secret === '' || /^(file|command):/.test(secret) ? secret : '***');
  return {
    ...config,
    general: { ...general, database: shownLocation(general.database) },
    storage: {
      ...storage,
      encryption_key: hidden(storage.encryption_key),
      former_encryption_key: hidden(storage.former_encryption_key),
    },
    http: { ...http, metrics_token: hidden(http.metrics_token) },
  };
}

const FOLDER_SETTINGS = ['dataset_location', 'checkpoint_location', 'cluster_location', 'tempfile_location', 'key_location'] as const;
type FolderSettings = Pick<Config['storage'], (typeof FOLDER_SETTINGS)[number]>;

/** The folders of files: relative ones lie in another folder. */
const foldersIn = (folder: string, settings: FolderSettings): FolderSettings =>
  Object.fromEntries(FOLDER_SETTINGS.map((name) => [name, within(folder, settings[name])])) as FolderSettings;

const within = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path));

/** Where files are whose location is a folder or a bucket, and nothing else is said. */
export function placesIn(location: string): FolderSettings & { readonly location: string } {
  const names = Object.fromEntries(FOLDER_SETTINGS.map((name) => [name, SETTINGS.storage[name].parse(undefined)])) as FolderSettings;
  return { location, ...foldersIn(isBucket(location) ? '' : location, names) };
}

export interface Bucket {
  readonly name: string;
  /** What all keys begin with: empty, or a path that ends in a slash. */
  readonly prefix: string;
}

/** The bucket of `s3://bucket/prefix`. @throws ConfigError if it names none. */
export function bucketOf(location: string): Bucket {
  const [, name, prefix = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/+(.*?))?\/*$/.exec(location) ?? [];
  if (name === undefined)
    throw new ConfigError(`storage.location is '${location}' and names no bucket; it must be like s3://bucket/prefix`);
  return { name, prefix: prefix === '' ? '' : `${prefix}/` };
}

function withPaths(config: Config): Config {
  const data = resolve(config.general.data);
  const inData = (value: string): string => within(data, value);
  const { location } = config.storage;
  const files = isBucket(location) ? data : inData(location);
  return {
    ...config,
    general: {
      ...config.general,
      data,
      database: isPostgres(config.general.database) ? config.general.database : inData(config.general.database),
      audit_file: config.general.audit_file && inData(config.general.audit_file),
    },
    storage: {
      ...config.storage,
      location: isBucket(location) || location === '' ? location : files,
      ...foldersIn(files, config.storage),
    },
    auth: { ...config.auth, token_key_path: inData(config.auth.token_key_path) },
  };
}
