import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, type ClusterOptions } from '@openhanami/engine';
import { cpuSeconds, type Figure, median } from '../figure.ts';
import { digits, pass, percent, SEEDS, SMALL, scatterPass, TEMPLATE } from './mnist.ts';

const { source, train, test } = digits;

interface Native {
  readonly pass: number;
  readonly percent: number;
  readonly answers: number;
}

/** The same loops in C++, compiled for this machine; undefined where there is no compiler. */
class NativeKernel {
  private readonly folder: string;
  private readonly files: readonly string[];

  private constructor(folder: string, files: readonly string[]) {
    this.folder = folder;
    this.files = files;
  }

  static build(): NativeKernel | undefined {
    if (spawnSync('g++', ['--version']).status !== 0) return undefined;
    const folder = mkdtempSync(join(tmpdir(), 'hanami-native-'));
    const source = join(import.meta.dirname, '../../native/kernel.cpp');
    execFileSync('g++', ['-O3', '-march=native', '-Wno-psabi', '-o', join(folder, 'kernel'), source], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    const files = [train.pixels, train.labels, test.pixels, test.labels].map((bytes, i) => {
      writeFileSync(join(folder, `${i}`), bytes);
      return join(folder, `${i}`);
    });
    return new NativeKernel(folder, files);
  }

  run(neurons: number, seed: number): Native {
    return JSON.parse(execFileSync(join(this.folder, 'kernel'), [...this.files, `${neurons}`, `${seed}`], { encoding: 'utf8' }));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

interface Run {
  readonly ours: number;
  readonly scatter: number;
  readonly native: Native | undefined;
  readonly requests: number;
  readonly snapshotMs: number;
  readonly snapshotBytes: number;
  readonly weightBytes: number;
  readonly percent: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** CPU time of passes over MNIST, in turn with the scatter baseline and with the native kernel, so that a slow moment of the machine meets all. */
export async function speedFigures(): Promise<Figure[]> {
  const native = NativeKernel.build();
  const scatter: number[] = [];
  const measure = async (neurons: number, options: ClusterOptions): Promise<Run[]> => {
    const runs: Run[] = [];
    for (const seed of SEEDS) {
      const baseline = scatterPass(train, test, seed);
      scatter.push(baseline.percent);
      const cluster = await Cluster.create(TEMPLATE, { ...options, seed });
      const ours = pass(cluster, train);
      const requests = cpuSeconds(() => cluster.request({ picture: { data: test.pixels, width: 784 } }));
      const started = performance.now();
      const snapshotBytes = cluster.snapshot().length;
      const snapshotMs = performance.now() - started;
      // Each weight is there twice: as it is, and as its running average, from which answers come.
      const weightBytes = cluster.stats().synapses * 8;
      const right = percent(cluster, test);
      runs.push({
        ours,
        scatter: baseline.cpu,
        native: native?.run(neurons, seed),
        requests: test.labels.length / requests,
        snapshotMs,
        snapshotBytes,
        weightBytes,
        percent: right,
      });
    }
    return runs;
  };
  const small = await measure(256, SMALL);
  const usual = await measure(512, {});
  native?.remove();
  const of = (runs: readonly Run[], value: (run: Run) => number): number => median(runs.map(value));
  const in_turn = 'median of the ratios of runs that followed each other, CPU time';
  const pictures = `${source}, one pass over ${train.labels.length.toLocaleString('en')} images`;
  return [
    { name: 'accuracy of the scatter baseline', value: mean(scatter), unit: '%', goal: '', how: pictures },
    { name: 'scatter baseline', value: of(usual, (run) => run.scatter), unit: 's', goal: '', how: `${pictures}, CPU time` },
    {
      name: 'one pass, small',
      value: of(small, (run) => run.ours),
      unit: 's',
      goal: '',
      how: `${pictures}, CPU time, ${mean(small.map((run) => run.percent)).toFixed(2)} %`,
    },
    {
      name: 'one pass',
      value: of(usual, (run) => run.ours),
      unit: 's',
      goal: '',
      how: `${pictures}, CPU time, ${mean(usual.map((run) => run.percent)).toFixed(2)} %`,
    },
    { name: 'scatter baseline / ours, small', value: of(small, (run) => run.scatter / run.ours), unit: '×', goal: '>= 15', how: in_turn },
    { name: 'scatter baseline / ours', value: of(usual, (run) => run.scatter / run.ours), unit: '×', goal: '>= 5', how: in_turn },
    ...(native
      ? [
          {
            name: 'ours / native limit, small',
            value: of(small, (run) => run.ours / (run.native?.pass ?? 1)),
            unit: '×',
            goal: '<= 1.3',
            how: `the same loops in C++ (g++ -O3 -march=native, ${mean(small.map((run) => run.native?.percent ?? 0)).toFixed(2)} %); ${in_turn}`,
          },
          {
            name: 'ours / native limit',
            value: of(usual, (run) => run.ours / (run.native?.pass ?? 1)),
            unit: '×',
            goal: '<= 1.3',
            how: `the same (${mean(usual.map((run) => run.native?.percent ?? 0)).toFixed(2)} %)`,
          },
        ]
      : []),
    {
      name: 'requests',
      value: of(usual, (run) => run.requests),
      unit: '/s',
      goal: '>= 120000',
      how: `bare engine, one core, ${test.labels.length.toLocaleString('en')} images`,
    },
    { name: 'requests, small', value: of(small, (run) => run.requests), unit: '/s', goal: '', how: 'the same' },
    {
      name: 'first use of a cluster',
      value: await firstUse(),
      unit: 'ms',
      goal: '< 20',
      how: 'create, train and ask one row in a fresh process, median of 7',
    },
    {
      name: 'snapshot',
      value: of(usual, (run) => run.snapshotMs),
      unit: 'ms',
      goal: '< 20',
      how: `${(of(usual, (run) => run.snapshotBytes) / 1e6).toFixed(2)} MB`,
    },
    {
      name: 'snapshot / its weights',
      value: of(usual, (run) => run.snapshotBytes / run.weightBytes),
      unit: '×',
      goal: '<= 1.5',
      how: `live weights and their averages, 4 bytes each; of the live ones alone ${(2 * of(usual, (run) => run.snapshotBytes / run.weightBytes)).toFixed(2)} ×`,
    },
  ];
}

/** Milliseconds from having imported the engine to the first answer, in processes of their own. */
async function firstUse(): Promise<number> {
  const script = `
    import { Cluster } from '@openhanami/engine';
    const started = performance.now();
    const cluster = await Cluster.create(${JSON.stringify(TEMPLATE)});
    const picture = { data: new Uint8Array(784).fill(9), width: 784, shape: [28, 28] };
    cluster.train({ picture }, { label: { data: new Uint8Array(10), width: 10 } });
    cluster.request({ picture });
    console.log(performance.now() - started);`;
  const times = Array.from({ length: 7 }, () =>
    Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname, encoding: 'utf8' })),
  );
  return median(times);
}
