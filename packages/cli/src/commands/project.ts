import { QUOTA_LIMITS } from '@openhanami/contract';
import { project, token } from '@openhanami/sdk';
import { group, leaf, listLeaf } from '../command.ts';
import { tell } from '../interrupts.ts';
import { keepLogin } from '../login.ts';
import { printDeleted, printFields } from '../print.ts';

/** A limit as it is typed. */
function limitOf(name: string, text: string): number | null {
  if (text === 'none') return null;
  if (!/^\d+$/.test(text)) throw new Error(`--${name} must be a whole number or none, not '${text}'`);
  return Number(text);
}

const FIELDS = ['id', 'name', 'creator_id', 'created_at'];

export const projectCommands = group('project', 'projects, by which users are separated', [
  leaf(
    'create <id>',
    'create a project',
    'project create -n "cli test project" cli_test_project',
    ({ token, address, options }, [id = ''], { name }) => project.createProject(token, address, id, String(name), options),
    (answer) => printFields(answer, FIELDS),
  ).requiredOption('-n, --name <name>', 'name of the project'),
  leaf(
    'get <id>',
    'show a project',
    'project get cli_test_project',
    ({ token, address, options }, [id = '']) => project.getProject(token, address, id, options),
    (answer) => printFields(answer, FIELDS),
  ),
  listLeaf('all projects', 'project list', ({ token, address }, part) => project.listProjects(token, address, part), FIELDS),
  leaf(
    'quota <id>',
    'show or change what a project may use',
    'project quota --clusters 10 --queued_tasks none cli_test_project',
    ({ token, address, options }, [id = ''], given) => {
      const limits = Object.fromEntries(
        QUOTA_LIMITS.filter((limit) => given[limit] !== undefined).map((limit) => [limit, limitOf(limit, String(given[limit]))]),
      );
      return Object.keys(limits).length === 0
        ? project.getQuota(token, address, id, options)
        : project.setQuota(token, address, id, limits, options);
    },
    (answer) => printFields(answer, ['id', ...QUOTA_LIMITS, 'use']),
  )
    .option('--clusters <count>', 'most clusters; none: no limit')
    .option('--memory <bytes>', 'most memory of all clusters together')
    .option('--dataset_bytes <bytes>', 'most bytes of all data sets together')
    .option('--checkpoint_bytes <bytes>', 'most bytes of all checkpoints together')
    .option('--queued_tasks <count>', 'most tasks that wait or run'),
  leaf(
    'delete <id>',
    'delete a project',
    'project delete cli_test_project',
    ({ token, address, options }, [id = ''], { force }) => project.deleteProject(token, address, id, force === true, options),
    (_, [id = '']) => printDeleted('project', id),
  ).option('--force', 'also delete the resources in it'),
  leaf(
    'switch <id>',
    'work in another of your projects; prints its token, and keeps it if you logged in by hanamictl login',
    'project switch cli_test_project',
    async ({ token: own, address, options, kept }, [id = '']) => {
      const answer = await token.switchProject(own, address, id, options);
      if (kept) keepLogin({ address, user: answer.id, token: answer.token });
      else tell(`this shell logs in by its environment, so nothing has changed for later commands: export HANAMI_PROJECT=${id}`);
      return answer;
    },
    (answer) => printFields(answer, ['id', 'name', 'is_admin', 'token']),
  ),
]);
