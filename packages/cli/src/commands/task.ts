import { taskState } from '@openhanami/contract';
import { type List, type Task, task } from '@openhanami/sdk';
import type { Command } from 'commander';
import { countOf, group, leaf, listLeaf, repeated } from '../command.ts';
import { atInterrupt, tell } from '../interrupts.ts';
import { UUID, uuidOf } from '../names.ts';
import { printDeleted, printFields } from '../print.ts';
import { showProgress } from '../progress.ts';
import { type Session, UsageError } from '../session.ts';

const FIELDS = ['uuid', 'state', 'current_cycle', 'total_number_of_cycles', 'queue_timestamp', 'start_timestamp', 'end_timestamp'];

/** Splits `UUID:COLUMN:HEXAGON` or `HEXAGON:COLUMN`; columns may contain colons. */
function split(flag: string, text: string, pattern: RegExp, form: string): string[] {
  const match = pattern.exec(text);
  if (!match) throw new UsageError(`${flag} must look like ${form}, not '${text}'`);
  return match.slice(1);
}

/** Values of an option that is repeated, or contains several separated by commas. @param next pattern of such a comma. */
function parts(given: unknown, next: RegExp): string[] {
  return (given as string[]).flatMap((text) => text.split(next));
}

async function sources(session: Session, flag: string, given: unknown) {
  const found = [];
  for (const text of parts(given, /,(?=[^,:]+:[^,:]+:[^,:]+(?:,|$))/)) {
    const [named = '', dataset_column = '', hexagon_name = ''] = split(flag, text, /^([^:]+):(.+):([^:]+)$/, 'UUID:COLUMN:HEXAGON');
    found.push({ dataset_uuid: await uuidOf(session, 'dataset', named), dataset_column, hexagon_name });
  }
  return found;
}

function results(given: unknown) {
  return parts(given, /,(?=[^:,]+:)/).map((text) => {
    const [hexagon_name = '', dataset_column = ''] = split('-r', text, /^([^:]+):(.+)$/, 'HEXAGON:COLUMN');
    return { dataset_column, hexagon_name };
  });
}

/** Warns if data sets that are read together differ in their number of rows. */
async function tellOfRows({ api }: Session, given: readonly { readonly dataset_uuid: string }[]): Promise<void> {
  const uuids = [...new Set(given.map(({ dataset_uuid }) => dataset_uuid))];
  if (uuids.length < 2) return;
  const rows = await Promise.all(uuids.map(async (uuid) => (await api.getDataset({ uuid })).number_of_rows));
  const fewest = Math.min(...rows);
  if (rows.some((count) => count !== fewest))
    tell(`warning: the data sets have ${rows.join(' and ')} rows; only the first ${fewest} of each are used`);
}

/** Follows a task to its end and shows its progress. An interrupt does not end the task, and prints how to follow it again. */
async function follow({ token, address, options }: Session, { uuid }: Task, cluster: string, kind: string): Promise<Task> {
  const hints = `hanamictl task wait ${uuid} follows it, hanamictl task delete ${uuid} stops it`;
  const forget = atInterrupt(() => tell(`the task ${uuid} goes on: ${hints}`));
  const progress = showProgress(kind, 'cycles');
  const update = ({ current_cycle, total_number_of_cycles }: Task): void => progress.update(current_cycle, total_number_of_cycles);
  try {
    return await task.waitForTask(token, address, uuid, cluster, update, options);
  } catch (error) {
    progress.stop();
    if (!(error instanceof task.TaskFailed)) tell(`the task ${uuid} goes on if its server does: ${hints}`);
    throw error;
  } finally {
    forget();
    progress.stop();
  }
}

function followNew(session: Session, created: Task, cluster: string, kind: string): Promise<Task> {
  const { uuid } = created;
  tell(`${kind}: task ${uuid} is queued; it goes on without this command (hanamictl task wait ${uuid})`);
  return follow(session, created, cluster, kind);
}

/** Checks a task's uuid. @throws UsageError for a name, since tasks of one cluster may share theirs. */
function taskOf(given = ''): string {
  if (UUID.test(given)) return given;
  throw new UsageError(`a task is named by its uuid, which hanamictl task list -c <cluster> shows; '${given}' is none`);
}

const clusterOf = (given: unknown): string | undefined => (given === undefined ? undefined : String(given));

