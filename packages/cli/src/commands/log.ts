import type { logs } from '@openhanami/sdk';
import type { Command } from 'commander';
import { group, leaf } from '../command.ts';
import { printList } from '../print.ts';

const withFilter = (command: Command): Command =>
  command
    .option('-u, --user <id>', 'entries of one user (admins only)')
    .option('-p, --page <number>', 'which hundred entries', '0')
    .option('-t, --text <text>', 'only entries with this text in them');

const filter = ({ user, page, text }: Record<string, unknown>): logs.LogFilter => ({
  page: Number(page),
  ...(user === undefined ? {} : { user_id: String(user) }),
  ...(text === undefined ? {} : { text: String(text) }),
});

export const logCommands = group('log', 'what happened on the server, newest first', [
  withFilter(
    leaf(
      'audit',
      'who changed what: your own calls; for admins those of all',
      'log audit -u cli_test_user',
      ({ api }, _, given) => api.getAuditLog(filter(given)),
      (answer) => printList(answer, ['created_at', 'user_id', 'request_type', 'endpoint', 'status', 'address', 'object']),
    ),
  ),
  withFilter(
    leaf(
      'error',
      'internal errors (admins only)',
      'log error',
      ({ api }, _, given) => api.getErrorLog(filter(given)),
      (answer) => printList(answer, ['created_at', 'user_id', 'component', 'context', 'message']),
    ),
  ),
]);
