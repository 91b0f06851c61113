import type { Kernel } from './kernel.ts';
import type { Layout } from './layout.ts';
import { type Template, TemplateError } from './template.ts';

/** An input or output of a cluster. */
export interface Terminal {
  readonly name: string;
  /** Address of the kernel's struct. */
  readonly address: number;
  /** Values a cycle; 0 before the first rows. */
  width: number;
}

/** Cooldowns that leave less than a millionth of a potential are the same as forgetting it. */
const FORGETS = 1e6;

/** @throws TemplateError for what a template may say, but the engine cannot do yet. */
export function refuseUnsupported({ settings }: Template): void {
  const refuse = (what: string): never => {
    throw new TemplateError(1, `${what} is not supported yet`);
  };
  if (settings.neuronCooldown < FORGETS) refuse(`neuron_cooldown below ${FORGETS}`);
  if (settings.refractoryTime > 1) refuse('refractory_time above 1');
  if (settings.enableReduction) refuse('enable_reduction');
}

/** Makes the hexagons, inputs and outputs of a layout in an empty kernel. */
export function buildNet(kernel: Kernel, template: Template, layout: Layout): { inputs: Terminal[]; outputs: Terminal[] } {
  const inputs = template.inputs.map(({ name }) => ({ name, address: kernel.addInput(), width: 0 }));
  const hexagons = layout.hexagons.map(() => kernel.addHexagon());
  const outputs = template.outputs.map(({ name }) => ({ name, address: kernel.addOutput(), width: 0 }));
  const address = <T>(list: readonly T[], i: number): T => {
    const found = list[i];
    if (found === undefined) throw new Error(`the layout names element ${i} of ${list.length}`);
    return found;
  };
  for (const [i, { links }] of layout.hexagons.entries()) {
    for (const link of links) {
      if ('input' in link) kernel.linkInput(address(hexagons, i), address(inputs, link.input).address, link.distance);
      else kernel.linkHexagon(address(hexagons, i), address(hexagons, link.hexagon), link.distance);
    }
  }
  for (const [i, output] of layout.outputs.entries()) {
    for (const hexagon of output.hexagons) kernel.linkOutput(address(outputs, i).address, address(hexagons, hexagon));
  }
  return { inputs, outputs };
}
