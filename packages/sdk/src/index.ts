export {
  BadRequest,
  type ColumnInfo,
  Conflict,
  type CurvePoint,
  ERROR_CODES,
  type ErrorCode,
  HanamiError,
  InternalServerError,
  type List,
  MethodNotAllowed,
  NotFound,
  type Task,
  TooLarge,
  TooManyRequests,
  toBase64,
  Unauthorized,
  Unavailable,
  type Visibility,
} from '@openhanami/contract';
export { type CallOptions, ConnectionError, type ListOptions, type Stream } from './call.ts';
export { type Client, type ClientOptions, client } from './client.ts';
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
export * as checkpoint from './functions/checkpoint.ts';
export * as cluster from './functions/cluster.ts';
export * as dataset from './functions/dataset.ts';
export * as directIo from './functions/direct-io.ts';
export * as hosts from './functions/hosts.ts';
export * as logs from './functions/logs.ts';
export * as machine from './functions/machine.ts';
export * as project from './functions/project.ts';
export * as session from './functions/session.ts';
export * as table from './functions/table.ts';
export * as task from './functions/task.ts';
export * as token from './functions/token.ts';
export * as user from './functions/user.ts';
export { type Answer, Model, type Row } from './model.ts';
export type { Uploadable, UploadOptions, UploadProgress } from './upload.ts';
