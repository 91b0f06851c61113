import { checkTemplate } from '@openhanami/engine/template';
import { table, toBase64 } from '@openhanami/sdk';
import { Command } from 'commander';
import { counted, group, leaf, listLeaf } from '../command.ts';
import { readText } from '../file.ts';
import { uuidOf } from '../names.ts';
import { printDeleted, printFields, printLine } from '../print.ts';
import { logIn, UsageError } from '../session.ts';
import { TEMPLATE } from '../template.ts';
import { visibilityCommand } from './visibility.ts';

const FIELDS = ['uuid', 'name', 'visibility', 'owner_id', 'project_id', 'created_at'];
const GROWN = [
  'uuid',
  'name',
  'visibility',
  'owner_id',
  'number_of_blocks',
  'number_of_sections',
  'project_id',
  'created_at',
  'neurons',
  'memory',
  'mode',
];

const listed = (columns: string): string[] => columns.split(',').map((name) => name.trim());

/** The template for a table. @throws UsageError for a target that it does not have. */
async function templateFor(dataset: string | undefined, target: string | undefined): Promise<string> {
  if (dataset === undefined || target === undefined)
    throw new UsageError('--for says which table, and --target what is to be answered of it');
  const session = await logIn({});
  const { columns = [] } = await session.api.getDataset({ uuid: await uuidOf(session, 'dataset', dataset) });
  const names = columns.map(({ name }) => name);
  for (const name of listed(target)) {
    if (!names.includes(name))
      throw new UsageError(`the data set has no column '${name}'; it has ${names.map((one) => `'${one}'`).join(', ')}`);
  }
  return table.tableTemplate(listed(target), names);
}

const readTemplate = (file: string): string => readText('template', file);

export const clusterCommands = group('cluster', 'clusters: networks that grow', [
  leaf(
    'create <name>',
    'create a cluster',
    'cluster create -t ./cluster_template cli_test_cluster',
    ({ api }, [name = ''], { template, checkpoint, target }) => {
      if ([template, checkpoint, target].filter((given) => given !== undefined).length > 1)
        throw new UsageError('give either --template or --target or --checkpoint');
      if (typeof target === 'string') return api.createCluster({ name, template: toBase64(table.tableTemplate(listed(target))) });
      if (typeof checkpoint === 'string') return api.createCluster({ name, checkpoint_uuid: checkpoint });
      return api.createCluster({ name, ...(typeof template === 'string' ? { template: toBase64(readTemplate(template)) } : {}) });
    },
    (answer) => printFields(answer, FIELDS),
  )
    .option(
      '-t, --template <file>',
      "file with the template; without one, a line of three hexagons with the input 'input' and the output 'output'",
    )
    .option('--target <columns>', "for tables: one input, 'features', and an output for each of these columns")
    .option('--checkpoint <uuid>', 'a checkpoint to begin with'),
  new Command('template')
    .description('print a commented template to start from, or check one')
    .option('--check <file>', 'check a template; says line and reason of a fault')
    .option('--for <data set>', 'print the template for a table')
    .option('--target <columns>', 'what is to be answered of that table; several with commas between them')
    .addHelpText(
      'after',
      '\nExample:\n  hanamictl cluster template > cluster_template\n  hanamictl cluster template --check cluster_template',
    )
    .action(async ({ check, for: dataset, target }: { check?: string; for?: string; target?: string }) => {
      if (dataset !== undefined || target !== undefined) {
        printLine((await templateFor(dataset, target)).trimEnd());
        return;
      }
      if (check === undefined) {
        printLine(TEMPLATE.trimEnd());
        return;
      }
      const { hexagons, inputs, outputs } = checkTemplate(readTemplate(check));
      const names = (list: readonly { name: string }[]): string => list.map(({ name }) => `'${name}'`).join(', ');
      printLine(`the template is fine: ${hexagons.length} hexagons, inputs ${names(inputs)}, outputs ${names(outputs)}`);
    }),
  leaf(
    'get <uuid>',
    'show a cluster',
    'cluster get 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ api }, [uuid = '']) => api.getCluster({ uuid }),
    (answer) => printFields({ ...answer, memory: `${(answer.memory / 1e6).toFixed(1)} MB` }, GROWN),
    { of: 'cluster' },
  ),
  listLeaf('all visible clusters', 'cluster list', ({ api }, part) => api.listClusters(part), FIELDS),
  leaf(
    'delete <uuid>',
    'delete a cluster',
    'cluster delete 12959485-51a7-45bc-84dd-aad1c9bfd510',
    async ({ api }, [uuid = ''], { force }) => {
      if (force !== true) {
        for (const state of ['active', 'queued'] as const) {
          const { body } = await api.listTasks({ cluster_uuid: uuid, state });
          if (body.length > 0)
            throw new UsageError(`the cluster has ${counted(body.length, `${state} task`)}; --force deletes it nevertheless`);
        }
      }
      return api.deleteCluster({ uuid });
    },
    (_, [uuid = '']) => printDeleted('cluster', uuid),
    { of: 'cluster' },
  ).option('--force', 'abort its tasks'),
  leaf(
    'save <uuid>',
    'save the state of a cluster as a checkpoint',
    'cluster save -n cli_test_checkpoint 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ api }, [uuid = ''], { name }) => api.saveCluster({ name: String(name), cluster_uuid: uuid }),
    (answer) => printFields(answer, ['uuid', 'name']),
    { of: 'cluster' },
  ).requiredOption('-n, --name <name>', 'name of the checkpoint'),
  leaf(
    'restore <uuid>',
    'put a cluster into the state of a checkpoint',
    'cluster restore -c 9303816f-e575-410b-a75d-8444ff3ac303 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ api }, [uuid = ''], { checkpoint }) => api.restoreCluster({ cluster_uuid: uuid, checkpoint_uuid: String(checkpoint) }),
    (answer) => printFields(answer, ['uuid']),
    { of: 'cluster' },
  ).requiredOption('-c, --checkpoint <uuid>', 'the checkpoint'),
  leaf(
    'switch-host <uuid>',
    'move a cluster to another logical host; a running task goes on there',
    'cluster switch-host -h cc6120c7-cc31-4f17-baee-c6c606f00512 12959485-51a7-45bc-84dd-aad1c9bfd510',
    ({ api }, [uuid = ''], { host }) => {
      if (typeof host !== 'string') throw new UsageError('-h is the host here: -h <uuid>, as host list shows it; help is --help');
      return api.switchHost({ cluster_uuid: uuid, hexagon_id: 1, host_uuid: host });
    },
    (answer) => printFields(answer, FIELDS),
    { of: 'cluster' },
  )
    .helpOption('--help', 'display help for command')
    .requiredOption('-h, --host [uuid]', 'the host; see host list'),
  leaf(
    'mode <uuid> <mode>',
    'let a cluster work off tasks (task) or talk to direct connections (direct)',
    'cluster mode 12959485-51a7-45bc-84dd-aad1c9bfd510 task',
    ({ api }, [uuid = '', mode = '']) => {
      const wanted = mode.toUpperCase();
      if (wanted !== 'TASK' && wanted !== 'DIRECT') throw new UsageError(`the mode is task or direct, not '${mode}'`);
      return api.setClusterMode({ uuid, new_state: wanted });
    },
    (answer) => printFields(answer, ['uuid', 'name', 'new_state']),
    { of: 'cluster' },
  ),
  visibilityCommand('cluster', 'setClusterVisibility', FIELDS),
]);
