import { checkpoint } from '@openhanami/sdk';
import { group, leaf } from '../command.ts';
import { saveTo } from '../file.ts';
import { printDeleted, printFields, printLine, printList } from '../print.ts';
import { showProgress } from '../progress.ts';
import { visibilityCommand } from './visibility.ts';

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
  leaf(
    'download <uuid>',
    'save a checkpoint as a file; goes on where it broke off',
    'checkpoint download -o first.checkpoint 9303816f-e575-410b-a75d-8444ff3ac303',
    ({ token, address, options }, [uuid = ''], { output, force }) =>
      saveTo(typeof output === 'string' ? output : `${uuid}.checkpoint`, force === true, (offset) =>
        checkpoint.downloadCheckpoint(token, address, uuid, { ...options, offset }),
      ),
    ({ file, bytes }) => file !== '-' && printLine(`saved ${file} (${bytes} bytes)`),
  )
    .option('-o, --output <file>', 'where to; left out, <uuid>.checkpoint; - is standard output')
    .option('--force', 'overwrite the file'),
  leaf(
    'upload <name>',
    'upload a checkpoint that was downloaded before',
    'checkpoint upload -i first.checkpoint cli_test_checkpoint',
    async ({ token, address, options }, [name = ''], { input }) => {
      const progress = showProgress('upload', 'MB', 1e6);
      try {
        const onProgress = (arrived: number, total: number): void => progress.update(arrived, total);
        const uuid = await checkpoint.uploadCheckpoint(token, address, name, String(input), onProgress, options);
        return await checkpoint.getCheckpoint(token, address, uuid, options);
      } finally {
        progress.stop();
      }
    },
    (answer) => printFields(answer, FIELDS),
  ).requiredOption('-i, --input <file>', 'the file'),
  visibilityCommand('checkpoint', checkpoint.setVisibility, FIELDS),
]);
