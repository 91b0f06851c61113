import { checkpoint } from '@openhanami/sdk';
import { group, leaf } from '../command.ts';
import { printDeleted, printFields, printList } from '../print.ts';

const FIELDS = ['uuid', 'name', 'visibility', 'owner_id', 'project_id', 'created_at'];

export const checkpointCommands = group('checkpoint', 'checkpoints: saved states of clusters', [
  leaf(
    'get <uuid>',
    'show a checkpoint',
    'checkpoint get 9303816f-e575-410b-a75d-8444ff3ac303',
    ({ token, address, options }, [uuid = '']) => checkpoint.getCheckpoint(token, address, uuid, options),
    (answer) => printFields(answer, FIELDS),
  ),
  leaf(
    'list',
    'list all visible checkpoints',
    'checkpoint list',
    ({ token, address, options }) => checkpoint.listCheckpoints(token, address, options),
    (answer) => printList(answer, FIELDS),
  ),
  leaf(
    'delete <uuid>',
    'delete a checkpoint',
    'checkpoint delete 9303816f-e575-410b-a75d-8444ff3ac303',
    ({ token, address, options }, [uuid = '']) => checkpoint.deleteCheckpoint(token, address, uuid, options),
    (_, [uuid = '']) => printDeleted('checkpoint', uuid),
  ),
]);
