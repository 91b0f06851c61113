import { group, leaf, listLeaf } from '../command.ts';
import { printList } from '../print.ts';

export const hostCommands = group('host', 'logical hosts that clusters live on', [
  listLeaf('all hosts', 'host list', ({ api }, part) => api.listHosts(part), ['uuid', 'type']),
  leaf(
    'usage',
    'what each host does: its clusters, threads, load (0 … 1) and the memory of loaded clusters in bytes',
    'host usage',
    ({ api }) => api.listHosts(),
    (answer) => printList(answer, ['uuid', 'type', 'clusters', 'threads', 'load', 'memory']),
  ),
]);
