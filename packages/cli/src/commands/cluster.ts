import { readFileSync } from 'node:fs';
import { cluster } from '@openhanami/sdk';
import { group, leaf } from '../command.ts';
import { printDeleted, printFields, printList } from '../print.ts';
import { UsageError } from '../session.ts';

const FIELDS = ['uuid', 'name', 'visibility', 'owner_id', 'project_id', 'created_at'];
const GROWN = ['uuid', 'name', 'visibility', 'owner_id', 'number_of_blocks', 'number_of_sections', 'project_id', 'created_at'];

function readTemplate(file: unknown): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(String(file), 'utf8');
  } catch (error) {
    throw new UsageError(`the template cannot be read: ${(error as Error).message}`);
  }
}

export const clusterCommands = group('cluster', 'clusters: networks that grow', [
  leaf(
    'create <name>',
    'create a cluster',
    'cluster create -t ./cluster_template cli_test_cluster',
    ({ token, address, options }, [name = ''], { template }) =>
      cluster.createCluster(token, address, name, readTemplate(template), options),
    (answer) => printFields(answer, FIELDS),
  ).option('-t, --template <file>', 'file with the template; without one, a line of three hexagons'),
  leaf(
    'get <uuid>',
    'show a cluster',
    'cluster get 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ token, address, options }, [uuid = '']) => cluster.getCluster(token, address, uuid, options),
    (answer) => printFields(answer, GROWN),
  ),
  leaf(
    'list',
    'list all visible clusters',
    'cluster list',
    ({ token, address, options }) => cluster.listClusters(token, address, options),
    (answer) => printList(answer, FIELDS),
  ),
  leaf(
    'delete <uuid>',
    'delete a cluster',
    'cluster delete 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ token, address, options }, [uuid = '']) => cluster.deleteCluster(token, address, uuid, options),
    (_, [uuid = '']) => printDeleted('cluster', uuid),
  ),
  leaf(
    'save <uuid>',
    'save the state of a cluster as a checkpoint',
    'cluster save -n cli_test_checkpoint 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ token, address, options }, [uuid = ''], { name }) => cluster.saveCluster(token, address, String(name), uuid, options),
    (answer) => printFields(answer, ['uuid', 'name']),
  ).requiredOption('-n, --name <name>', 'name of the checkpoint'),
  leaf(
    'restore <uuid>',
    'put a cluster into the state of a checkpoint',
    'cluster restore -c 9303816f-e575-410b-a75d-8444ff3ac303 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ token, address, options }, [uuid = ''], { checkpoint }) => cluster.restoreCluster(token, address, String(checkpoint), uuid, options),
    (answer) => printFields(answer, ['uuid']),
  ).requiredOption('-c, --checkpoint <uuid>', 'the checkpoint'),
]);
