export * from './endpoint.ts';
export * from './endpoints.ts';
export * as endpoints from './endpoints.ts';
export * from './errors.ts';
export {
  type List,
  MOST_LISTED,
  passphraseText,
  projectId,
  RESOURCE_COLUMNS,
  type Search,
  toBase64,
  toTimestamp,
  userId,
  userName,
  type Visibility,
} from './fields.ts';
export * from './gen/hanami_messages_pb.js';
export * from './openapi.ts';
export { type ColumnInfo, type ColumnKind, columnInfo, columnKind } from './table.ts';
export * from './websocket.ts';
