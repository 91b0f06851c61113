import { endpoint } from './endpoint.ts';
import { list, noInput } from './fields.ts';

export const POLICY_COLUMNS = ['endpoint', 'method', 'roles'] as const;

export const getPolicy = endpoint({
  method: 'GET',
  path: '/policy',
  summary: 'Which roles may call what',
  input: noInput,
  output: list(POLICY_COLUMNS),
  errors: [],
});
