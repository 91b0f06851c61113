import { getAuditLog as auditEndpoint, getErrorLog as errorEndpoint, type InputOf, type OutputOf } from '@openhanami/contract';
import { type CallOptions, call } from '../call.ts';
import type { Token } from '../credentials.ts';

/** Filter by user (admins only), and part of the entries, newest first. */
export type LogFilter = InputOf<typeof auditEndpoint>;

/** Lists the audit log: one's own calls; for admins all. */
export function getAuditLog(
  token: Token,
  address: string,
  filter: LogFilter = {},
  options?: CallOptions,
): Promise<OutputOf<typeof auditEndpoint>> {
  return call(auditEndpoint, token, address, filter, options);
}

/** Lists internal errors (admins only). */
export function getErrorLog(
  token: Token,
  address: string,
  filter: LogFilter = {},
  options?: CallOptions,
): Promise<OutputOf<typeof errorEndpoint>> {
  return call(errorEndpoint, token, address, filter, options);
}
