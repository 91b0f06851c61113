import { createToken, type OutputOf, renewToken, toBase64 } from '@openhanami/contract';
import { type CallOptions, call } from './call.ts';

/** Logs in. @throws Unauthorized for a wrong user or passphrase. */
export async function requestToken(address: string, userId: string, passphrase: string, options?: CallOptions): Promise<string> {
  const { token } = await call(createToken, undefined, address, { id: userId, passphrase: toBase64(passphrase) }, options);
  return token;
}

/** A token for another project of the same user. */
export function switchProject(
  token: string,
  address: string,
  projectId: string,
  options?: CallOptions,
): Promise<OutputOf<typeof renewToken>> {
  return call(renewToken, token, address, { project_id: projectId }, options);
}
