import {
  addProjectToUser as addEndpoint,
  createUser as createEndpoint,
  deleteUser as deleteEndpoint,
  getUser as getEndpoint,
  listUsers as listEndpoint,
  type OutputOf,
  changePassphrase as passphraseEndpoint,
  getPolicy as policyEndpoint,
  listProjectsOfUser as projectsEndpoint,
  removeProjectFromUser as removeEndpoint,
  resetPassphrase as resetEndpoint,
  toBase64,
} from '@openhanami/contract';
import { type CallOptions, call, type ListOptions } from '../call.ts';
import type { Token } from '../credentials.ts';

/** Creates a user (admins only). */
export function createUser(
  token: Token,
  address: string,
  userId: string,
  userName: string,
  passphrase: string,
  isAdmin = false,
  options?: CallOptions,
): Promise<OutputOf<typeof createEndpoint>> {
  return call(createEndpoint, token, address, { id: userId, name: userName, passphrase: toBase64(passphrase), is_admin: isAdmin }, options);
}

/** Gets a user (admins only). */
export function getUser(token: Token, address: string, userId: string, options?: CallOptions): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { id: userId }, options);
}

/** Lists all users (admins only). */
export function listUsers(
  token: Token,
  address: string,
  { limit, offset, order, name, ...options }: ListOptions = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { limit, offset, order, name }, options);
}

/**
 * Deletes a user (admins only; nobody deletes themselves).
 * @param options.force also deletes what the user owns, or transfers it to the `heir`.
 * @throws Conflict naming resources and tasks of the user, without `force`.
 */
export function deleteUser(
  token: Token,
  address: string,
  userId: string,
  { force, heir, ...options }: CallOptions & { readonly force?: boolean; readonly heir?: string | undefined } = {},
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { id: userId, force, heir }, options);
}

/** Changes one's own passphrase. @throws Unauthorized if the present one is wrong. */
export function changePassphrase(
  token: Token,
  address: string,
  passphrase: string,
  newPassphrase: string,
  options?: CallOptions,
): Promise<OutputOf<typeof passphraseEndpoint>> {
  const input = { passphrase: toBase64(passphrase), new_passphrase: toBase64(newPassphrase) };
  return call(passphraseEndpoint, token, address, input, options);
}

/** Assigns a project to a user (admins only). */
export function addProjectToUser(
  token: Token,
  address: string,
  userId: string,
  projectId: string,
  role: string,
  isProjectAdmin = false,
  options?: CallOptions,
): Promise<OutputOf<typeof addEndpoint>> {
  return call(addEndpoint, token, address, { id: userId, project_id: projectId, role, is_project_admin: isProjectAdmin }, options);
}

/** Removes a user from a project (admins only). */
export function removeProjectFromUser(
  token: Token,
  address: string,
  userId: string,
  projectId: string,
  options?: CallOptions,
): Promise<OutputOf<typeof removeEndpoint>> {
  return call(removeEndpoint, token, address, { id: userId, project_id: projectId }, options);
}

/** Lists one's own projects; admins may name another user. */
export function listProjectsOfUser(
  token: Token,
  address: string,
  userId?: string,
  options?: CallOptions,
): Promise<OutputOf<typeof projectsEndpoint>> {
  return call(projectsEndpoint, token, address, userId === undefined ? {} : { user_id: userId }, options);
}

export { switchProject } from './token.ts';

/** Sets a user's passphrase (admins only); all tokens of the user are revoked. */
export function resetPassphrase(
  token: Token,
  address: string,
  userId: string,
  passphrase: string,
  options?: CallOptions,
): Promise<OutputOf<typeof resetEndpoint>> {
  return call(resetEndpoint, token, address, { id: userId, new_passphrase: toBase64(passphrase) }, options);
}

/** Which roles may call what. */
export function getPolicy(token: Token, address: string, options?: CallOptions): Promise<OutputOf<typeof policyEndpoint>> {
  return call(policyEndpoint, token, address, {}, options);
}
