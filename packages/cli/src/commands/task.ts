import { type Task, task } from '@openhanami/sdk';
import type { Command } from 'commander';
import { group, leaf, repeated } from '../command.ts';
import { printDeleted, printFields, printList } from '../print.ts';
import { showProgress } from '../progress.ts';
import { type Session, UsageError } from '../session.ts';

const FIELDS = ['uuid', 'state', 'current_cycle', 'total_number_of_cycles', 'queue_timestamp', 'start_timestamp', 'end_timestamp'];

/** The parts of `UUID:COLUMN:HEXAGON` or `HEXAGON:COLUMN`; columns may hold colons themselves. */
function split(flag: string, text: string, pattern: RegExp, form: string): string[] {
  const match = pattern.exec(text);
  if (!match) throw new UsageError(`${flag} must look like ${form}, not '${text}'`);
  return match.slice(1);
}

function sources(flag: string, given: unknown) {
  return (given as string[]).map((text) => {
    const [dataset_uuid = '', dataset_column = '', hexagon_name = ''] = split(flag, text, /^([^:]+):(.+):([^:]+)$/, 'UUID:COLUMN:HEXAGON');
    return { dataset_uuid, dataset_column, hexagon_name };
  });
}

function results(given: unknown) {
  return (given as string[]).map((text) => {
    const [hexagon_name = '', dataset_column = ''] = split('-r', text, /^([^:]+):(.+)$/, 'HEXAGON:COLUMN');
    return { dataset_column, hexagon_name };
  });
}

/** With --wait, follows a task to its end and shows how far it is. */
async function follow(session: Session, created: Task, kind: string, { wait, cluster }: Record<string, unknown>): Promise<Task> {
  if (wait !== true) return created;
  const progress = showProgress(kind, 'cycles');
  try {
    const { token, address, options } = session;
    return await task.waitForTask(
      token,
      address,
      created.uuid,
      String(cluster),
      (now) => progress.update(now.current_cycle, now.total_number_of_cycles),
      options,
    );
  } finally {
    progress.stop();
  }
}

function withCommonOptions(command: Command): Command {
  return command
    .requiredOption('-i, --input <uuid:column:hexagon>', 'rows of a data set for an input; can be repeated', repeated)
    .requiredOption('-c, --cluster <uuid>', 'the cluster')
    .option('-t, --time <length>', 'rows in a window', '1')
    .option('-w, --wait', 'wait for the end, showing progress');
}

export const taskCommands = group('task', 'tasks: trainings and requests in the queue of a cluster', [
  group('create', 'queue a task', [
    withCommonOptions(
      leaf(
        'train <name>',
        'train a cluster',
        'task create train -i <dataset_uuid>:picture:picture -o <dataset_uuid>:label:label -c <cluster_uuid> --wait train_task',
        async (session, [name = ''], options) => {
          const created = await task.createTrainTask(
            session.token,
            session.address,
            name,
            String(options['cluster']),
            sources('-i', options['input']),
            sources('-o', options['output']),
            Number(options['time']),
            Number(options['epochs']),
            session.options,
          );
          return follow(session, created, 'train', options);
        },
        (answer) => printFields(answer, FIELDS),
      ),
    )
      .requiredOption('-o, --output <uuid:column:hexagon>', 'rows of a data set that an output shall learn; can be repeated', repeated)
      .option('-e, --epochs <number>', 'how often the training goes over its rows', '1'),
    withCommonOptions(
      leaf(
        'request <name>',
        'ask a cluster; its answers become a data set',
        'task create request -i <dataset_uuid>:picture:picture -r label:test_output -c <cluster_uuid> --wait request_task',
        async (session, [name = ''], options) => {
          const created = await task.createRequestTask(
            session.token,
            session.address,
            name,
            String(options['cluster']),
            sources('-i', options['input']),
            results(options['result']),
            Number(options['time']),
            session.options,
          );
          return follow(session, created, 'request', options);
        },
        (answer) => printFields(answer, FIELDS),
      ),
    ).requiredOption('-r, --result <hexagon:column>', 'column that gets the answers of an output; can be repeated', repeated),
  ]),
  leaf(
    'get <uuid>',
    'show a task and its progress',
    'task get -c 9f86921d-9a7c-44a2-836c-1683928d9354 2e28e3bb-af45-4fbc-8ce3-c0c9a8e704bc',
    ({ token, address, options }, [uuid = ''], { cluster }) => task.getTask(token, address, uuid, String(cluster), options),
    (answer) => printFields(answer, answer.reason === undefined ? FIELDS : [...FIELDS, 'reason']),
  ).requiredOption('-c, --cluster <uuid>', 'the cluster'),
  leaf(
    'list',
    'list the tasks of a cluster',
    'task list -c 49d50999-c47f-48cb-906b-211218f897e4',
    ({ token, address, options }, _, { cluster }) => task.listTasks(token, address, String(cluster), options),
    (answer) => printList(answer, ['uuid', 'state']),
  ).requiredOption('-c, --cluster <uuid>', 'the cluster'),
  leaf(
    'delete <uuid>',
    'delete a task; an active one is aborted',
    'task delete -c 9f86921d-9a7c-44a2-836c-1683928d9354 2e28e3bb-af45-4fbc-8ce3-c0c9a8e704bc',
    ({ token, address, options }, [uuid = ''], { cluster }) => task.deleteTask(token, address, uuid, String(cluster), options),
    (_, [uuid = '']) => printDeleted('task', uuid),
  ).requiredOption('-c, --cluster <uuid>', 'the cluster'),
]);
