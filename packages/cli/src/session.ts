import { type CallOptions, token } from '@openhanami/sdk';

/** Something that the person at the keyboard can mend; printed without a stack. */
export class UsageError extends Error {
  override name = 'UsageError';
}

const EXAMPLES = {
  HANAMI_ADDRESS: 'http://127.0.0.1:11418',
  HANAMI_USER: 'asdf',
  HANAMI_PASSPHRASE: 'asdfasdf',
} as const;

function variable(name: keyof typeof EXAMPLES): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new UsageError(`${name} is not set. Try: export ${name}=${EXAMPLES[name]}`);
  return value;
}

/** Who talks to which server: the first arguments of every function of the SDK. */
export interface Session {
  readonly token: string;
  readonly address: string;
  readonly options: CallOptions;
}

/** Logs in with the environment. */
export async function logIn({ insecure }: { insecure?: boolean }): Promise<Session> {
  const address = variable('HANAMI_ADDRESS');
  const user = variable('HANAMI_USER');
  const passphrase = variable('HANAMI_PASSPHRASE');
  const options = { verifyConnection: insecure !== true };
  return { token: await token.requestToken(address, user, passphrase, options), address, options };
}
