import { group, leaf, listLeaf } from '../command.ts';
import { printLine } from '../print.ts';

export const sessionCommands = group('session', 'sessions: what began with a login, and where from', [
  listLeaf(
    'your sessions, or (admins) those of all',
    'session list',
    ({ api }, part, { user }) => api.listSessions({ ...part, ...(user === undefined ? {} : { user_id: String(user) }) }),
    ['uuid', 'user_id', 'address', 'created_at', 'expires_at', 'current'],
  ).option('-u, --user <id>', 'sessions of one user (admins only)'),
  leaf(
    'end <uuid>',
    'end a session: its tokens count no more, and what they hold open is closed',
    'session end 146bacb3-b5bf-485b-a2e8-d1812b57eb63',
    ({ api }, [uuid = '']) => api.endSession({ uuid }),
    (_, [uuid = '']) => printLine(`successfully ended session '${uuid}'`),
  ),
]);
