import { toBase64, token } from '@openhanami/sdk';
import { askNewPassphrase, askPassphrase, passphraseOf } from '../ask.ts';
import { group, leaf, listLeaf } from '../command.ts';
import { keepLogin, loadLogin } from '../login.ts';
import { printDeleted, printFields, printLine, printList } from '../print.ts';

const FIELDS = ['id', 'name', 'is_admin', 'projects', 'creator_id', 'created_at'];

export const userCommands = group('user', 'users, their projects and passphrases', [
  leaf(
    'create <id>',
    'create a user, whose id has 4 characters at least; asks for the passphrase if -p is left out',
    'user create -n "cli test user" -p "asdfasdfasdf" cli_test_user',
    async ({ api }, [id = ''], { name, passphrase, is_admin }) => {
      const secret = passphraseOf(passphrase) ?? (await askNewPassphrase('-p <passphrase>'));
      return api.createUser({ id, name: String(name), passphrase: toBase64(secret), is_admin: is_admin === true });
    },
    (answer) => printFields(answer, FIELDS),
  )
    .requiredOption('-n, --name <name>', 'name of the user')
    .option('-p, --passphrase <passphrase>', 'passphrase of the user')
    .option('--is_admin', 'the user may do everything'),
  leaf(
    'get <id>',
    'show a user',
    'user get cli_test_user',
    ({ api }, [id = '']) => api.getUser({ id }),
    (answer) => printFields(answer, FIELDS),
  ),
  listLeaf('all users', 'user list', ({ api }, part) => api.listUsers(part), FIELDS),
  leaf(
    'delete <id>',
    'delete a user',
    'user delete cli_test_user',
    ({ api }, [id = ''], { force, heir }) =>
      api.deleteUser({ id, force: force === true, ...(heir === undefined ? {} : { heir: String(heir) }) }),
    (_, [id = '']) => printDeleted('user', id),
  )
    .option('--force', 'also what the user owns; tasks of the user are aborted')
    .option('--heir <id>', 'with --force: the user who gets what the user owns'),
  leaf(
    'passphrase',
    'change your own passphrase; asks for what is left out',
    'user passphrase',
    async ({ api, address, options, kept }, _, { passphrase, new_passphrase }) => {
      const present = passphraseOf(passphrase) ?? (await askPassphrase('Enter the present passphrase:', '-p <passphrase>'));
      const next = passphraseOf(new_passphrase) ?? (await askNewPassphrase('-n <passphrase>'));
      await api.changePassphrase({ passphrase: toBase64(present), new_passphrase: toBase64(next) });
      // The change revokes all tokens, the stored one too.
      const login = kept ? loadLogin() : undefined;
      if (login) keepLogin({ ...login, token: await token.requestToken(address, login.user, next, options) });
    },
    () => printLine('successfully changed the passphrase'),
  )
    .option('-p, --passphrase <passphrase>', 'the present passphrase')
    .option('-n, --new_passphrase <passphrase>', 'the new passphrase'),
  leaf(
    'reset-passphrase <id>',
    'give a user another passphrase who has lost it (admins only); ends all sessions of the user',
    'user reset-passphrase cli_test_user',
    async ({ api }, [id = ''], { passphrase }) =>
      api.resetPassphrase({ id, new_passphrase: toBase64(passphraseOf(passphrase) ?? (await askNewPassphrase('-p <passphrase>'))) }),
    (_, [id = '']) => printLine(`successfully reset the passphrase of '${id}'`),
  ).option('-p, --passphrase <passphrase>', 'the new passphrase'),
  leaf(
    'roles',
    'which roles may call what',
    'user roles',
    ({ api }) => api.getPolicy(),
    (answer) => printList(answer, ['endpoint', 'method', 'roles']),
  ),
  group('project', 'the projects of a user', [
    leaf(
      'add <user_id> <project_id>',
      'assign a project to a user',
      'user project add -r member cli_test_user cli_test_project',
      ({ api }, [id = '', project_id = ''], { role, is_project_admin }) =>
        api.addProjectToUser({ id, project_id, role: String(role), is_project_admin: is_project_admin === true }),
      (answer) => printFields(answer, FIELDS),
    )
      .option('-r, --role <role>', 'role in the project, one that the policy names: as shipped, member or admin', 'member')
      .option('--is_project_admin', 'the user may do everything in the project'),
    leaf(
      'remove <user_id> <project_id>',
      'take a project from a user',
      'user project remove cli_test_user cli_test_project',
      ({ api }, [id = '', project_id = '']) => api.removeProjectFromUser({ id, project_id }),
      (answer) => printFields(answer, FIELDS),
    ),
    leaf(
      'list [user_id]',
      'list your projects, or (admins) those of a user',
      'user project list cli_test_user',
      ({ api }, [id]) => api.listProjectsOfUser(id === undefined ? {} : { user_id: id }),
      ({ projects }) =>
        printList(
          {
            header: ['project_id', 'role', 'is_project_admin'],
            body: projects.map((membership) => [membership.project_id, membership.role, membership.is_project_admin]),
          },
          ['project_id', 'role', 'is_project_admin'],
        ),
    ),
  ]),
]);
