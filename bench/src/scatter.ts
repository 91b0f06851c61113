// The scatter baseline: the learning rules of the original system on a line of three hexagons, written plainly (typed arrays, no tricks).
// It is what our engine's accuracy and CPU time are compared with.

const NEURONS = 128; // a block
const SLOTS = 512; // sections a block
const SYNAPSES = 128; // a section
const CONNECTIONS = 7; // an output value

/** A hexagon's blocks, and the sections that lead into them. */
class Hexagon {
  blocks = 0;
  sections = 0;
  /** For each source (input value or hidden neuron) its section, or -1. */
  sectionOf: Int32Array;
  /** Used slots of each block; block and tolerance of each section; its synapses' target, weight, border. */
  used: number[] = [];
  blockOf: number[] = [];
  tolerance: number[] = [];
  count: number[] = [];
  target = new Uint8Array(0);
  weight = new Float32Array(0);
  border = new Float32Array(0);
  input = new Float32Array(0);
  delta = new Float32Array(0);
  potential = new Float32Array(0);

  constructor(sources: number) {
    this.sectionOf = new Int32Array(sources).fill(-1);
  }

  private addBlock(): void {
    this.blocks++;
    this.used.push(0);
    for (const name of ['input', 'delta', 'potential'] as const) {
      const grown = new Float32Array(this.blocks * NEURONS);
      grown.set(this[name]);
      this[name] = grown;
    }
  }

  addSection(source: number, random: () => number): number {
    let free = 0;
    for (const used of this.used) free += SLOTS - used;
    if (free < 256) this.addBlock();
    const start = Math.floor(random() * this.blocks);
    let block = start;
    while ((this.used[block] ?? SLOTS) >= SLOTS) block = (block + 1) % this.blocks;
    this.used[block] = (this.used[block] ?? 0) + 1;
    const section = this.sections++;
    this.blockOf.push(block);
    this.tolerance.push(0.49);
    this.count.push(0);
    if (section * SYNAPSES >= this.target.length) {
      const size = Math.max(1024, this.sections * 2) * SYNAPSES;
      const target = new Uint8Array(size);
      target.set(this.target);
      this.target = target;
      for (const name of ['weight', 'border'] as const) {
        const grown = new Float32Array(size);
        grown.set(this[name]);
        this[name] = grown;
      }
    }
    this.sectionOf[source] = section;
    if (source >= this.sectionOf.length) throw new Error(`source ${source} is beyond the hexagon's ${this.sectionOf.length} sources`);
    return section;
  }

  forward(source: number, potential: number, train: boolean, random: () => number): void {
    let section = this.sectionOf[source] as number;
    if (section < 0) {
      if (!train) return;
      section = this.addSection(source, random);
    }
    const base = section * SYNAPSES;
    const neurons = (this.blockOf[section] as number) * NEURONS;
    let tolerance = this.tolerance[section] as number;
    let count = this.count[section] as number;
    let p = potential;
    for (let k = 0; k < SYNAPSES && p > 1e-5; k++) {
      const s = base + k;
      if (k >= count) {
        if (!train) break;
        this.border[s] = p;
        this.target[s] = Math.floor(random() * NEURONS);
        this.weight[s] = random() * 0.2 * (random() < 0.5 ? -1 : 1);
        this.count[section] = ++count;
      }
      let border = this.border[s] as number;
      if (train && p > (0.5 - tolerance) * border && p < (0.5 + tolerance) * border) {
        border /= 1.5;
        this.border[s] = border;
        this.weight[s] = (this.weight[s] as number) / 1.5;
        tolerance /= 1.2;
      }
      const neuron = neurons + (this.target[s] as number);
      this.input[neuron] = (this.input[neuron] as number) + (this.weight[s] as number) * Math.min(1, p / border);
      p -= border;
    }
    this.tolerance[section] = tolerance;
  }

  /** Runs the deltas of this hexagon's neurons back through one source's section; returns the source's own. */
  backward(source: number, potential: number): number {
    const section = this.sectionOf[source] as number;
    if (section < 0) return 0;
    const base = section * SYNAPSES;
    const neurons = (this.blockOf[section] as number) * NEURONS;
    const count = this.count[section] as number;
    let p = potential;
    let delta = 0;
    for (let k = 0; k < count && p > 1e-5; k++) {
      const s = base + k;
      const d = this.delta[neurons + (this.target[s] as number)] as number;
      delta += d * (this.weight[s] as number);
      this.weight[s] = (this.weight[s] as number) - 0.1 * d;
      p -= this.border[s] as number;
    }
    return delta;
  }
}

