import { endpoint } from './endpoint.ts';
import { list, searchInput } from './fields.ts';

/** `load`: share of its threads' time that a host worked in the last seconds (0 … 1); `memory`: bytes of the loaded clusters. */
export const HOST_COLUMNS = ['uuid', 'type', 'clusters', 'threads', 'load', 'memory'] as const;

export const listHosts = endpoint({
  method: 'GET',
  path: '/host/all',
  summary: 'List the logical hosts that clusters live on',
  input: searchInput,
  output: list(HOST_COLUMNS),
  errors: [],
});
