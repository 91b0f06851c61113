import type { ColumnInfo, CurvePoint, explainRows, learnRows, OutputOf, TaskScores } from '@openhanami/contract';
import type { Cluster, ClusterStats, Column, FieldKind, FieldState, HexagonStats, Label, OutputColumn } from '@openhanami/engine';
import type { Checksum } from '../store/checksum.ts';
import type { StoragePlaces } from '../store/objects/index.ts';
import type { OrderOptions } from './row-order.ts';
import type { Explained, Kinds, NamedAnswer, Row } from './table-rows.ts';

// Messages between a host and its worker threads.

/** A field of a table; of a category also which there are. */
export interface FieldInfo {
  name: string;
  kind: FieldKind;
  categories?: Label[];
}

/** Properties of a cluster, known without loading it. */
export interface ClusterInfo extends ClusterStats {
  /** Left out of those with very many. */
  readonly hexagons?: readonly HexagonStats[];
  /** The text that it was made from, unless that is very long. */
  readonly template?: string;
  readonly inputs: readonly (Column & { readonly fields?: FieldInfo[] })[];
  readonly outputs: readonly OutputColumn[];
}

/** Most fields of an input, classes of an output, and hexagons that are told. */
const MOST_TOLD = 2000;
/** Characters of a template that is told. */
const LONGEST_TEMPLATE = 65_536;

/** Categories of a field, and of all fields of an input, that are told, where it has no more: they go along with each progress. */
const MOST_CATEGORIES = 100;
const MOST_OF_ALL = 5000;

function fieldsOf(all: readonly FieldState[]): FieldInfo[] {
  let told = 0;
  return all.slice(0, MOST_TOLD).map(({ name, kind, labels }) => {
    if (kind !== 'category' || labels.length > MOST_CATEGORIES || told + labels.length > MOST_OF_ALL) return { name, kind };
    told += labels.length;
    return { name, kind, categories: [...labels] };
  });
}

/** The present properties of a cluster. */
export function describe(cluster: Cluster): ClusterInfo {
  const inputs = cluster.inputs.map((input) => {
    const fields = cluster.fields(input.name);
    return { ...input, ...(fields ? { fields: fieldsOf(fields) } : {}) };
  });
  const outputs = cluster.outputs.map(({ classes, ...output }) => ({
    ...output,
    ...(classes && classes.length <= MOST_TOLD ? { classes } : {}),
  }));
  const { hexagons, template } = cluster;
  return {
    ...cluster.stats(),
    inputs,
    outputs,
    ...(hexagons.length <= MOST_TOLD ? { hexagons } : {}),
    ...(template.length <= LONGEST_TEMPLATE ? { template } : {}),
  };
}

/** Columns of a data set, and the input or output that they go to. */
export interface ColumnSource {
  readonly dataset: string;
  readonly columns: readonly string[];
  /** Whether they are fields of a table, even if there is only one. */
  readonly areFields: boolean;
  readonly hexagon: string;
  /** Of the file, if known. */
  readonly checksum?: Checksum;
}

/** A column of a result, and the output that it comes from. */
export interface ColumnResult {
  readonly column: string;
  readonly hexagon: string;
  /** Whether each class's probability gets a column. */
  readonly allClasses: boolean;
}

interface Run {
  readonly task: string;
  readonly inputs: readonly ColumnSource[];
  readonly timeLength: number;
  /** Cycles of the whole task. */
  readonly cycles: number;
}

