import { endpoint } from './endpoint.ts';
import { list, noInput } from './fields.ts';

export const HOST_COLUMNS = ['uuid', 'type'] as const;

export const listHosts = endpoint({
  method: 'GET',
  path: '/host/all',
  summary: 'List the logical hosts that clusters live on',
  input: noInput,
  output: list(HOST_COLUMNS),
  errors: [],
});
