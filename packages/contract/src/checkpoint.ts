import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { list, noInput, nothing, RESOURCE_COLUMNS, resource, uuid } from './fields.ts';

export const getCheckpoint = endpoint({
  method: 'GET',
  path: '/checkpoint',
  summary: 'Get a checkpoint',
  input: z.strictObject({ uuid }),
  output: resource.extend({
    location: z.string(),
    /** Bytes. */
    size: z.number(),
    cluster_uuid: z.string(),
  }),
  errors: [404],
});

export const listCheckpoints = endpoint({
  method: 'GET',
  path: '/checkpoint/all',
  summary: 'List all visible checkpoints',
  input: noInput,
  output: list(RESOURCE_COLUMNS),
  errors: [],
});

export const deleteCheckpoint = endpoint({
  method: 'DELETE',
  path: '/checkpoint',
  summary: 'Delete a checkpoint',
  input: z.strictObject({ uuid }),
  output: nothing,
  errors: [404],
});
