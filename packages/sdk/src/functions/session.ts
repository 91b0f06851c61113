import { endSession as endEndpoint, listSessions as listEndpoint, logOut as logOutEndpoint, type OutputOf } from '@openhanami/contract';
import { type CallOptions, call, type ListOptions } from '../call.ts';
import type { Token } from '../credentials.ts';

/** Ends the session of a token on the server: all tokens of its login, and the websockets that they hold open. */
export function logOut(token: Token, address: string, options?: CallOptions): Promise<OutputOf<typeof logOutEndpoint>> {
  return call(logOutEndpoint, token, address, {}, options);
}

/**
 * Lists the caller's sessions.
 * @param options.user (admins only) sessions of this user; default: of all.
 */
export function listSessions(
  token: Token,
  address: string,
  { limit, offset, order, name, user, ...options }: ListOptions & { readonly user?: string | undefined } = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { limit, offset, order, name, user_id: user }, options);
}

/** Ends one of the caller's sessions; admins may end any. @throws NotFound if there is none, or it has ended. */
export function endSession(token: Token, address: string, uuid: string, options?: CallOptions): Promise<OutputOf<typeof endEndpoint>> {
  return call(endEndpoint, token, address, { uuid }, options);
}
