export type { WorkerContext } from './all-reduce.ts';
export { Cluster, type ClusterOptions, type ClusterStats, DEFAULT_NEURONS_PER_HEXAGON, SMALL_NEURONS_PER_HEXAGON } from './cluster.ts';
export type { Answers } from './coding.ts';
export type { Column } from './column.ts';
export { EngineError } from './errors.ts';
export type { DenseRows, Rows, SparseRows } from './feed.ts';
export { arrange, type Layout, type LayoutLink, neighbours } from './layout.ts';
export { DEFAULT_TEMPLATE, type Position, parseTemplate, type Template, TemplateError } from './template.ts';
export { joinGroup } from './thread-group.ts';
