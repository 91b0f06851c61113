import type { WorkerContext } from './all-reduce.ts';
import type { Column } from './column.ts';
import type { Label } from './rows.ts';
import type { Score } from './score.ts';
import type { Position } from './template.ts';

export interface ClusterOptions {
  /** Fixes everything that is random: same seed, same rows, same network, bit by bit. */
  readonly seed?: number;
  /** Neurons that one hexagon may grow; rounded up to a multiple of 16. */
  readonly neuronsPerHexagon?: number;
  /** Bytes that the network may take; when they are used up it grows no further, and goes on learning with what it has. At most 4 GB a thread. */
  readonly memoryLimit?: number;
  /** Threads that the cluster is spread over; its neurons are divided among them for good. More than one needs `startThread`. */
  readonly threads?: number;
  /** Begins on one thread where an exchange between threads takes so long here that more would hardly be faster: then `seed` alone does not fix the network. */
  readonly threadsIfFaster?: boolean;
  /** Starts a thread that calls `joinGroup(context)`; the context can be posted to a worker. */
  readonly startThread?: (context: WorkerContext) => void;
}

export interface ClusterStats {
  readonly neurons: number;
  readonly blocks: number;
  readonly sections: number;
  readonly synapses: number;
  /** Memory of the network in bytes. */
  readonly bytes: number;
  /** Whether memory was too short for something new. */
  readonly full: boolean;
}

/** A hexagon that grows, and what has grown in it. */
export interface HexagonStats extends Position {
  readonly neurons: number;
}

/** An output as it is seen from outside. */
export interface OutputColumn extends Column {
  /** Of an output that names a class: the classes in the order of its answers. */
  readonly classes?: readonly Label[];
}

/** What came of a training. */
export interface Training {
  readonly cycles: number;
  /** Mean of the largest error of each cycle. */
  readonly error: number;
  /** For each output how well its rows were answered before they were learnt, a score for each window of rows. */
  readonly scores: Readonly<Record<string, readonly Score[]>>;
}
