import type { Cluster, ClusterStats, Column } from '@openhanami/engine';
import type { Checksum } from '../store/checksum.ts';
import type { StoragePlaces } from '../store/objects/index.ts';

// What a host says to its worker threads and what they answer.

/** What is known of a cluster without loading it. */
export interface ClusterInfo extends ClusterStats {
  readonly inputs: readonly Column[];
  readonly outputs: readonly Column[];
}

export function describe(cluster: Cluster): ClusterInfo {
  return { ...cluster.stats(), inputs: cluster.inputs, outputs: cluster.outputs };
}

/** A column of a data set, and the input or output that it goes to. */
export interface ColumnSource {
  readonly dataset: string;
  readonly column: string;
  readonly hexagon: string;
  /** Of the file, where it is known. */
  readonly checksum?: Checksum;
}

/** A column of a result, and the output that it comes from. */
export interface ColumnResult {
  readonly column: string;
  readonly hexagon: string;
}

interface Run {
  readonly task: string;
  readonly inputs: readonly ColumnSource[];
  readonly timeLength: number;
  /** Cycles of the whole task. */
  readonly cycles: number;
}

/** What a worker can be asked for. Resources are named by their uuids; `to` and `from` are keys of objects. */
export interface WorkerCalls {
  create(call: { cluster: string; template: string; neuronsPerHexagon: number; threads: number; seed: number }): ClusterInfo;
  train(call: Run & { cluster: string; outputs: readonly ColumnSource[]; epochs: number; snapshotInterval: number }): RunEnd;
  /** The result is the data set with the task's uuid. */
  request(call: Run & { cluster: string; results: readonly ColumnResult[] }): RunEnd & {
    columns: readonly Column[];
    /** Of the result; missing where there is none. */
    checksum?: Checksum;
  };
  /** Writes the state to `to`, and returns its size in bytes. */
  save(call: { cluster: string; to: string }): { size: number; info: ClusterInfo };
  /** Takes the state from `from`. */
  load(call: { cluster: string; from: string }): ClusterInfo;
  /** Looks at the cluster as it is now. */
  look(call: { cluster: string }): ClusterInfo;
  /** One message of a direct connection. */
  direct(call: { cluster: string; connection: string; message: Uint8Array; refusals: Refusals; snapshotInterval: number }): DirectAnswer;
  /** The end of a direct connection: its buffers are forgotten, what the cluster has learnt is written. */
  hangUp(call: { cluster: string; connection: string }): ClusterInfo | null;
  /** Writes what clusters have learnt since their last snapshots. */
  flush(call: { cluster?: string }): null;
  drop(call: { cluster: string }): null;
}

/** What a thread is given at its start. */
export interface WorkerSettings {
  readonly storage: StoragePlaces;
  /** Bytes that its clusters may take together. */
  readonly memoryLimit: number;
  /** Seconds without a word after which a thread that has something to do is ended. */
  readonly silence: number;
}

/** Sentences for what a client may not do; undefined: it may. */
export interface Refusals {
  readonly train: string | undefined;
  readonly request: string | undefined;
}

export type DirectAnswer =
  | { readonly answers: readonly Uint8Array[]; readonly cycle?: 'train' | 'request' }
  /** The connection is closed with this code and reason. */
  | { readonly fault: string; readonly code: 1007 | 1008 };

export interface RunEnd {
  /** `paused`: the worker was told to stop; the task goes on from its snapshot at the next start. */
  readonly end: 'finished' | 'aborted' | 'paused';
  readonly cycle: number;
  readonly info: ClusterInfo;
}

export type CallName = keyof WorkerCalls;
export type CallInput<N extends CallName> = Parameters<WorkerCalls[N]>[0];
export type CallOutput<N extends CallName> = ReturnType<WorkerCalls[N]>;

/** Besides calls. */
export type ToWorker =
  /** Ends a run early: `abort` for good, `pause` to go on later. Without a task: all runs. */
  { readonly kind: 'abort' | 'pause'; readonly task?: string };

/** Besides answers. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly task: string; readonly cycle: number; readonly info: ClusterInfo }
  /** Bytes of all clusters that are loaded. */
  | { readonly kind: 'memory'; readonly bytes: number };
