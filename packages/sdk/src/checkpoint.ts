import {
  deleteCheckpoint as deleteEndpoint,
  getCheckpoint as getEndpoint,
  listCheckpoints as listEndpoint,
  type OutputOf,
} from '@openhanami/contract';
import { type CallOptions, call } from './call.ts';

/** Tells about a checkpoint. */
export function getCheckpoint(
  token: string,
  address: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: checkpointUuid }, options);
}

/** Lists all visible checkpoints. */
export function listCheckpoints(token: string, address: string, options?: CallOptions): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, {}, options);
}

/** Deletes a checkpoint. */
export function deleteCheckpoint(
  token: string,
  address: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: checkpointUuid }, options);
}
