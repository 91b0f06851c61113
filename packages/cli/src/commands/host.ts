import { hosts } from '@openhanami/sdk';
import { group, leaf, listLeaf } from '../command.ts';
import { printList } from '../print.ts';

export const hostCommands = group('host', 'logical hosts that clusters live on', [
  listLeaf('all hosts', 'host list', ({ token, address }, part) => hosts.listHosts(token, address, part), ['uuid', 'type']),
  leaf(
    'usage',
    'what each host does: its clusters, threads, load (0 … 1) and the memory of loaded clusters in bytes',
    'host usage',
    ({ token, address, options }) => hosts.listHosts(token, address, options),
    (answer) => printList(answer, ['uuid', 'type', 'clusters', 'threads', 'load', 'memory']),
  ),
]);
