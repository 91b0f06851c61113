import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { flag, list, name, nothing, passphrase, projectId, searchInput, timestamp, userId } from './fields.ts';

const membership = z.object({ project_id: z.string(), role: z.string(), is_project_admin: z.boolean() });
export type Membership = z.infer<typeof membership>;

const user = z.object({
  created_at: timestamp,
  id: z.string(),
  name: z.string(),
  is_admin: z.boolean(),
  creator_id: z.string(),
  projects: z.array(membership),
});

export const USER_COLUMNS = ['created_at', 'id', 'name', 'creator_id', 'projects', 'is_admin'] as const;

export const createUser = endpoint({
  method: 'POST',
  path: '/user',
  summary: 'Create a user (admins only)',
  input: z.strictObject({ id: userId, name, passphrase, is_admin: flag.default(false) }),
  output: user,
  errors: [409],
});

export const getUser = endpoint({
  method: 'GET',
  path: '/user',
  summary: 'Get a user (admins only)',
  input: z.strictObject({ id: userId }),
  output: user,
  errors: [404],
});

export const listUsers = endpoint({
  method: 'GET',
  path: '/user/all',
  summary: 'List all users (admins only)',
  input: searchInput,
  output: list(USER_COLUMNS),
  errors: [],
});

export const deleteUser = endpoint({
  method: 'DELETE',
  path: '/user',
  summary: 'Delete a user (admins only; nobody deletes themselves); with force also what the user owns, or it goes to an heir',
  input: z.strictObject({
    id: userId,
    /** Abort the tasks of the user, and delete what the user owns. */
    force: flag.default(false),
    /** With force: the new owner of the resources. */
    heir: userId.optional(),
  }),
  output: nothing,
  errors: [404, 409],
});

export const changePassphrase = endpoint({
  method: 'PUT',
  path: '/user/passphrase',
  summary: "Change one's own passphrase",
  input: z.strictObject({ passphrase, new_passphrase: passphrase }),
  output: nothing,
  errors: [],
});

export const resetPassphrase = endpoint({
  method: 'PUT',
  path: '/user/passphrase/reset',
  summary: 'Give a user another passphrase (admins only); all tokens of the user end',
  input: z.strictObject({ id: userId, new_passphrase: passphrase }),
  output: nothing,
  errors: [404],
});

export const addProjectToUser = endpoint({
  method: 'POST',
  path: '/user/project',
  summary: 'Assign a project to a user (admins only)',
  input: z.strictObject({ id: userId, project_id: projectId, role: name, is_project_admin: flag.default(false) }),
  output: user,
  errors: [404, 409],
});

export const removeProjectFromUser = endpoint({
  method: 'DELETE',
  path: '/user/project',
  summary: 'Take a project from a user (admins only)',
  input: z.strictObject({ id: userId, project_id: projectId }),
  output: user,
  errors: [404],
});

export const listProjectsOfUser = endpoint({
  method: 'GET',
  path: '/user/project',
  summary: "List one's own projects; admins may ask for another user's",
  input: z.strictObject({ user_id: userId.optional() }),
  output: z.object({ projects: z.array(membership) }),
  errors: [404],
});
