import { listHosts as listEndpoint, type OutputOf } from '@openhanami/contract';
import { type CallOptions, call } from './call.ts';

/** Lists the logical hosts that clusters live on. */
export function listHosts(token: string, address: string, options?: CallOptions): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, {}, options);
}
