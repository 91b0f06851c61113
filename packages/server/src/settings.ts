import { DEFAULT_NEURONS_PER_HEXAGON } from '@openhanami/engine';
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
    location: z
      .string()
      .default('')
      .describe('folder of the folders below, or a bucket that holds all files: s3://bucket/prefix; empty: the data folder'),
    retry_time: whole(0, 3600)
      .default(60)
      .describe('seconds for which what the bucket does not answer is tried again, before calls get 503 and tasks fail'),
    dataset_location: path.default('datasets').describe('folder of data sets'),
    checkpoint_location: path.default('checkpoints').describe('folder of checkpoints'),
    cluster_location: path.default('clusters').describe('folder of the states of clusters'),
    dataset_limit: whole(1024, 1e15).default(100_000_000_000).describe('largest data set in bytes'),
    tempfile_location: path.default('tempfiles').describe('folder of unfinished uploads'),
    key_location: path.default('keys').describe('folder of the keys that the files of projects are encrypted with'),
    encryption_key: z
      .string()
      .default('')
      .describe(
        'key of 32 bytes that wraps those keys, in hexadecimal or base64, or file:<path>, or command:<command>; empty: no encryption',
      ),
    former_encryption_key: z
      .string()
      .default('')
      .describe('the key before, after a change: what it wraps is wrapped anew at the next start'),
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

/** All settings as (section, key, schema, variable, flag); those of `general` have no section in names. */
export function eachSetting(): { section: keyof typeof SETTINGS; key: string; schema: z.ZodType; variable: string; flag: string }[] {
  return Object.entries(SETTINGS).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, schema]) => {
      const parts = section === 'general' ? [key] : [section, key];
      const words = parts.join('_');
      return {
        section: section as keyof typeof SETTINGS,
        key,
        schema: schema as z.ZodType,
        variable: `HANAMI_${words.toUpperCase()}`,
        flag: `--${words.replaceAll('_', '-')}`,
      };
    }),
  );
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
