import { listHosts as listEndpoint, type OutputOf } from '@openhanami/contract';
import { call, type ListOptions } from '../call.ts';
import type { Token } from '../credentials.ts';

/** Lists the logical hosts that clusters live on. */
export function listHosts(
  token: Token,
  address: string,
  { limit, offset, order, name, ...options }: ListOptions = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { limit, offset, order, name }, options);
}
