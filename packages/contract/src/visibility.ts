import { z } from 'zod';
import { endpoint } from './endpoint.ts';
import { resource, uuid, visibility } from './fields.ts';

const input = z.strictObject({ uuid, visibility });

/** `private`: owner, project admins and admins; `shared`: the whole project; `public`: everyone. */
const setVisibility = <Path extends string>(path: Path, what: string) =>
  endpoint({
    method: 'PUT',
    path,
    summary: `Say who sees a ${what}: 'private', 'shared' (its project) or 'public'`,
    input,
    output: resource,
    errors: [404],
  });

export const setDatasetVisibility = setVisibility('/dataset/visibility', 'data set');
export const setClusterVisibility = setVisibility('/cluster/visibility', 'cluster');
export const setCheckpointVisibility = setVisibility('/checkpoint/visibility', 'checkpoint');
