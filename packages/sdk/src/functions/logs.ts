import { getAuditLog as auditEndpoint, getErrorLog as errorEndpoint, type InputOf, type OutputOf } from '@openhanami/contract';
import { type CallOptions, call } from '../call.ts';
import type { Token } from '../credentials.ts';

/** Which entries: of one user (admins only), and which hundred of them, newest first. */
export type LogFilter = InputOf<typeof auditEndpoint>;

/** Who changed what: one's own calls; admins see all. */
export function getAuditLog(
  token: Token,
  address: string,
  filter: LogFilter = {},
  options?: CallOptions,
): Promise<OutputOf<typeof auditEndpoint>> {
  return call(auditEndpoint, token, address, filter, options);
}

/** Internal errors (admins only). */
export function getErrorLog(
  token: Token,
  address: string,
  filter: LogFilter = {},
  options?: CallOptions,
): Promise<OutputOf<typeof errorEndpoint>> {
  return call(errorEndpoint, token, address, filter, options);
}
