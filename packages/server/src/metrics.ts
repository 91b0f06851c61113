import type { TaskScores } from '@openhanami/contract';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Values read at each scrape. */
export interface Readings {
  tasks(): Promise<readonly { readonly state: string; readonly count: number }[]>;
  /** Clusters that are trained, and how well each output answers rows before they are learnt. */
  trainings(): Iterable<readonly [cluster: string, scores: TaskScores['scores']]>;
  hosts(): readonly { readonly uuid: string; readonly clusters: number; readonly load: number; readonly memory: number }[];
}

/** Seconds; covers quick calls as well as long conversions. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

const SCORES = ['accuracy', 'log_loss', 'mae', 'rmse', 'r2'] as const;

/** Metrics for Prometheus. */
export class Metrics {
  readonly registry = new Registry();
  private readonly registers = [this.registry];
  private readonly requests = new Histogram({
    name: 'hanami_http_request_seconds',
    help: 'Time from a request to its answer; its count is the number of requests',
    labelNames: ['method', 'path', 'status'],
    buckets: BUCKETS,
    registers: this.registers,
  });
  private readonly cycles = new Counter({
    name: 'hanami_cycles_total',
    help: 'Cycles that clusters did; its rate is cycles per second',
    labelNames: ['kind'],
    registers: this.registers,
  });
  private readonly sockets = new Gauge({
    name: 'hanami_websockets',
    help: 'Open websockets by what they talk about',
    labelNames: ['target'],
    registers: this.registers,
  });
  private readonly uploaded = new Counter({
    name: 'hanami_uploaded_bytes_total',
    help: 'Bytes that came in over websockets',
    registers: this.registers,
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Adds gauges that are read at each scrape. */
  watch(readings: Readings): void {
    new Gauge({
      name: 'hanami_tasks',
      help: 'Tasks by state; those queued are the length of the queue',
      labelNames: ['state'],
      registers: this.registers,
      async collect() {
        this.reset();
        for (const state of ['queued', 'active']) this.set({ state }, 0);
        for (const { state, count } of await readings.tasks()) this.set({ state }, count);
      },
    });
    new Gauge({
      name: 'hanami_training_score',
      help: 'How well running trainings answer rows before they learn them: accuracy and log_loss of classes, mae, rmse and r2 of numbers',
      labelNames: ['cluster', 'output', 'score'],
      registers: this.registers,
      collect() {
        this.reset();
        for (const [cluster, outputs] of readings.trainings()) {
          for (const [output, scores] of Object.entries(outputs)) {
            for (const score of SCORES) if (scores[score] !== undefined) this.set({ cluster, output, score }, scores[score]);
          }
        }
      },
    });
    const ofHosts = (name: string, help: string, field: 'clusters' | 'load' | 'memory'): void => {
      new Gauge({
        name,
        help,
        labelNames: ['host'],
        registers: this.registers,
        collect() {
          for (const host of readings.hosts()) this.set({ host: host.uuid }, host[field]);
        },
      });
    };
    ofHosts('hanami_clusters', 'Clusters by logical host', 'clusters');
    ofHosts('hanami_host_load', 'Share of its time that a logical host worked in the last seconds', 'load');
    ofHosts('hanami_cluster_memory_bytes', 'Memory of the clusters that are loaded, by logical host', 'memory');
  }

  countRequest(method: string, path: string, status: number, seconds: number): void {
    this.requests.observe({ method, path, status }, seconds);
  }

  countCycles(kind: string, count: number): void {
    this.cycles.inc({ kind }, count);
  }

  countBytes(count: number): void {
    this.uploaded.inc(count);
  }

  /** Counts an open websocket; call the returned function when it closes. */
  openSocket(target: string): () => void {
    this.sockets.inc({ target });
    return () => this.sockets.dec({ target });
  }
}