/** Calls to a worker. Resources are named by their uuids; `to` and `from` are keys of objects. */
export interface WorkerCalls {
  create(call: {
    cluster: string;
    template: string;
    neuronsPerHexagon: number;
    threads: number;
    threadsIfFaster: boolean;
    seed: number;
  }): ClusterInfo;
  train(
    call: Run & {
      cluster: string;
      outputs: readonly ColumnSource[];
      /** Passes; 0: as many as help. `cycles` are those of MOST_PASSES then. */
      epochs: number;
      order: OrderOptions;
      /** Rows ahead whose targets are learnt; 0: the present row's. */
      forecast: number;
      /** Cycles that the data set has, also of the rows that are kept apart. */
      rows: number;
      /** How it went until it was paused or interrupted. */
      curve: readonly CurvePoint[];
      snapshotInterval: number;
    },
  ): RunEnd & { scores: TaskScores };
  /** The result is the data set of the project with the task's uuid. */
  request(call: Run & { cluster: string; project: string; results: readonly ColumnResult[] }): RunEnd & {
    columns: readonly ColumnInfo[];
    /** Of the result; missing if there is none. */
    checksum?: Checksum;
  };
  /** Writes the state to `to` for a project, and returns its size in bytes. */
  save(call: { cluster: string; to: string; project: string }): { size: number; info: ClusterInfo };
  /** Loads the state from `from`. */
  load(call: { cluster: string; from: string }): ClusterInfo;
  /** Returns the present properties. */
  look(call: { cluster: string }): ClusterInfo;
  /** One message of a direct connection. */
  direct(call: { cluster: string; connection: string; message: Uint8Array; refusals: Refusals; snapshotInterval: number }): DirectAnswer;
  /** Learns rows of names and values; within `snapshotInterval` seconds the state is written. */
  learn(call: { cluster: string; rows: readonly Row[]; kinds: Kinds; snapshotInterval: number }): {
    scores: OutputOf<typeof learnRows>['scores'];
    notices: string[];
    info: ClusterInfo;
  };
  /** Answers rows of names and values. */
  predict(call: { cluster: string; rows: readonly Row[] }): { answers: Record<string, NamedAnswer>[]; notices: string[] };
  /** How much fields matter, and why one row is answered as it is. */
  explain(call: Explained & { readonly cluster: string }): OutputOf<typeof explainRows>;
  /** The same for rows of a data set, one of which may be explained. */
  explainDataset(
    call: Pick<Explained, 'output' | 'class'> & { readonly cluster: string; readonly dataset: string; readonly row: number | undefined },
  ): OutputOf<typeof explainRows>;
  /** Ends a direct connection: removes its buffers, and writes the cluster's changes. */
  hangUp(call: { cluster: string; connection: string }): ClusterInfo | null;
  /** Writes changes of clusters since their last snapshots. */
  flush(call: { cluster?: string }): null;
  drop(call: { cluster: string }): null;
}

/** Parameters of a thread. */
export interface WorkerSettings {
  readonly storage: StoragePlaces;
  /** Most bytes of its clusters together. */
  readonly memoryLimit: number;
  /** Seconds without a message after which a thread with pending calls is terminated. */
  readonly silence: number;
}

/** Why a client may not train or request; undefined if it may. */
export interface Refusals {
  readonly train: string | undefined;
  readonly request: string | undefined;
}

export type DirectAnswer =
  | { readonly answers: readonly Uint8Array[]; readonly cycle?: 'train' | 'request' }
  /** The connection is closed with this code and reason. `damaged`: the cluster is of no more use as it is in memory. */
  | { readonly fault: string; readonly code: 1007 | 1008; readonly damaged?: boolean };

export interface RunEnd {
  /** `paused`: the worker was told to stop; the task resumes from its snapshot later. */
  readonly end: 'finished' | 'aborted' | 'paused';
  readonly cycle: number;
  readonly info: ClusterInfo;
}

export type CallName = keyof WorkerCalls;
export type CallInput<N extends CallName> = Parameters<WorkerCalls[N]>[0];
export type CallOutput<N extends CallName> = ReturnType<WorkerCalls[N]>;

/** Messages besides calls. */
export type ToWorker =
  /** The thread gets a cluster of a project. */
  | { readonly kind: 'take'; readonly cluster: string; readonly project: string }
  /** Ends a run early: `abort` for good, `pause` to resume later. Without a task: all runs. */
  | { readonly kind: 'abort' | 'pause'; readonly task?: string };

/** Messages besides answers. */
export type FromWorker =
  | { readonly kind: 'progress'; readonly task: string; readonly cycle: number; readonly info: ClusterInfo; readonly scores?: TaskScores }
  /** Bytes of all loaded clusters. */
  | { readonly kind: 'memory'; readonly bytes: number };
