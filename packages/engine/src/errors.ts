/** Rows, names, sizes or snapshots that the cluster cannot take. */
export class EngineError extends Error {
  override name = 'EngineError';
}
