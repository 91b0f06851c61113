import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { flag, list, name, nothing, projectId, searchInput, timestamp } from './fields.ts';

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
  input: searchInput,
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

const limit = z.coerce
  .number('must be a whole number')
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .max(Number.MAX_SAFE_INTEGER)
  .nullable();
const use = z.object({
  clusters: z.number(),
  memory: z.number(),
  dataset_bytes: z.number(),
  checkpoint_bytes: z.number(),
  queued_tasks: z.number(),
  running_tasks: z.number(),
});
const quota = z.object({
  id: z.string(),
  /** Limits; null: no limit. */
  clusters: z.number().nullable(),
  memory: z.number().nullable(),
  dataset_bytes: z.number().nullable(),
  checkpoint_bytes: z.number().nullable(),
  queued_tasks: z.number().nullable(),
  running_tasks: z.number().nullable(),
  use,
});

export const QUOTA_LIMITS = ['clusters', 'memory', 'dataset_bytes', 'checkpoint_bytes', 'queued_tasks', 'running_tasks'] as const;

export const getQuota = endpoint({
  method: 'GET',
  path: '/project/quota',
  summary: "What one's own project may use, and uses; for admins any",
  input: z.strictObject({ id: projectId }),
  output: quota,
  errors: [404],
});

export const setQuota = endpoint({
  method: 'PUT',
  path: '/project/quota',
  summary:
    'Limit clusters, their memory in bytes, bytes of data sets and of checkpoints, tasks that wait or run, and tasks that run at once, of a project; null: no limit (admins only)',
  input: z.strictObject({
    id: projectId,
    clusters: limit.optional(),
    memory: limit.optional(),
    dataset_bytes: limit.optional(),
    checkpoint_bytes: limit.optional(),
    queued_tasks: limit.optional(),
    running_tasks: limit.optional(),
  }),
  output: quota,
  errors: [404],
});
