export type { WorkerContext } from './all-reduce.ts';
export {
  Cluster,
  type ClusterOptions,
  type ClusterStats,
  DEFAULT_NEURONS_PER_HEXAGON,
  type OutputColumn,
  SMALL_NEURONS_PER_HEXAGON,
  type Training,
} from './cluster.ts';
export type { Answers } from './coding.ts';
export type { Column } from './column.ts';
export { EngineError } from './errors.ts';
export type { FieldKind, FieldState } from './fields.ts';
export type { Explanation, FieldOf, Importance } from './importance.ts';
export { arrange, type Layout, type LayoutLink, neighbours } from './layout.ts';
export type { CategoryValues, DenseRows, FieldValues, Label, Rows, SparseRows, TableRows, TimeValues } from './rows.ts';
export { Score } from './score.ts';
export { DEFAULT_TEMPLATE, type Position, parseTemplate, type Template, TemplateError } from './template.ts';
export { joinGroup } from './thread-group.ts';
