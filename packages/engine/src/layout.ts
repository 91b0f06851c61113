import { type Position, positionText, type Template, TemplateError } from './template.ts';

/** From where a hexagon's neurons read: an input's values or another hexagon's neurons, `distance` hexagons away. */
export type LayoutLink = { readonly input: number; readonly distance: number } | { readonly hexagon: number; readonly distance: number };

/** Connections from inputs and hexagons to hexagons and outputs that a template may have: what is built of it takes time and memory by them. */
const MOST_LINKS = 100_000;

/** The directed arrangement that a template stands for. Indices refer to these arrays and to the template's inputs and outputs. */
export interface Layout {
  /** Hexagons that grow neurons, sources before readers. */
  readonly hexagons: readonly { readonly position: Position; readonly links: readonly LayoutLink[] }[];
  /** For each output of the template the hexagons whose neurons it reads. */
  readonly outputs: readonly { readonly hexagons: readonly number[] }[];
}

/** A hexagon while its place in the order is being worked out. */
interface Node {
  readonly position: Position;
  readonly line: number;
  /** Places in the template's lists. */
  readonly inputs: number[];
  readonly outputs: number[];
  /** Both ways between neighbours; axons only from their start. */
  readonly near: Set<Node>;
  readonly axonTo: Map<Node, number>;
  /** Steps from the nearest input and to the nearest output. */
  fromInput: number;
  toOutput: number;
  /** Direct sources, once directions are settled. */
  readonly sources: Set<Node>;
}

/**
 * Gives every connection its direction: forward, towards outputs, never in circles.
 * @throws TemplateError for a lonely hexagon, an output that no input reaches, an input that reaches no output, an axon that closes a circle.
 */
export function arrange(template: Template): Layout {
  const nodes = connect(template);
  measure(nodes);
  const used = nodes.filter((node) => Number.isFinite(node.fromInput) && Number.isFinite(node.toOutput));
  checkReach(template, used);
  direct(used);
  const ordered = sort(used);
  return build(template, ordered);
}

function connect(template: Template): Node[] {
  const byPosition = new Map<string, Node>();
  for (const hexagon of template.hexagons) {
    byPosition.set(positionText(hexagon), {
      position: { x: hexagon.x, y: hexagon.y, z: hexagon.z },
      line: hexagon.line,
      inputs: [],
      outputs: [],
      near: new Set(),
      axonTo: new Map(),
      fromInput: Number.POSITIVE_INFINITY,
      toOutput: Number.POSITIVE_INFINITY,
      sources: new Set(),
    });
  }
  const nodeAt = (position: Position): Node => {
    const node = byPosition.get(positionText(position));
    if (!node) throw new Error(`no hexagon ${positionText(position)}`);
    return node;
  };
  for (const [i, input] of template.inputs.entries()) nodeAt(input.position).inputs.push(i);
  for (const [i, output] of template.outputs.entries()) nodeAt(output.position).outputs.push(i);
  const hasAxon = new Set<Node>();
  for (const axon of template.axons) {
    nodeAt(axon.from).axonTo.set(nodeAt(axon.to), axon.line);
    hasAxon.add(nodeAt(axon.from)).add(nodeAt(axon.to));
  }
  for (const node of byPosition.values()) {
    for (const side of neighbours(node.position)) {
      const neighbour = byPosition.get(positionText(side));
      if (neighbour) node.near.add(neighbour);
    }
    if (node.near.size === 0 && !hasAxon.has(node)) {
      throw new TemplateError(node.line, `hexagon ${positionText(node.position)} has neither a neighbour nor an axon`);
    }
  }
  return [...byPosition.values()];
}

/** The twelve sides of a hexagon, in the order of their numbers (0 … 11); rows with odd y are shifted by half. */
export function neighbours({ x, y, z }: Position): Position[] {
  const even = y % 2 === 0 ? 1 : 0;
  const odd = 1 - even;
  return [
    { x: x - even, y: y - 1, z: z - 1 },
    { x: x + odd, y: y - 1, z: z - 1 },
    { x, y, z: z - 1 },
    { x: x + odd, y: y - 1, z },
    { x: x + 1, y, z },
    { x: x + odd, y: y + 1, z },
    { x: x - even, y: y - 1, z },
    { x: x - 1, y, z },
    { x: x - even, y: y + 1, z },
    { x, y, z: z + 1 },
    { x: x - even, y: y + 1, z: z + 1 },
    { x: x + odd, y: y + 1, z: z + 1 },
  ];
}

/** Breadth-first distances from inputs (along axons) and to outputs (against them). */
function measure(nodes: readonly Node[]): void {
  const axonFrom = new Map<Node, Node[]>();
  for (const node of nodes) for (const to of node.axonTo.keys()) axonFrom.set(to, [...(axonFrom.get(to) ?? []), node]);
  spread(
    nodes.filter((node) => node.inputs.length > 0),
    (node) => [...node.near, ...node.axonTo.keys()],
    (node, steps) => {
      if (node.fromInput <= steps) return false;
      node.fromInput = steps;
      return true;
    },
  );
  spread(
    nodes.filter((node) => node.outputs.length > 0),
    (node) => [...node.near, ...(axonFrom.get(node) ?? [])],
    (node, steps) => {
      if (node.toOutput <= steps) return false;
      node.toOutput = steps;
      return true;
    },
  );
}

