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
  type Visibility,
} from '@openhanami/contract';
export { type CallOptions, ConnectionError, type ListOptions, type Stream } from './call.ts';
export * as checkpoint from './checkpoint.ts';
export * as cluster from './cluster.ts';
export {
  type ConnectOptions,
  connect,
  DirectSession,
  Hanami,
  type RequestOptions,
  type Source,
  TaskRun,
  type TrainOptions,
} from './connect.ts';
export { Credentials, type Token } from './credentials.ts';
export * as dataset from './dataset.ts';
export * as directIo from './direct-io.ts';
export * as hosts from './hosts.ts';
export * as logs from './logs.ts';
export * as machine from './machine.ts';
export * as project from './project.ts';
export * as session from './session.ts';
export * as task from './task.ts';
export * as token from './token.ts';
export type { Uploadable, UploadOptions, UploadProgress } from './upload.ts';
export * as user from './user.ts';
