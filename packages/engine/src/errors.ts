/** Rows, names, sizes or snapshots that the cluster cannot take. */
export class EngineError extends Error {
  override name = 'EngineError';
  /** Whether the cluster is of no more use, and has to be loaded from its last snapshot. */
  readonly fatal: boolean = false;
}
