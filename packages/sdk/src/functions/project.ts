import {
  createProject as createEndpoint,
  deleteProject as deleteEndpoint,
  getProject as getEndpoint,
  getQuota as getQuotaEndpoint,
  type InputOf,
  listProjects as listEndpoint,
  type OutputOf,
  setQuota as setQuotaEndpoint,
} from '@openhanami/contract';
import { type CallOptions, call, type ListOptions } from '../call.ts';
import type { Token } from '../credentials.ts';

/** Creates an empty project (admins only). */
export function createProject(
  token: Token,
  address: string,
  projectId: string,
  projectName: string,
  options?: CallOptions,
): Promise<OutputOf<typeof createEndpoint>> {
  return call(createEndpoint, token, address, { id: projectId, name: projectName }, options);
}

/** Gets a project (admins only). */
export function getProject(token: Token, address: string, projectId: string, options?: CallOptions): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { id: projectId }, options);
}

/** Lists all projects (admins only). */
export function listProjects(
  token: Token,
  address: string,
  { limit, offset, order, name, ...options }: ListOptions = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { limit, offset, order, name }, options);
}

/** Deletes a project (admins only); with `force` its contents too. */
export function deleteProject(
  token: Token,
  address: string,
  projectId: string,
  force = false,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { id: projectId, force }, options);
}

/** Gets limits and use of a project (admins only). */
export function getQuota(
  token: Token,
  address: string,
  projectId: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getQuotaEndpoint>> {
  return call(getQuotaEndpoint, token, address, { id: projectId }, options);
}

/** Sets limits of a project (admins only); null: no limit, undefined: unchanged. */
export function setQuota(
  token: Token,
  address: string,
  projectId: string,
  limits: Omit<InputOf<typeof setQuotaEndpoint>, 'id'>,
  options?: CallOptions,
): Promise<OutputOf<typeof setQuotaEndpoint>> {
  return call(setQuotaEndpoint, token, address, { id: projectId, ...limits }, options);
}