/** Adds a column with the progress of each task in percent. */
function withProgress(list: List): List {
  const percentage = list.header.indexOf('percentage');
  const body = list.body.map((row) => [...row, `${(100 * Number(row[percentage])).toFixed(1)} %`]);
  return { ...list, header: [...list.header, 'progress'], body };
}

function withCommonOptions(command: Command): Command {
  return command
    .requiredOption(
      '-i, --input <uuid:column:hexagon>',
      'rows of a data set for an input; can be repeated, or several with commas between',
      repeated,
    )
    .requiredOption('-c, --cluster <uuid>', 'the cluster')
    .option('-t, --time <length>', 'for series: how many rows, the present one and those before it, are shown at once', '1')
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
          const inputs = await sources(session, '-i', options['input']);
          const outputs = await sources(session, '-o', options['output']);
          await tellOfRows(session, [...inputs, ...outputs]);
          const created = await session.api.createTrainTask({
            name,
            cluster_uuid: String(options['cluster']),
            inputs,
            outputs,
            time_length: countOf('--time', options['time']),
            epochs: countOf('--epochs', options['epochs']),
          });
          return options['wait'] === true ? followNew(session, created, String(options['cluster']), 'train') : created;
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
          const inputs = await sources(session, '-i', options['input']);
          await tellOfRows(session, inputs);
          const created = await session.api.createRequestTask({
            name,
            cluster_uuid: String(options['cluster']),
            inputs,
            results: results(options['result']),
            time_length: countOf('--time', options['time']),
          });
          return options['wait'] === true ? followNew(session, created, String(options['cluster']), 'request') : created;
        },
        (answer) => printFields(answer, FIELDS),
      ),
    ).requiredOption('-r, --result <hexagon:column>', 'column that gets the answers of an output; can be repeated', repeated),
  ]),
  leaf(
    'get <uuid>',
    'show a task and its progress',
    'task get -c 9f86921d-9a7c-44a2-836c-1683928d9354 2e28e3bb-af45-4fbc-8ce3-c0c9a8e704bc',
    ({ api }, [uuid], { cluster }) => api.getTask({ uuid: taskOf(uuid), cluster_uuid: clusterOf(cluster) }),
    (answer) => printFields(answer, answer.reason === undefined ? FIELDS : [...FIELDS, 'reason']),
  ).option('-c, --cluster <uuid>', 'the cluster'),
  leaf(
    'wait <uuid>',
    'wait for the end of a task, showing progress',
    'task wait 2e28e3bb-af45-4fbc-8ce3-c0c9a8e704bc',
    async (session, [uuid], { cluster }) => {
      const found = await session.api.getTask({ uuid: taskOf(uuid), cluster_uuid: clusterOf(cluster) });
      if (found.state === 'finished') return found;
      return follow(session, found, found.cluster_uuid ?? String(cluster), 'task');
    },
    (answer) => printFields(answer, FIELDS),
  ).option('-c, --cluster <uuid>', 'the cluster'),
  listLeaf(
    'the tasks of a cluster',
    'task list -c 49d50999-c47f-48cb-906b-211218f897e4',
    async ({ api }, part, { cluster, state, json_output }) => {
      const wanted = taskState.optional().safeParse(state);
      if (!wanted.success) throw new UsageError(`--state is one of ${taskState.options.join(', ')}, not '${state}'`);
      const answer = await api.listTasks({ ...part, cluster_uuid: String(cluster), state: wanted.data });
      return json_output === true ? answer : withProgress(answer);
    },
    ['uuid', 'state', 'name', 'progress'],
  )
    .requiredOption('-c, --cluster <uuid>', 'the cluster')
    .option('--state <state>', `only tasks of a state: ${taskState.options.join(', ')}`),
  leaf(
    'delete <uuid>',
    'delete a task; an active one is aborted',
    'task delete -c 9f86921d-9a7c-44a2-836c-1683928d9354 2e28e3bb-af45-4fbc-8ce3-c0c9a8e704bc',
    ({ api }, [uuid], { cluster }) => api.deleteTask({ uuid: taskOf(uuid), cluster_uuid: clusterOf(cluster) }),
    (_, [uuid = '']) => printDeleted('task', uuid),
  ).option('-c, --cluster <uuid>', 'the cluster'),
]);
