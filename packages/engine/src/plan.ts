/** Neurons that a hexagon may grow: what serves most, and what gets by with half the time. */
export const DEFAULT_NEURONS_PER_HEXAGON = 512;
export const SMALL_NEURONS_PER_HEXAGON = 256;

/** From what a cluster is built; the same for all its shards. */
export interface Plan {
  readonly template: string;
  readonly seed: number;
  /** Neurons that one hexagon may grow, over all shards. */
  readonly neuronsPerHexagon: number;
  /** Parts that its neurons are spread over, each for a thread of its own. */
  readonly shards: number;
  /** Bytes that the network may take, over all shards. */
  readonly memoryLimit: number;
}
