import { createToken, type OutputOf, renewToken, toBase64 } from '@openhanami/contract';
import { type CallOptions, call } from '../call.ts';
import { Credentials, type Token } from '../credentials.ts';
import { patiently } from '../patience.ts';

/** Logs in. @throws Unauthorized for a wrong user or passphrase. */
export async function requestToken(address: string, userId: string, passphrase: string, options?: CallOptions): Promise<string> {
  const { token } = await call(createToken, undefined, address, { id: userId, passphrase: toBase64(passphrase) }, options);
  return token;
}

/**
 * Logs in and returns credentials that renew their token when it has expired; every function accepts them in place of a token.
 * @param options.project one of the user's projects; default: the first.
 * @throws Unauthorized for a wrong user or passphrase.
 */
export async function logIn(
  address: string,
  userId: string,
  passphrase: string,
  { project, ...options }: CallOptions & { readonly project?: string | undefined } = {},
): Promise<Credentials> {
  const ask = async (): Promise<string> => {
    const first = await requestToken(address, userId, passphrase, options);
    return project === undefined ? first : (await switchProject(first, address, project, options)).token;
  };
  return new Credentials(await ask(), () => patiently(ask, options));
}

/** Gets a token for another project of the same user. */
export function switchProject(
  token: Token,
  address: string,
  projectId: string,
  options?: CallOptions,
): Promise<OutputOf<typeof renewToken>> {
  return call(renewToken, token, address, { project_id: projectId }, options);
}