/** The baseline network: `inputs` raw values in, `outputs` values in [0, 1] out. */
export class ScatterNetwork {
  private readonly hidden: Hexagon;
  private readonly last: Hexagon;
  private readonly active: Float32Array;
  private readonly connection: Int32Array;
  private readonly strength: Float32Array;
  readonly answer: Float32Array;
  private readonly outputs: number;
  private readonly random: () => number;

  constructor(inputs: number, outputs: number, random: () => number) {
    this.outputs = outputs;
    this.random = random;
    this.hidden = new Hexagon(inputs);
    // Far more hidden neurons than the rules ever make on MNIST.
    this.last = new Hexagon(64 * NEURONS);
    this.active = new Float32Array(inputs);
    this.connection = new Int32Array(outputs * CONNECTIONS).fill(-1);
    this.strength = new Float32Array(outputs * CONNECTIONS);
    this.answer = new Float32Array(outputs);
  }

  get sections(): number {
    return this.hidden.sections + this.last.sections;
  }

  forward(values: Uint8Array, train: boolean): Float32Array {
    const { hidden, last, random } = this;
    for (let i = 0; i < values.length; i++) {
      const v = values[i] as number;
      this.active[i] = v;
      if (v > 0) hidden.forward(i, v, train, random);
    }
    for (let n = 0; n < hidden.input.length; n++) {
      const input = hidden.input[n] as number;
      hidden.potential[n] = input > 0 ? Math.log2(1 + input) : 0;
      hidden.input[n] = 0;
      if (input > 0) last.forward(n, hidden.potential[n] as number, train, random);
    }
    for (let n = 0; n < last.input.length; n++) {
      last.potential[n] = 1 / (1 + Math.exp(-(last.input[n] as number)));
      last.input[n] = 0;
    }
    for (let k = 0; k < this.outputs; k++) {
      let sum = 0;
      for (let c = k * CONNECTIONS; c < (k + 1) * CONNECTIONS; c++) {
        const from = this.connection[c] as number;
        if (from >= 0) sum += (last.potential[from] as number) * (this.strength[c] as number);
      }
      this.answer[k] = sum === 0 ? 0 : 1 / (1 + Math.exp(-sum));
    }
    return this.answer;
  }

  train(values: Uint8Array, targets: Uint8Array): void {
    const { hidden, last, random } = this;
    this.forward(values, true);
    last.delta.fill(0);
    for (let k = 0; k < this.outputs; k++) {
      const target = targets[k] as number;
      const y = this.answer[k] as number;
      const u = (y - target) * y * (1 - y);
      for (let c = k * CONNECTIONS; c < (k + 1) * CONNECTIONS; c++) {
        if ((this.connection[c] as number) < 0) {
          if (target <= 0 || random() >= 1 / 50) continue;
          const from = Math.floor(random() * last.potential.length);
          const s = last.potential[from] as number;
          if (s === 0.5) continue;
          this.connection[c] = from;
          this.strength[c] = random() * 2 * (s < 0.5 ? -1 : 1);
        }
        const from = this.connection[c] as number;
        const s = last.potential[from] as number;
        last.delta[from] = (last.delta[from] as number) + u * (this.strength[c] as number);
        this.strength[c] = (this.strength[c] as number) - 0.1 * u * s;
      }
    }
    for (let n = 0; n < last.delta.length; n++) {
      const s = last.potential[n] as number;
      last.delta[n] = (last.delta[n] as number) * s * (1 - s);
    }
    for (let n = 0; n < hidden.potential.length; n++) {
      const p = hidden.potential[n] as number;
      hidden.delta[n] = p > 0 ? last.backward(n, p) * Math.LOG2E * 0.5 ** p : 0;
    }
    for (let i = 0; i < values.length; i++) {
      const v = this.active[i] as number;
      if (v > 0) hidden.backward(i, v);
    }
  }
}
