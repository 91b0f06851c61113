import type { Generated, Selectable } from 'kysely';

// Times are milliseconds since 1970. Rows with `deleted_at` are treated as deleted.

export interface AccountTable {
  readonly key: Generated<number>;
  id: string;
  /** The id in lower case, which is unique. */
  folded_id: string;
  name: string;
  passphrase_hash: string;
  is_admin: boolean;
  creator_id: string;
  created_at: number;
  deleted_at: number | null;
}

export interface ProjectTable {
  readonly key: Generated<number>;
  id: string;
  /** The id in lower case, which is unique. */
  folded_id: string;
  name: string;
  creator_id: string;
  created_at: number;
  deleted_at: number | null;
}

export interface MemberTable {
  readonly key: Generated<number>;
  user_id: string;
  project_id: string;
  role: string;
  is_project_admin: boolean;
}

/** Columns of owned resources. */
export interface ResourceColumns {
  uuid: string;
  name: string;
  owner_id: string;
  /** Key of the owner; ids may be reused, keys are not. */
  owner_key: number;
  project_id: string;
  visibility: 'private' | 'shared' | 'public';
  created_at: number;
  deleted_at: number | null;
}

export interface DatasetTable extends ResourceColumns {
  /** False while files are uploaded. */
  complete: boolean;
  rows: number;
  /** JSON: ColumnInfo[], in order; of old data sets name and width only. */
  columns: string;
  /** JSON: sentences about the file that it was made of. */
  notices: Generated<string>;
  /** Of one that is removed when nobody has used it for a while: when it was written last; null for all others. */
  temporary_since: Generated<number | null>;
  /** Size and CRC-32 of its file; null if it was not computed yet. */
  bytes: Generated<number>;
  crc32: Generated<number | null>;
}

/** A file that is being uploaded. */
export interface UploadTable {
  uuid: string;
  /** Of the data set or checkpoint that it becomes. */
  resource_uuid: string;
  kind: 'mnist' | 'csv' | 'arrow' | 'parquet' | 'table' | 'checkpoint';
  part: 'input' | 'label';
  size: number;
  /** JSON: ranges [start, end) that have arrived, in order. */
  received: string;
  touched_at: number;
  /** Fingerprint from the client, to recognize the file. */
  fingerprint: string | null;
}

export interface ClusterTable extends ResourceColumns {
  /** False while it is created. */
  complete: boolean;
  host_uuid: string;
  mode: 'TASK' | 'DIRECT';
  /** JSON: ClusterInfo when the cluster was last written. */
  info: string;
}

export interface TaskTable {
  readonly key: Generated<number>;
  uuid: string;
  cluster_uuid: string;
  name: string;
  owner_id: string;
  owner_key: number;
  project_id: string;
  kind: 'train' | 'request';
  state: 'queued' | 'active' | 'aborted' | 'finished' | 'failed';
  /** JSON: TaskSpec. */
  spec: string;
  current_cycle: number;
  total_cycles: number;
  queued_at: number;
  started_at: number | null;
  ended_at: number | null;
  reason: string | null;
  /** JSON: TaskScores of a training; null before its first rows, and of requests. */
  scores: Generated<string | null>;
  deleted_at: number | null;
}

export interface CheckpointTable extends ResourceColumns {
  /** False while its file is uploaded. */
  complete: boolean;
  cluster_uuid: string;
  size: number;
  /** JSON: ClusterInfo of the cluster when it was saved. */
  info: string;
}

/** Index of the CSV text of a data set: its length and positions of rows. */
export interface CsvIndexTable {
  dataset_uuid: string;
  bytes: number;
  /** JSON: CsvPlace[]. */
  places: string;
}

/** A session, which begins with a login. */
export interface SessionTable {
  uuid: string;
  user_key: number;
  user_id: string;
  /** Address of the login. */
  address: string;
  created_at: number;
  /** When the last of its tokens expires. */
  expires_at: number;
  ended_at: number | null;
}

export interface HostTable {
  uuid: string;
  type: 'cpu' | 'gpu';
}

export interface AuditLogTable {
  readonly key: Generated<number>;
  created_at: number;
  user_id: string;
  /** Key of the user; 0 if there was none with that id. */
  user_key: Generated<number>;
  endpoint: string;
  request_type: string;
  /** HTTP status of the answer; null if it was not recorded yet. */
  status: number | null;
  address: Generated<string>;
  /** Uuid or id of what the call was about; empty if none. */
  object: Generated<string>;
  /** SHA-256 of the previous entry's hash and this entry; empty in entries from before hashes were recorded. */
  hash: Generated<string>;
}

export interface ErrorLogTable {
  readonly key: Generated<number>;
  created_at: number;
  user_id: string;
  component: string;
  context: string;
  input_values: string;
  message: string;
}

/** A revocation of a user's tokens: of all ('' as project), or those for one project. */
export interface RevocationTable {
  readonly key: Generated<number>;
  user_id: string;
  project_id: string;
  created_at: number;
}

/** Limits of a project; null: no limit. */
export interface QuotaTable {
  project_id: string;
  clusters: number | null;
  /** Bytes of all clusters together. */
  memory: number | null;
  dataset_bytes: number | null;
  checkpoint_bytes: number | null;
  queued_tasks: number | null;
  /** At once. */
  running_tasks: number | null;
}

export interface Tables {
  account: AccountTable;
  project: ProjectTable;
  member: MemberTable;
  dataset: DatasetTable;
  upload: UploadTable;
  cluster: ClusterTable;
  task: TaskTable;
  checkpoint: CheckpointTable;
  csv_index: CsvIndexTable;
  session: SessionTable;
  host: HostTable;
  audit_log: AuditLogTable;
  error_log: ErrorLogTable;
  revocation: RevocationTable;
  quota: QuotaTable;
}

export type ResourceRow = Selectable<ResourceColumns>;
export type UserRow = Selectable<AccountTable>;
export type DatasetRow = Selectable<DatasetTable>;
export type UploadRow = Selectable<UploadTable>;
export type ClusterRow = Selectable<ClusterTable>;
export type TaskRow = Selectable<TaskTable>;
export type CheckpointRow = Selectable<CheckpointTable>;
