import { LOG_PAGE } from '@openhanami/contract';
import type { List, logs } from '@openhanami/sdk';
import type { Command } from 'commander';
import { group, leaf } from '../command.ts';
import { tell } from '../interrupts.ts';
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

/** A page of a log, and how to see more. */
function show(answer: List, { page }: Record<string, unknown>, columns: readonly string[]): void {
  printList(answer, columns);
  const seen = (Number(page) + 1) * LOG_PAGE;
  const { total = 0 } = answer;
  if (total > seen)
    tell(
      `${answer.body.length} of ${total} entries are shown; -p ${Number(page) + 1} shows those before, -t <text> those with a text in them`,
    );
}

export const logCommands = group('log', 'what happened on the server, newest first', [
  withFilter(
    leaf(
      'audit',
      'who changed what: your own calls; for admins those of all',
      'log audit -u cli_test_user',
      ({ api }, _, given) => api.getAuditLog(filter(given)),
      (answer, _, given) => show(answer, given, ['created_at', 'user_id', 'request_type', 'endpoint', 'status', 'address', 'object']),
    ),
  ),
  withFilter(
    leaf(
      'error',
      'internal errors (admins only)',
      'log error',
      ({ api }, _, given) => api.getErrorLog(filter(given)),
      (answer, _, given) => show(answer, given, ['created_at', 'user_id', 'component', 'context', 'message']),
    ),
  ),
]);
