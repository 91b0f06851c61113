import * as Plot from '@observablehq/plot';
import { Cluster } from '@openhanami/engine';
import { BLUE, RED, svg } from './svg.ts';

const TEMPLATE = `version: 1
settings:
neuron_cooldown: 1.5
refractory_time: 3
hexagons:
1,1,1
2,1,1
3,1,1
inputs:
x: 1,1,1
outputs:
y: 3,1,1
`;

/** The documented example: input 100, cooldown 1.5, refractory time 3, and what a network answers that learnt it from its own neurons' potentials. */
export async function spiking(): Promise<string> {
  const cycles = 3000;
  const shown = 18;
  let potential = 0;
  const curve = Float32Array.from({ length: cycles + shown }, (_, cycle) => {
    potential = potential / 1.5 + (cycle % 3 === 0 ? 100 : 0);
    return potential;
  });
  const cluster = await Cluster.create(TEMPLATE);
  const x = (count: number) => ({ data: new Uint8Array(count).fill(100), width: 1 });
  cluster.train({ x: x(cycles) }, { y: { data: curve.subarray(0, cycles), width: 1 } });
  const answers = cluster.request({ x: x(shown) })['y'] as Float32Array;
  const wanted = Array.from({ length: shown }, (_, cycle) => ({ cycle, value: curve[cycles + cycle] }));
  return svg({
    height: 280,
    x: { label: 'cycle →', ticks: shown },
    y: { label: '↑ potential (line), answer of a trained cluster (dots)', domain: [0, 160] },
    marks: [
      Plot.line(wanted, { x: 'cycle', y: 'value', curve: 'step-after', stroke: BLUE, strokeWidth: 2 }),
      Plot.dot(
        wanted.map(({ cycle }) => ({ cycle, value: answers[cycle] })),
        { x: 'cycle', y: 'value', fill: RED },
      ),
      Plot.ruleY([0]),
    ],
  });
}
