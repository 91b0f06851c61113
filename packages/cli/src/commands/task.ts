import { taskState } from '@openhanami/contract';
import type { List, Task } from '@openhanami/sdk';
import type { Command } from 'commander';
import { countOf, group, leaf, listLeaf, repeated } from '../command.ts';
import { showJudged } from '../judging.ts';
import { UUID, uuidOf } from '../names.ts';
import { printDeleted, printFields, printLine } from '../print.ts';
import { type Session, UsageError } from '../session.ts';
import { follow, followNew } from '../task-progress.ts';

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

/** `UUID:COLUMN:HEXAGON`, or `UUID:COLUMN,COLUMN,…:HEXAGON` with `*` for all and `-COLUMN` for all but one. */
async function sources(session: Session, flag: string, given: unknown) {
  const found = [];
  for (const text of parts(given, /,(?=[^,:]+:[^:]+:[^,:]+(?:,|$))/)) {
    const [named = '', columns = '', hexagon_name = ''] = split(flag, text, /^([^:]+):(.+):([^:]+)$/, 'UUID:COLUMN:HEXAGON');
    const dataset_uuid = await uuidOf(session, 'dataset', named);
    found.push({ dataset_uuid, hexagon_name, ...(await columnsOf(session, dataset_uuid, columns)) });
  }
  return found;
}

/** A column may have a comma in its name: what the data set has is one column. */
async function columnsOf(
  { api }: Session,
  uuid: string,
  text: string,
): Promise<{ dataset_column: string } | { dataset_columns: string[] }> {
  const isSeveral = text.includes(',') || text === '*' || text.startsWith('-');
  if (!isSeveral) return { dataset_column: text };
  const { description } = await api.getDataset({ uuid });
  return Object.hasOwn(description, text) ? { dataset_column: text } : { dataset_columns: text.split(',') };
}

function results(given: unknown, all_classes: boolean) {
  return parts(given, /,(?=[^:,]+:)/).map((text) => {
    const [hexagon_name = '', dataset_column = ''] = split('-r', text, /^([^:]+):(.+)$/, 'HEXAGON:COLUMN');
    return { dataset_column, hexagon_name, ...(all_classes ? { all_classes } : {}) };
  });
}

/** Checks a task's uuid. @throws UsageError for a name, since tasks of one cluster may share theirs. */
function taskOf(given = ''): string {
  if (UUID.test(given)) return given;
  throw new UsageError(`a task is named by its uuid, which hanamictl task list -c <cluster> shows; '${given}' is none`);
}

/** Prints a task, and how rows are answered that were kept apart. */
function showTask(answer: Task): void {
  printFields(answer, answer.reason === undefined ? FIELDS : [...FIELDS, 'reason']);
  for (const [name, judged] of Object.entries(answer.holdout ?? {})) {
    printLine(`judged on ${judged.rows} rows that were kept apart:`);
    showJudged(name, judged);
  }
}

function shareOf(given: unknown): number {
  const share = Number(given);
  if (share >= 0 && share <= 0.9) return share;
  throw new UsageError(`--holdout is a share from 0 to 0.9, not '${given}'`);
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
      '-i, --input <uuid:columns:hexagon>',
      'a column of a data set for an input, or several by name: a,b or * or *,-c; can be repeated',
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
          const created = await session.api.createTrainTask({
            name,
            cluster_uuid: String(options['cluster']),
            inputs,
            outputs,
            time_length: countOf('--time', options['time']),
            epochs: options['epochs'] === 'auto' ? 'auto' : countOf('--epochs', options['epochs']),
            shuffle: options['shuffle'] === true,
            seed: countOf('--seed', options['seed']),
            holdout: shareOf(options['holdout']),
          });
          return options['wait'] === true ? followNew(session, created, String(options['cluster']), 'train') : created;
        },
        showTask,
      ),
    )
      .requiredOption('-o, --output <uuid:column:hexagon>', 'rows of a data set that an output shall learn; can be repeated', repeated)
      .option('-e, --epochs <number>', 'how often the training goes over its rows; auto: as long as it helps', '1')
      .option('--shuffle', 'take the rows in a random order')
      .option('--seed <number>', 'fixes the order, and which rows are kept apart', '0')
      .option('--holdout <share>', 'share of the rows that is kept apart, to judge by', '0'),
    withCommonOptions(
      leaf(
        'request <name>',
        'ask a cluster; its answers become a data set',
        'task create request -i <dataset_uuid>:picture:picture -r label:test_output -c <cluster_uuid> --wait request_task',
        async (session, [name = ''], options) => {
          const inputs = await sources(session, '-i', options['input']);
          const created = await session.api.createRequestTask({
            name,
            cluster_uuid: String(options['cluster']),
            inputs,
            results: results(options['result'], options['all'] === true),
            time_length: countOf('--time', options['time']),
          });
          return options['wait'] === true ? followNew(session, created, String(options['cluster']), 'request') : created;
        },
        (answer) => printFields(answer, FIELDS),
      ),
    )
      .requiredOption('-r, --result <hexagon:column>', 'column that gets the answers of an output; can be repeated', repeated)
      .option('--all', 'of classes: the probability of each'),
  ]),
  leaf(
    'get <uuid>',
    'show a task and its progress',
    'task get -c 9f86921d-9a7c-44a2-836c-1683928d9354 2e28e3bb-af45-4fbc-8ce3-c0c9a8e704bc',
    ({ api }, [uuid], { cluster }) => api.getTask({ uuid: taskOf(uuid), cluster_uuid: clusterOf(cluster) }),
    showTask,
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
    showTask,
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
