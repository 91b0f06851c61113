import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { passphrase, projectId, userId } from './fields.ts';

/** Claims about a user, as JSON text in the token's claim `user`. */
export const tokenUser = z.object({
  id: z.string(),
  name: z.string(),
  is_admin: z.boolean(),
  project_id: z.string(),
  role: z.string(),
  is_project_admin: z.boolean(),
});
export type TokenUser = z.infer<typeof tokenUser>;

const token = z.object({ id: z.string(), name: z.string(), is_admin: z.boolean(), token: z.string() });

export const createToken = endpoint({
  method: 'POST',
  path: '/token',
  summary: 'Log in with user id and passphrase',
  input: z.strictObject({ id: userId, passphrase }),
  output: token,
  errors: [401, 429],
  open: true,
});

export const renewToken = endpoint({
  method: 'PUT',
  path: '/token',
  summary: 'Get a token for another project of the same user',
  input: z.strictObject({ project_id: projectId }),
  output: token,
  errors: [],
});
