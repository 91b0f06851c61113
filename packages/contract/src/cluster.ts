import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { base64Text, list, name, nothing, RESOURCE_COLUMNS, resource, searchInput, timestamp, uuid, whole } from './fields.ts';
import { fieldKind } from './rows.ts';

export const clusterMode = z.enum(['TASK', 'DIRECT']);
export type ClusterMode = z.infer<typeof clusterMode>;

const terminal = z.object({ name: z.string(), width: z.number() });
/** An input; of one that was trained with columns by name also these. */
const input = terminal.extend({
  fields: z
    .array(z.object({ name: z.string(), kind: fieldKind, categories: z.array(z.union([z.string(), z.number()])).optional() }))
    .optional(),
});
/** An output; of one that names a class also the classes. */
const output = terminal.extend({ classes: z.array(z.union([z.string(), z.number()])).optional() });

/** What has grown in a cluster. */
export const grown = {
  number_of_blocks: z.number(),
  number_of_sections: z.number(),
  neurons: z.number(),
  synapses: z.number(),
  /** Bytes. */
  memory: z.number(),
  inputs: z.array(input),
  outputs: z.array(output),
  /** Hexagons that grow, and their neurons so far; left out of clusters with more than 2,000. */
  hexagons: z.array(z.object({ x: z.number(), y: z.number(), z: z.number(), neurons: z.number() })).optional(),
  /** The text that it was made from; left out if it is longer than 65,536 characters. */
  template: z.string().optional(),
};

export const createCluster = endpoint({
  method: 'POST',
  path: '/cluster',
  summary: 'Create a cluster from a template or from a checkpoint; a line of three hexagons without either',
  input: z.strictObject({
    name,
    template: base64Text.optional(),
    checkpoint_uuid: uuid.optional(),
    /** Fixes what is random in a new cluster: the same rows in the same order make the same network on one thread. */
    seed: whole(0, 2 ** 32 - 1).optional(),
  }),
  output: resource,
  errors: [404, 409],
});

export const getCluster = endpoint({
  method: 'GET',
  path: '/cluster',
  summary: 'Get a cluster and what has grown in it',
  input: z.strictObject({ uuid }),
  output: resource.extend({ ...grown, host: z.string(), mode: clusterMode }),
  errors: [404],
});

export const listClusters = endpoint({
  method: 'GET',
  path: '/cluster/all',
  summary: 'List all visible clusters',
  input: searchInput,
  output: list(RESOURCE_COLUMNS),
  errors: [],
});

export const deleteCluster = endpoint({
  method: 'DELETE',
  path: '/cluster',
  summary: 'Delete a cluster; a running task is aborted first',
  input: z.strictObject({ uuid }),
  output: nothing,
  errors: [404],
});

export const saveCluster = endpoint({
  method: 'POST',
  path: '/cluster/save',
  summary: 'Save the state of a cluster as a checkpoint',
  input: z.strictObject({ name, cluster_uuid: uuid }),
  output: z.object({ uuid: z.string(), name: z.string() }),
  errors: [404],
});

export const restoreCluster = endpoint({
  method: 'POST',
  path: '/cluster/load',
  summary: 'Put a cluster into the state of a checkpoint',
  input: z.strictObject({ cluster_uuid: uuid, checkpoint_uuid: uuid }),
  output: z.object({ uuid: z.string() }),
  errors: [404, 409],
});

export const setClusterMode = endpoint({
  method: 'PUT',
  path: '/cluster/set_mode',
  summary: 'Let a cluster work off tasks (TASK) or talk over websockets (DIRECT)',
  input: z.strictObject({
    uuid,
    new_state: z.enum(['TASK', 'DIRECT'], "must be 'TASK' or 'DIRECT'"),
    /** Accepted from old clients and ignored: a connection names its cluster in its first message. */
    connection_uuid: uuid.optional(),
  }),
  output: z.object({ created_at: timestamp, uuid: z.string(), name: z.string(), new_state: clusterMode }),
  errors: [404, 409],
});

export const switchHost = endpoint({
  method: 'PUT',
  path: '/cluster/switch_host',
  summary: 'Move a cluster to another logical host; a running task goes on there',
  input: z.strictObject({
    cluster_uuid: uuid,
    /** Ignored, since clusters move as a whole. */
    hexagon_id: whole(0, Number.MAX_SAFE_INTEGER).optional(),
    host_uuid: uuid,
  }),
  output: resource,
  errors: [404, 409],
});
