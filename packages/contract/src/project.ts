import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { flag, list, name, noInput, nothing, projectId, timestamp } from './fields.ts';

const project = z.object({ created_at: timestamp, id: z.string(), name: z.string(), creator_id: z.string() });

export const PROJECT_COLUMNS = ['created_at', 'id', 'name', 'creator_id'] as const;

export const createProject = endpoint({
  method: 'POST',
  path: '/project',
  summary: 'Create a project (admins only)',
  input: z.strictObject({ id: projectId, name }),
  output: project,
  errors: [409],
});

export const getProject = endpoint({
  method: 'GET',
  path: '/project',
  summary: 'Get a project (admins only)',
  input: z.strictObject({ id: projectId }),
  output: project,
  errors: [404],
});

export const listProjects = endpoint({
  method: 'GET',
  path: '/project/all',
  summary: 'List all projects (admins only)',
  input: noInput,
  output: list(PROJECT_COLUMNS),
  errors: [],
});

export const deleteProject = endpoint({
  method: 'DELETE',
  path: '/project',
  summary: 'Delete a project (admins only); with force also what is left in it',
  input: z.strictObject({ id: projectId, force: flag.default(false) }),
  output: nothing,
  errors: [404, 409],
});
