import {
  createCluster as createEndpoint,
  deleteCluster as deleteEndpoint,
  getCluster as getEndpoint,
  listClusters as listEndpoint,
  type OutputOf,
  restoreCluster as restoreEndpoint,
  saveCluster as saveEndpoint,
  setClusterMode,
  setClusterVisibility,
  switchHost as switchEndpoint,
  toBase64,
  type Visibility,
} from '@openhanami/contract';
import { type CallOptions, call } from './call.ts';
import { Channel } from './channel.ts';
import type { DirectConnection } from './direct-io.ts';

/** Creates a cluster from the text of a template; without one, a line of three hexagons. */
export function createCluster(
  token: string,
  address: string,
  clusterName: string,
  template?: string,
  options?: CallOptions,
): Promise<OutputOf<typeof createEndpoint>> {
  return call(
    createEndpoint,
    token,
    address,
    { name: clusterName, ...(template === undefined ? {} : { template: toBase64(template) }) },
    options,
  );
}

/** Creates a cluster with all that a checkpoint has learnt. */
export function createClusterFromCheckpoint(
  token: string,
  address: string,
  clusterName: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof createEndpoint>> {
  return call(createEndpoint, token, address, { name: clusterName, checkpoint_uuid: checkpointUuid }, options);
}

/** Tells about a cluster and what has grown in it. */
export function getCluster(
  token: string,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: clusterUuid }, options);
}

/** Lists all visible clusters. */
export function listClusters(token: string, address: string, options?: CallOptions): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, {}, options);
}

/** Deletes a cluster; its running task is aborted. */
export function deleteCluster(
  token: string,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: clusterUuid }, options);
}

/** Saves the state of a cluster as a checkpoint. */
export function saveCluster(
  token: string,
  address: string,
  checkpointName: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof saveEndpoint>> {
  return call(saveEndpoint, token, address, { name: checkpointName, cluster_uuid: clusterUuid }, options);
}

/** Puts a cluster into the state of a checkpoint. */
export function restoreCluster(
  token: string,
  address: string,
  checkpointUuid: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof restoreEndpoint>> {
  return call(restoreEndpoint, token, address, { checkpoint_uuid: checkpointUuid, cluster_uuid: clusterUuid }, options);
}

/** Moves a cluster to another logical host; a running task goes on there. */
export function switchHost(
  token: string,
  address: string,
  clusterUuid: string,
  hostUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof switchEndpoint>> {
  return call(switchEndpoint, token, address, { cluster_uuid: clusterUuid, hexagon_id: 1, host_uuid: hostUuid }, options);
}

/**
 * Lets a cluster talk over websockets, and opens one to it, for the functions of `directIo`.
 * @throws Conflict while tasks of the cluster are queued or active.
 */
export async function switchToDirectMode(
  token: string,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<DirectConnection> {
  await call(setClusterMode, token, address, { uuid: clusterUuid, new_state: 'DIRECT' }, options);
  return Channel.open(address, { token, target: 'cluster', uuid: clusterUuid }, options);
}

/** Lets a cluster work off tasks again; its direct connections end. */
export function switchToTaskMode(
  token: string,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof setClusterMode>> {
  return call(setClusterMode, token, address, { uuid: clusterUuid, new_state: 'TASK' }, options);
}

/** Says who sees a cluster. */
export function setVisibility(
  token: string,
  address: string,
  clusterUuid: string,
  visibility: Visibility,
  options?: CallOptions,
): Promise<OutputOf<typeof setClusterVisibility>> {
  return call(setClusterVisibility, token, address, { uuid: clusterUuid, visibility }, options);
}
