import { token, user } from '@openhanami/sdk';
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
    async ({ token, address, options }, [id = ''], { name, passphrase, is_admin }) => {
      const secret = passphraseOf(passphrase) ?? (await askNewPassphrase('-p <passphrase>'));
      return user.createUser(token, address, id, String(name), secret, is_admin === true, options);
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
    ({ token, address, options }, [id = '']) => user.getUser(token, address, id, options),
    (answer) => printFields(answer, FIELDS),
  ),
  listLeaf('all users', 'user list', ({ token, address }, part) => user.listUsers(token, address, part), FIELDS),
  leaf(
    'delete <id>',
    'delete a user',
    'user delete cli_test_user',
    ({ token, address, options }, [id = ''], { force, heir }) =>
      user.deleteUser(token, address, id, { ...options, force: force === true, heir: heir === undefined ? undefined : String(heir) }),
    (_, [id = '']) => printDeleted('user', id),
  )
    .option('--force', 'also what the user owns; tasks of the user are aborted')
    .option('--heir <id>', 'with --force: the user who gets what the user owns'),
  leaf(
    'passphrase',
    'change your own passphrase; asks for what is left out',
    'user passphrase',
    async ({ token: own, address, options, kept }, _, { passphrase, new_passphrase }) => {
      const present = passphraseOf(passphrase) ?? (await askPassphrase('Enter the present passphrase:', '-p <passphrase>'));
      const next = passphraseOf(new_passphrase) ?? (await askNewPassphrase('-n <passphrase>'));
      await user.changePassphrase(own, address, present, next, options);
      // The change ends all tokens, the one that was kept too.
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
    async ({ token, address, options }, [id = ''], { passphrase }) =>
      user.resetPassphrase(token, address, id, passphraseOf(passphrase) ?? (await askNewPassphrase('-p <passphrase>')), options),
    (_, [id = '']) => printLine(`successfully reset the passphrase of '${id}'`),
  ).option('-p, --passphrase <passphrase>', 'the new passphrase'),
  group('project', 'the projects of a user', [
    leaf(
      'add <user_id> <project_id>',
      'assign a project to a user',
      'user project add -r member cli_test_user cli_test_project',
      ({ token, address, options }, [id = '', projectId = ''], { role, is_project_admin }) =>
        user.addProjectToUser(token, address, id, projectId, String(role), is_project_admin === true, options),
      (answer) => printFields(answer, FIELDS),
    )
      .option('-r, --role <role>', 'role in the project, one that the policy names: as shipped, member or admin', 'member')
      .option('--is_project_admin', 'the user may do everything in the project'),
    leaf(
      'remove <user_id> <project_id>',
      'take a project from a user',
      'user project remove cli_test_user cli_test_project',
      ({ token, address, options }, [id = '', projectId = '']) => user.removeProjectFromUser(token, address, id, projectId, options),
      (answer) => printFields(answer, FIELDS),
    ),
    leaf(
      'list [user_id]',
      'list your projects, or (admins) those of a user',
      'user project list cli_test_user',
      ({ token, address, options }, [id]) => user.listProjectsOfUser(token, address, id, options),
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