function spread(start: readonly Node[], next: (node: Node) => Node[], reach: (node: Node, steps: number) => boolean): void {
  let front = start.filter((node) => reach(node, 0));
  for (let steps = 1; front.length > 0; steps++) front = front.flatMap(next).filter((node) => reach(node, steps));
}

function checkReach(template: Template, used: readonly Node[]): void {
  const reached = new Set(used.flatMap((node) => node.outputs));
  const reaching = new Set(used.flatMap((node) => node.inputs));
  for (const [i, output] of template.outputs.entries()) {
    if (!reached.has(i)) throw new TemplateError(output.line, `output '${output.name}' is not reachable from an input`);
  }
  for (const [i, input] of template.inputs.entries()) {
    if (!reaching.has(i)) throw new TemplateError(input.line, `input '${input.name}' reaches no output`);
  }
}

/** Between neighbours the way leads from the one nearer to inputs and farther from outputs; between equals there is none. Axons lead as written. */
function direct(used: readonly Node[]): void {
  const among = new Set(used);
  for (const node of used) {
    for (const other of node.near) {
      if (among.has(other) && leads(other, node)) node.sources.add(other);
    }
    for (const to of node.axonTo.keys()) if (among.has(to)) to.sources.add(node);
  }
}

const rank = (node: Node): number => node.fromInput - node.toOutput;

function leads(a: Node, b: Node): boolean {
  if (rank(a) !== rank(b)) return rank(a) < rank(b);
  if (a.fromInput === b.fromInput) return false;
  // One is a step farther from both ends. It feeds the other if inputs reach it another way, else it is fed: so every hexagon has a source.
  const farther = a.fromInput > b.fromInput ? a : b;
  const reachedOtherwise = [...farther.near].some((node) => node.fromInput < farther.fromInput && rank(node) < rank(farther));
  return reachedOtherwise ? a === farther : b === farther;
}

/** Sources before readers (Kahn 1962). */
function sort(used: readonly Node[]): Node[] {
  const waiting = new Map(used.map((node) => [node, node.sources.size]));
  const readers = new Map<Node, Node[]>(used.map((node) => [node, []]));
  for (const node of used) for (const source of node.sources) readers.get(source)?.push(node);
  const ordered: Node[] = [];
  const ready = used.filter((node) => node.sources.size === 0);
  // The list grows while it is gone through.
  for (const node of ready) {
    ordered.push(node);
    for (const reader of readers.get(node) ?? []) {
      const left = (waiting.get(reader) ?? 0) - 1;
      waiting.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (ordered.length < used.length) {
    const sorted = new Set(ordered);
    const stuck = used.find((node) => !sorted.has(node) && node.axonTo.size > 0);
    const line = Math.min(...(stuck?.axonTo.values() ?? []));
    throw new TemplateError(Number.isFinite(line) ? line : 1, 'the axons close a circle; growth goes forward only');
  }
  return ordered;
}

function build(template: Template, ordered: readonly Node[]): Layout {
  const index = new Map<Node, number>();
  const hexagons: { position: Position; links: LayoutLink[] }[] = [];
  const outputs = template.outputs.map(() => ({ hexagons: [] as number[] }));
  const isSource = new Set(ordered.flatMap((node) => [...node.sources]));
  let count = 0;
  const mustFit = (node: Node, more: number): void => {
    count += more;
    if (count <= MOST_LINKS) return;
    throw new TemplateError(node.line, `more than ${MOST_LINKS} connections; take a smaller max_connection_distance, or fewer hexagons`);
  };
  for (const node of ordered) {
    const within = reachBack(node, template.settings.maxConnectionDistance);
    // An output at the end of the line needs no neurons of its own: it reads those of the hexagons before it.
    const onlyAnswers = node.outputs.length > 0 && !isSource.has(node) && node.sources.size > 0 && node.inputs.length === 0;
    if (onlyAnswers && [...node.sources].every((source) => index.has(source) && source.inputs.length === 0)) {
      const read = [...within.keys()].map((source) => index.get(source)).filter((i) => i !== undefined);
      mustFit(node, read.length * node.outputs.length);
      for (const output of node.outputs) outputs[output]?.hexagons.push(...read);
      continue;
    }
    const links: LayoutLink[] = [];
    for (const [source, distance] of within) {
      for (const input of source.inputs) links.push({ input, distance });
      const hexagon = index.get(source);
      if (hexagon !== undefined) links.push({ hexagon, distance });
    }
    // A hexagon that answers reads the inputs that lie in it; one that only takes them in has no neurons.
    if (node.outputs.length > 0) for (const input of node.inputs) links.push({ input, distance: 1 });
    if (links.length === 0) continue;
    mustFit(node, links.length + node.outputs.length);
    index.set(node, hexagons.length);
    for (const output of node.outputs) outputs[output]?.hexagons.push(hexagons.length);
    hexagons.push({ position: node.position, links });
  }
  return { hexagons, outputs };
}

/** All hexagons from which `node` can be reached in at most `limit` steps, with the number of steps. */
function reachBack(node: Node, limit: number): Map<Node, number> {
  const found = new Map<Node, number>();
  let front = [...node.sources];
  for (let distance = 1; distance <= limit && front.length > 0; distance++) {
    for (const source of front) found.set(source, distance);
    // Each hexagon once, by its shortest way: there may be a great many ways.
    front = [...new Set(front.flatMap((source) => [...source.sources]))].filter((source) => !found.has(source));
  }
  return found;
}
