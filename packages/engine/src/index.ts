export { Cluster, type ClusterOptions, type ClusterStats, DEFAULT_NEURONS_PER_HEXAGON, EngineError, type Rows } from './cluster.ts';
export type { Answers } from './coding.ts';
export { arrange, type Layout, type LayoutLink, neighbours } from './layout.ts';
export { DEFAULT_TEMPLATE, type Position, parseTemplate, type Template, TemplateError } from './template.ts';
