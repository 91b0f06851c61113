import {
  BadRequest,
  type CallOptions,
  type Client,
  ConnectionError,
  client,
  HanamiError,
  NotFound,
  type Token,
  token,
} from '@openhanami/sdk';
import { distance } from 'fastest-levenshtein';
import pRetry from 'p-retry';
import { tell } from './interrupts.ts';
import { loadLogin } from './login.ts';
import { sentence } from './printable.ts';

/** Thrown for errors that the user can fix; printed without a stack. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const EXAMPLES = {
  HANAMI_ADDRESS: 'http://127.0.0.1:11418',
  HANAMI_USER: 'asdf',
  HANAMI_PASSPHRASE: 'asdfasdf',
} as const;
type Variable = keyof typeof EXAMPLES;

function variable(name: Variable): string {
  const value = process.env[name];
  if (value === undefined || value === '') {
    throw new UsageError(`${name} is not set. Try: export ${name}=${EXAMPLES[name]}, with what is yours, or hanamictl login`);
  }
  return value;
}

/** A user that is logged in to a server. */
export interface Session {
  /** One function for each endpoint. */
  readonly api: Client;
  /** For functions of several calls, such as an upload. */
  readonly token: Token;
  readonly address: string;
  readonly options: CallOptions;
  /** Whether the token comes from `hanamictl login`. */
  readonly kept: boolean;
}

/** Logs in with the environment, or with the token that `hanamictl login` has stored. @throws UsageError if variables are missing. */
export async function logIn({ insecure }: { insecure?: boolean }): Promise<Session> {
  const options = { verifyConnection: insecure !== true, onTrouble: troubleTeller() };
  warnOfMistypedVariables();
  const isSet = (name: Variable): boolean => (process.env[name] ?? '') !== '';
  if (!isSet('HANAMI_USER') && !isSet('HANAMI_PASSPHRASE')) {
    const login = loadLogin();
    if (login) return session(login.token, process.env['HANAMI_ADDRESS'] || login.address, options, true);
    if (!isSet('HANAMI_ADDRESS')) {
      throw new UsageError(
        'you are not logged in. Try: hanamictl login, or set HANAMI_ADDRESS, HANAMI_USER and HANAMI_PASSPHRASE, such as\n' +
          Object.entries(EXAMPLES)
            .map(([name, value]) => `  export ${name}=${value}`)
            .join('\n'),
      );
    }
  }
  const address = variable('HANAMI_ADDRESS');
  const project = process.env['HANAMI_PROJECT'] || undefined;
  const [user, passphrase] = [variable('HANAMI_USER'), variable('HANAMI_PASSPHRASE')];
  const credentials = await onceStarted(address, () => token.logIn(address, user, passphrase, { ...options, project })).catch(inVariables);
  return session(credentials, address, options, false);
}

function session(token: Token, address: string, options: CallOptions, kept: boolean): Session {
  return { api: client({ address, token, ...options }), token, address, options, kept };
}

/** Milliseconds to wait for a local server that may have been started just now, and after which the user is told. */
const STARTING = 10_000;
const TELL_AFTER = 3000;

/** Makes the first call to a server; on this machine it is retried while nothing listens, since the server may be starting. */
export function onceStarted<Answer>(address: string, work: () => Promise<Answer>): Promise<Answer> {
  if (!/^https?:\/\/(127\.|localhost|\[::1\])/.test(address.trim())) return work();
  const begin = performance.now();
  let told = false;
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    maxRetryTime: STARTING,
    minTimeout: 200,
    factor: 1,
    shouldRetry: ({ error }) => {
      if (!(error instanceof ConnectionError && error.message.includes('ECONNREFUSED'))) return false;
      if (!told && performance.now() - begin > TELL_AFTER) {
        told = true;
        tell(`nothing listens at ${address.trim()} yet; waiting up to ${STARTING / 1000} s for a server that was just started`);
      }
      return true;
    },
  });
}

/** Rethrows the error of a refused login with the name of the variable that is wrong. */
function inVariables(error: unknown): never {
  if (error instanceof BadRequest) {
    throw new UsageError(error.message.replace(/^'id'/, 'HANAMI_USER').replace(/^'passphrase'/, 'HANAMI_PASSPHRASE'));
  }
  if (error instanceof NotFound && error.message.startsWith('there is no path')) {
    throw new UsageError(`${error.message}; is HANAMI_ADDRESS right? Most servers are at the root, such as ${EXAMPLES.HANAMI_ADDRESS}`);
  }
  throw error;
}

/** Reports each problem once, not at each try. */
function troubleTeller(): (error: Error) => void {
  let told = '';
  return (error) => {
    const { message } = error;
    if (message !== told)
      tell(error instanceof HanamiError || error instanceof ConnectionError ? `${sentence(message)}; trying again …` : sentence(message));
    told = message;
  };
}

/** Largest edit distance of a mistyped variable to the one that is suggested. */
const MISTYPED = 2;

function warnOfMistypedVariables(): void {
  const known = [...Object.keys(EXAMPLES), 'HANAMI_PROJECT'];
  for (const name of Object.keys(process.env)) {
    if (!name.startsWith('HANAMI_') || known.includes(name)) continue;
    const meant = known.find((variable) => distance(variable, name) <= MISTYPED);
    if (meant !== undefined) tell(`warning: the variable ${name} means nothing; did you mean ${meant}?`);
  }
}
