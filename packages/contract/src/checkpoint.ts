import { z } from 'zod';
import { grown } from './cluster.ts';
import { endpoint } from './endpoint.ts';
import { fileSize, fingerprint, list, name, nothing, RESOURCE_COLUMNS, resource, search, uuid } from './fields.ts';

export const getCheckpoint = endpoint({
  method: 'GET',
  path: '/checkpoint',
  summary: 'Get a checkpoint, and what had grown when it was saved',
  input: z.strictObject({ uuid }),
  output: resource.extend({
    /** Name of its file. */
    location: z.string(),
    /** Bytes. */
    size: z.number(),
    cluster_uuid: z.string(),
    ...grown,
  }),
  errors: [404],
});

export const listCheckpoints = endpoint({
  method: 'GET',
  path: '/checkpoint/all',
  summary: 'List all visible checkpoints, or those of a cluster',
  input: z.strictObject({ cluster_uuid: uuid.optional(), ...search }),
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

export const downloadCheckpoint = endpoint({
  method: 'GET',
  path: '/checkpoint/download',
  summary: 'Download a checkpoint as a file; resumable by Range',
  input: z.strictObject({ uuid }),
  output: z.unknown(),
  errors: [404, 416],
  produces: ['application/octet-stream'],
});

export const createCheckpointUpload = endpoint({
  method: 'POST',
  path: '/checkpoint/upload',
  summary: 'Announce a checkpoint that was downloaded before',
  input: z.strictObject({ name, input_data_size: fileSize, input_fingerprint: fingerprint }),
  output: resource.extend({ uuid_input_file: z.string() }),
  errors: [],
});

export const finishCheckpointUpload = endpoint({
  method: 'PUT',
  path: '/checkpoint/upload',
  summary: 'Check the uploaded checkpoint (version, checksum, size) and keep it',
  input: z.strictObject({ uuid, uuid_input_file: uuid }),
  output: z.object({ uuid: z.string() }),
  errors: [404, 409],
});
