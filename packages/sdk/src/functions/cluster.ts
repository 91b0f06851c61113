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
import { type CallOptions, call, type ListOptions } from '../call.ts';
import { Channel } from '../channel.ts';
import type { Token } from '../credentials.ts';
import { patiently } from '../patience.ts';
import type { DirectConnection } from './direct-io.ts';

/** Creates a cluster from the text of a template; without one, a line of three hexagons. */
export function createCluster(
  token: Token,
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

/** Creates a cluster from a checkpoint. */
export function createClusterFromCheckpoint(
  token: Token,
  address: string,
  clusterName: string,
  checkpointUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof createEndpoint>> {
  return call(createEndpoint, token, address, { name: clusterName, checkpoint_uuid: checkpointUuid }, options);
}

/** Gets a cluster and what has grown in it. */
export function getCluster(
  token: Token,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof getEndpoint>> {
  return call(getEndpoint, token, address, { uuid: clusterUuid }, options);
}

/** Lists all visible clusters. */
export function listClusters(
  token: Token,
  address: string,
  { limit, offset, order, name, ...options }: ListOptions = {},
): Promise<OutputOf<typeof listEndpoint>> {
  return call(listEndpoint, token, address, { limit, offset, order, name }, options);
}

/** Deletes a cluster; its running task is aborted. */
export function deleteCluster(
  token: Token,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof deleteEndpoint>> {
  return call(deleteEndpoint, token, address, { uuid: clusterUuid }, options);
}

/** Saves the state of a cluster as a checkpoint. */
export function saveCluster(
  token: Token,
  address: string,
  checkpointName: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof saveEndpoint>> {
  return call(saveEndpoint, token, address, { name: checkpointName, cluster_uuid: clusterUuid }, options);
}

/** Puts a cluster into the state of a checkpoint. */
export function restoreCluster(
  token: Token,
  address: string,
  checkpointUuid: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof restoreEndpoint>> {
  return call(restoreEndpoint, token, address, { checkpoint_uuid: checkpointUuid, cluster_uuid: clusterUuid }, options);
}

/** Moves a cluster to another logical host; a running task resumes there. */
export function switchHost(
  token: Token,
  address: string,
  clusterUuid: string,
  hostUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof switchEndpoint>> {
  return call(switchEndpoint, token, address, { cluster_uuid: clusterUuid, hexagon_id: 1, host_uuid: hostUuid }, options);
}

/**
 * Switches a cluster to DIRECT mode, and opens a websocket to it for the functions of `directIo`.
 * @throws Conflict while tasks of the cluster are queued or active.
 */
export async function switchToDirectMode(
  token: Token,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<DirectConnection> {
  await setMode(token, address, clusterUuid, 'DIRECT', options);
  return connectDirectly(token, address, clusterUuid, options);
}

/** Replaces a lost websocket; while the server cannot be reached, retries with growing pauses. */
export function reconnectDirectly(token: Token, address: string, clusterUuid: string, options?: CallOptions): Promise<DirectConnection> {
  return patiently(() => switchToDirectMode(token, address, clusterUuid, options), options);
}

/** Opens a websocket to a cluster that is in DIRECT mode. @throws BadRequest in TASK mode. */
export function connectDirectly(token: Token, address: string, clusterUuid: string, options?: CallOptions): Promise<DirectConnection> {
  return Channel.open(token, address, { target: 'cluster', uuid: clusterUuid }, options);
}

/** Switches a cluster to tasks (TASK) or websockets (DIRECT). @throws Conflict for DIRECT while tasks are queued or active. */
export function setMode(
  token: Token,
  address: string,
  clusterUuid: string,
  mode: 'TASK' | 'DIRECT',
  options?: CallOptions,
): Promise<OutputOf<typeof setClusterMode>> {
  return call(setClusterMode, token, address, { uuid: clusterUuid, new_state: mode }, options);
}

/** Switches a cluster back to tasks; its direct connections are closed. */
export function switchToTaskMode(
  token: Token,
  address: string,
  clusterUuid: string,
  options?: CallOptions,
): Promise<OutputOf<typeof setClusterMode>> {
  return setMode(token, address, clusterUuid, 'TASK', options);
}

/** Sets who sees a cluster. */
export function setVisibility(
  token: Token,
  address: string,
  clusterUuid: string,
  visibility: Visibility,
  options?: CallOptions,
): Promise<OutputOf<typeof setClusterVisibility>> {
  return call(setClusterVisibility, token, address, { uuid: clusterUuid, visibility }, options);
}
