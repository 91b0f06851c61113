import {
  createCluster as createEndpoint,
  deleteCluster as deleteEndpoint,
  getCluster as getEndpoint,
  listClusters as listEndpoint,
  type OutputOf,
  restoreCluster as restoreEndpoint,
  saveCluster as saveEndpoint,
  toBase64,
} from '@openhanami/contract';
import { type CallOptions, call } from './call.ts';

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
