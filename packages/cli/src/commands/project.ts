import { QUOTA_LIMITS } from '@openhanami/contract';
import { group, leaf, listLeaf } from '../command.ts';
import { tell } from '../interrupts.ts';
import { keepLogin } from '../login.ts';
import { printDeleted, printFields } from '../print.ts';
import { UsageError } from '../session.ts';

/** Parses a limit; null: none. */
function limitOf(name: string, text: string): number | null {
  if (text === 'none') return null;
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name} must be a whole number or none, not '${text}'`);
  return Number(text);
}

const FIELDS = ['id', 'name', 'creator_id', 'created_at'];

export const projectCommands = group('project', 'projects, by which users are separated', [
  leaf(
    'create <id>',
    'create a project',
    'project create -n "cli test project" cli_test_project',
    ({ api }, [id = ''], { name }) => api.createProject({ id, name: String(name) }),
    (answer) => printFields(answer, FIELDS),
  ).requiredOption('-n, --name <name>', 'name of the project'),
  leaf(
    'get <id>',
    'show a project',
    'project get cli_test_project',
    ({ api }, [id = '']) => api.getProject({ id }),
    (answer) => printFields(answer, FIELDS),
  ),
  listLeaf('all projects', 'project list', ({ api }, part) => api.listProjects(part), FIELDS),
  leaf(
    'quota <id>',
    'show or change what a project may use',
    'project quota --clusters 10 --queued_tasks none cli_test_project',
    ({ api }, [id = ''], given) => {
      const limits = Object.fromEntries(
        QUOTA_LIMITS.filter((limit) => given[limit] !== undefined).map((limit) => [limit, limitOf(limit, String(given[limit]))]),
      );
      return Object.keys(limits).length === 0 ? api.getQuota({ id }) : api.setQuota({ id, ...limits });
    },
    (answer) => printFields(answer, ['id', ...QUOTA_LIMITS, 'use']),
  )
    .option('--clusters <count>', 'most clusters; none: no limit')
    .option('--memory <bytes>', 'most memory of all clusters together')
    .option('--dataset_bytes <bytes>', 'most bytes of all data sets together')
    .option('--checkpoint_bytes <bytes>', 'most bytes of all checkpoints together')
    .option('--queued_tasks <count>', 'most tasks that wait or run')
    .option('--running_tasks <count>', 'most tasks that run at once; further ones wait'),
  leaf(
    'delete <id>',
    'delete a project',
    'project delete cli_test_project',
    ({ api }, [id = ''], { force }) => api.deleteProject({ id, force: force === true }),
    (_, [id = '']) => printDeleted('project', id),
  ).option('--force', 'also delete the resources in it'),
  leaf(
    'switch <id>',
    'work in another of your projects; prints its token, and keeps it if you logged in by hanamictl login',
    'project switch cli_test_project',
    async ({ api, address, kept }, [id = '']) => {
      const answer = await api.renewToken({ project_id: id });
      if (kept) keepLogin({ address, user: answer.id, token: answer.token });
      else tell(`this shell logs in by its environment, so nothing has changed for later commands: export HANAMI_PROJECT=${id}`);
      return answer;
    },
    (answer) => printFields(answer, ['id', 'name', 'is_admin', 'token']),
  ),
]);
