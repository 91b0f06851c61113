export {
  BadRequest,
  Conflict,
  HanamiError,
  InternalServerError,
  type List,
  MethodNotAllowed,
  NotFound,
  type Task,
  TooLarge,
  TooManyRequests,
  Unauthorized,
} from '@openhanami/contract';
export { type CallOptions, ConnectionError } from './call.ts';
export * as checkpoint from './checkpoint.ts';
export * as cluster from './cluster.ts';
export * as dataset from './dataset.ts';
export * as hosts from './hosts.ts';
export * as project from './project.ts';
export * as task from './task.ts';
export * as token from './token.ts';
export type { Uploadable, UploadProgress } from './upload.ts';
export * as user from './user.ts';
