import type { Client } from '@openhanami/sdk';

/** A cluster as the server tells of it. */
export type ClusterData = Awaited<ReturnType<Client['getCluster']>>;

/** A field of the table that its input learnt. */
export type Field = NonNullable<ClusterData['inputs'][number]['fields']>[number];
