import { checkpoint } from '@openhanami/sdk';
import { group, leaf, listLeaf } from '../command.ts';
import { saveTo, withInput } from '../file.ts';
import { printDeleted, printFields, printLine } from '../print.ts';
import { RESUME, uploadWith } from '../upload.ts';
import { visibilityCommand } from './visibility.ts';

const FIELDS = ['uuid', 'name', 'visibility', 'owner_id', 'project_id', 'created_at'];

export const checkpointCommands = group('checkpoint', 'checkpoints: saved states of clusters', [
  leaf(
    'get <uuid>',
    'show a checkpoint',
    'checkpoint get 9303816f-e575-410b-a75d-8444ff3ac303',
    ({ api }, [uuid = '']) => api.getCheckpoint({ uuid }),
    (answer) => printFields(answer, FIELDS),
    { of: 'checkpoint' },
  ),
  listLeaf('all visible checkpoints', 'checkpoint list', ({ api }, part) => api.listCheckpoints(part), FIELDS),
  leaf(
    'delete <uuid>',
    'delete a checkpoint',
    'checkpoint delete 9303816f-e575-410b-a75d-8444ff3ac303',
    ({ api }, [uuid = '']) => api.deleteCheckpoint({ uuid }),
    (_, [uuid = '']) => printDeleted('checkpoint', uuid),
    { of: 'checkpoint' },
  ),
  leaf(
    'download <uuid>',
    'save a checkpoint as a file; goes on where it broke off',
    'checkpoint download -o first.checkpoint 9303816f-e575-410b-a75d-8444ff3ac303',
    ({ api }, [uuid = ''], { output, force }) =>
      saveTo(typeof output === 'string' ? output : `${uuid}.checkpoint`, force === true, (offset) =>
        api.downloadCheckpoint({ uuid }, { offset }),
      ),
    ({ file, bytes }) => file !== '-' && printLine(`saved ${file} (${bytes} bytes)`),
    { of: 'checkpoint' },
  )
    .option('-o, --output <file>', 'where to; left out, <uuid>.checkpoint; - is standard output')
    .option('--force', 'overwrite the file'),
  leaf(
    'upload <name>',
    'upload a checkpoint that was downloaded before',
    'checkpoint upload -i first.checkpoint cli_test_checkpoint',
    (session, [name = ''], { input, resume }) =>
      uploadWith(session, name, resume, async (onProgress, options) => {
        const uuid = await withInput(String(input), (file) =>
          checkpoint.uploadCheckpoint(session.token, session.address, name, file, onProgress, options),
        );
        return session.api.getCheckpoint({ uuid });
      }),
    (answer) => printFields(answer, FIELDS),
  )
    .requiredOption('-i, --input <file>', 'the file; - is standard input')
    .option('--resume', RESUME),
  visibilityCommand('checkpoint', 'setCheckpointVisibility', FIELDS),
]);
