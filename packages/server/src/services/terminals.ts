import { BadRequest, NotFound } from '@openhanami/contract';
import type { ClusterInfo } from '../worker/protocol.ts';

// Checks the inputs and outputs that a task names.

type Side = 'inputs' | 'outputs';

/** Checks that all given inputs (or outputs) are the cluster's. @throws NotFound naming those that it has. */
export function mustExist(info: ClusterInfo, side: Side, given: readonly { hexagon_name: string }[]): void {
  const known = new Set(info[side].map(({ name }) => name));
  for (const { hexagon_name } of given) {
    if (known.has(hexagon_name)) continue;
    const names = [...known].map((name) => `'${name}'`).join(', ');
    throw new NotFound(`the cluster has no ${side.slice(0, -1)} '${hexagon_name}'; it has ${names}`);
  }
}

/** Checks that each input (or output) of the cluster is given once. @throws BadRequest if not, NotFound for unknown ones. */
export function mustName(info: ClusterInfo, side: Side, given: readonly { hexagon_name: string }[]): void {
  mustExist(info, side, given);
  const counts = new Map<string, number>();
  for (const { hexagon_name } of given) counts.set(hexagon_name, (counts.get(hexagon_name) ?? 0) + 1);
  for (const { name } of info[side]) {
    const times = counts.get(name) ?? 0;
    if (times === 0) throw new BadRequest(`'${side}' says nothing for the ${side.slice(0, -1)} '${name}' of the cluster`);
    if (times > 1) throw new BadRequest(`'${side}' names '${name}' ${times} times`);
  }
}
