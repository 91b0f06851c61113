import { project, token } from '@openhanami/sdk';
import { group, leaf } from '../command.ts';
import { printDeleted, printFields, printList } from '../print.ts';

const FIELDS = ['id', 'name', 'creator_id', 'created_at'];

export const projectCommands = group('project', 'projects, by which users are separated (admins only)', [
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
  leaf(
    'list',
    'list all projects',
    'project list',
    ({ token, address, options }) => project.listProjects(token, address, options),
    (answer) => printList(answer, FIELDS),
  ),
  leaf(
    'delete <id>',
    'delete a project',
    'project delete cli_test_project',
    ({ token, address, options }, [id = ''], { force }) => project.deleteProject(token, address, id, force === true, options),
    (_, [id = '']) => printDeleted('project', id),
  ).option('--force', 'also delete the resources in it'),
  leaf(
    'switch <id>',
    'print a token for another of your projects',
    'project switch cli_test_project',
    ({ token: own, address, options }, [id = '']) => token.switchProject(own, address, id, options),
    (answer) => printFields(answer, ['id', 'name', 'is_admin', 'token']),
  ),
]);
