import { readFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { DEFAULT_NEURONS_PER_HEXAGON } from '@openhanami/engine';
import { closest } from 'fastest-levenshtein';
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';

const whole = (min: number, max: number) => {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.coerce.number(message).int(message).min(min, message).max(max, message);
};

const onOff = z.union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')], 'must be true or false');

const path = z.string('must be a path').min(1, 'must not be empty');

/**
 * All settings with type, default and description. `[http] port` is also the variable HANAMI_HTTP_PORT and the flag --http-port.
 * Relative paths are resolved against the data folder.
 */
export const SETTINGS = {
  general: {
    data: path.default('./hanami-data').describe('folder of all data that has no place of its own'),
    debug: onOff.default(false).describe('log more'),
    log_path: z.string().default('').describe('folder of the log file hanami.log; empty: standard output'),
    database: path.default('hanami.db').describe('SQLite file, or a PostgreSQL database: postgres://user@host/name'),
    hosts: whole(0, 1024).default(0).describe('logical hosts that clusters can be moved between; 0: one for each NUMA node'),
    audit_file: z
      .string()
      .default('')
      .describe('file to which each entry of the audit log is added as a line of JSON, to be sent on; empty: none'),
    log_retention: whole(1, 36_500).default(90).describe('days after which entries of the audit and error log are removed'),
  },
  storage: {
    dataset_location: path.default('datasets').describe('folder of data sets'),
    checkpoint_location: path.default('checkpoints').describe('folder of checkpoints'),
    cluster_location: path.default('clusters').describe('folder of the states of clusters'),
    dataset_limit: whole(1024, 1e15).default(100_000_000_000).describe('largest data set in bytes'),
    tempfile_location: path.default('tempfiles').describe('folder of unfinished uploads'),
    tempfile_timeout: whole(1, 100_000)
      .default(30)
      .describe('minutes after which an idle upload is removed, and a temporary data set that no task uses'),
  },
  auth: {
    policies: z.string().default('').describe('policy file; empty: the built-in policy'),
    token_key_path: path.default('token.key').describe('file with the key that signs tokens; made at the first start'),
    token_expire_time: whole(1, 31_536_000).default(3600).describe('lifetime of a token in seconds'),
    passphrase_length: whole(4, 1000).default(8).describe('fewest characters of a new passphrase'),
    refuse_breached: onOff
      .default(false)
      .describe('refuse new passphrases that stand in lists of stolen ones, such as asdfasdf of the documentation'),
    session_limit: whole(0, 315_360_000)
      .default(2_592_000)
      .describe('seconds after a login for which its tokens may be renewed; then it takes another login; 0: no limit'),
    failed_logins: whole(1, 1e6)
      .default(5)
      .describe('wrong passphrases of one user from one address after which each further one delays the next login'),
    longest_delay: whole(1, 86_400)
      .default(300)
      .describe('seconds that a login is delayed at most after wrong passphrases; they double from one on'),
    logins_per_minute: whole(0, 1e6).default(600).describe('logins from one address in a minute; 0: no limit'),
  },
  http: {
    ip: z.string().min(1).default('127.0.0.1').describe('address to listen on'),
    port: whole(0, 65_535).default(11418).describe('port to listen on; 0: any free one'),
    certificate: z.string().default('').describe('PEM file with the certificate (chain) for HTTPS; SIGHUP reads it anew'),
    key: z.string().default('').describe('PEM file with the key of the certificate'),
    allow_insecure: onOff.default(false).describe('plain HTTP on other addresses than the loopback, such as behind a proxy'),
    trusted_proxies: z.string().default('').describe('addresses of proxies whose X-Forwarded-For is believed, separated by commas'),
    cors_origins: z
      .string()
      .default('')
      .transform((list) => listOf(list).map(originOf).join(','))
      .describe('origins whose pages may call from browsers, separated by commas; empty: none'),
    body_limit: whole(1024, 1e9).default(2_097_152).describe('largest body of a request in bytes'),
    upload_limit: whole(1024, 1e15).default(100_000_000_000).describe('largest file of an upload in bytes'),
    header_limit: whole(1024, 1e6).default(16_384).describe('largest size of a request line (with its query) and its headers in bytes'),
    request_timeout: whole(1, 3600).default(60).describe('seconds in which a request must have arrived as a whole'),
    requests_per_minute: whole(0, 1e8)
      .default(12_000)
      .describe('calls of one user, or from one address without a token, in a minute; 0: no limit'),
    connections: whole(1, 1e6).default(10_000).describe('most open connections'),
    connections_per_address: whole(1, 1e6).default(2000).describe('most open connections from one address'),
    websockets_per_user: whole(1, 1e6).default(1000).describe('most open websockets of one user'),
    ping_interval: whole(1, 3600)
      .default(30)
      .describe('seconds between two looks whether a websocket client still reads; one that does not is cut'),
    metrics: onOff.default(true).describe('serve GET /metrics for Prometheus, without a token'),
    metrics_token: z
      .string()
      .default('')
      .describe('token that GET /metrics, /docs and /openapi.json ask for (Bearer, or the password of Basic); empty: none'),
    message_limit: whole(65_536, 1e9)
      .default(1_310_720)
      .describe('largest websocket message in bytes; a picture of 512 × 512 values has room'),
  },
  processing: {
    workers: whole(0, 1024).default(0).describe('threads that clusters live in, of all hosts together; 0: one for each core'),
    running_tasks: whole(0, 1e6)
      .default(0)
      .describe('tasks that run at once, shared out evenly between projects; others wait; 0: 16 for each thread'),
    snapshot_interval: whole(1, 86_400).default(10).describe('seconds of training after which a snapshot is written'),
    neurons_per_hexagon: whole(16, 1_048_576)
      .default(DEFAULT_NEURONS_PER_HEXAGON)
      .describe('largest number of neurons that a hexagon grows; 256 learn in less than half the time'),
    memory_limit: whole(0, 1e9)
      .default(0)
      .describe('megabytes that loaded clusters may take together, idle ones leave for others; 0: half of the memory of the machine'),
    direct_timeout: whole(0, 86_400)
      .default(60)
      .describe('seconds without a direct connection after which a cluster leaves DIRECT mode by itself; 0: never'),
    thread_timeout: whole(1, 86_400)
      .default(300)
      .describe('seconds after which a thread that has something to do and says nothing is ended; its clusters are loaded anew'),
    threads_per_cluster: whole(1, 64).default(1).describe('threads that a new cluster is spread over, for large ones on idle cores'),
    threads_if_faster: onOff
      .default(true)
      .describe('a new cluster takes one thread where more would hardly be faster; measured when it is made'),
  },
} as const;

type Settings = typeof SETTINGS;
type Section<S extends keyof Settings> = {
  readonly [K in keyof Settings[S]]: Settings[S][K] extends z.ZodType ? z.output<Settings[S][K]> : never;
};
export type Config = { readonly [S in keyof Settings]: Section<S> };

/** Thrown for problems that an administrator has to fix, such as an invalid setting. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** All settings as (section, key, schema, variable, flag); those of `general` have no section in names. */
export function eachSetting(): { section: keyof Settings; key: string; schema: z.ZodType; variable: string; flag: string }[] {
  return Object.entries(SETTINGS).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, schema]) => {
      const parts = section === 'general' ? [key] : [section, key];
      const words = parts.join('_');
      return {
        section: section as keyof Settings,
        key,
        schema: schema as z.ZodType,
        variable: `HANAMI_${words.toUpperCase()}`,
        flag: `--${words.replaceAll('_', '-')}`,
      };
    }),
  );
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
  return withPaths(checkHttp(config as unknown as Config));
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
function checkHttp(config: Config): Config {
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

/** An origin as browsers send it: scheme, host and port, without a trailing slash. */
function originOf(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return text;
  const { origin, pathname } = new URL(text);
  return pathname === '/' ? origin : text;
}

/** The elements of a comma-separated setting. */
export function listOf(setting: string): string[] {
  return setting
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
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

function withPaths(config: Config): Config {
  const data = resolve(config.general.data);
  const inData = (value: string): string => (isAbsolute(value) ? value : join(data, value));
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
      dataset_location: inData(config.storage.dataset_location),
      checkpoint_location: inData(config.storage.checkpoint_location),
      cluster_location: inData(config.storage.cluster_location),
      tempfile_location: inData(config.storage.tempfile_location),
    },
    auth: { ...config.auth, token_key_path: inData(config.auth.token_key_path) },
  };
}
