import { type Answers, type Codings, codingsOf } from './coding.ts';
import type { Column } from './column.ts';
import { EngineError } from './errors.ts';
import { type Feed, feedOf } from './feed.ts';
import { classesOf, Fields, Labels } from './fields.ts';
import type { Label, Rows } from './rows.ts';
import { type Targets, targetsOf } from './score.ts';
import type { Description, Terminal } from './snapshot.ts';
import { parseTemplate } from './template.ts';

/** Rows that were matched to their input or output. */
export interface Matched {
  readonly side: 'inputs' | 'outputs';
  readonly index: number;
  readonly terminal: Terminal;
  readonly feed: Feed;
  /** What answers to the rows of an output are compared with. */
  readonly targets?: Targets;
  /** Keeps that the input has fields, or the output classes, once all rows of a training are known to be usable. */
  readonly keep?: () => void;
}

/** Values that are looked through for infinite ones at a time. */
const CHECKED = 65_536;

/** Between the rows that callers have and those that the kernel sees: codings, fields and classes of a cluster's inputs and outputs. */
export class Matching {
  private readonly codings: Codings;
  private readonly fields = new Map<string, Fields>();
  private readonly classes = new Map<string, Labels>();

  /** @param description its fields and classes are added to as they come. */
  constructor(
    private readonly description: Description,
    private readonly firstInfinite: (values: Float32Array) => number,
  ) {
    this.codings = codingsOf(parseTemplate(description.plan.template), description.matches);
    for (const [name, states] of Object.entries(description.fields)) this.fields.set(name, new Fields(name, states));
    for (const [name, labels] of Object.entries(description.classes)) this.classes.set(name, new Labels(labels));
  }

  /** What codings have to remember with a snapshot; undefined for nothing. */
  matches(): Description['matches'] {
    const found = [...this.codings.inputs].flatMap(([name, coding]) => (coding.state ? [[name, coding.state()] as const] : []));
    return found.length > 0 ? Object.fromEntries(found) : undefined;
  }

  /** An input or output as it is seen from outside. */
  outer(side: Matched['side'], { name, width }: Terminal): Column {
    const labels = side === 'outputs' ? this.classes.get(name) : undefined;
    return { name, width: labels ? labels.labels.length : (this.codings[side].get(name)?.outerWidth(width) ?? width) };
  }

  /** The classes of an output that names one, in the order of its answers. */
  labelsOf(output: string): readonly Label[] | undefined {
    return this.classes.get(output)?.labels;
  }

  /** What the kernel's answers mean. @param answers rows × `width` values. */
  decode(output: string, answers: Float32Array, width: number): Answers {
    const labels = this.classes.get(output)?.labels;
    if (labels) return probabilities(answers, width, labels.length);
    return this.codings.outputs.get(output)?.decode(answers) ?? answers;
  }

  /** How to go back to the fields and classes of now: for a training that is refused half way. */
  mark(): () => void {
    const fields = Array.from(this.fields.values(), (one) => one.mark());
    const classes = Array.from(this.classes.values(), (labels) => [labels, labels.labels.length] as const);
    return () => {
      for (const back of fields) back();
      for (const [labels, count] of classes) labels.truncate(count);
    };
  }

  /** Whether the values of an output are spread over more of the kernel's: they are compared with targets once they are decoded. */
  isCoded(output: string, width: number): boolean {
    const coding = this.codings.outputs.get(output);
    return coding !== undefined && coding.outerWidth(width) !== width;
  }

  /** One row of a coded output; as it is where it was not judged. */
  decodeRow(output: string, answers: Float32Array): Answers {
    return Number.isNaN(answers[0]) ? answers : this.decode(output, answers, answers.length);
  }

  /**
   * The rows for each input or output of one side, as the kernel sees them.
   * @param learn false for a request: nothing new is remembered.
   * @throws EngineError for names that are not known or have no rows, and for rows that cannot be used.
   */
  match(given: Readonly<Record<string, Rows>>, side: Matched['side'], learn: boolean): Matched[] {
    const terminals = this.description[side];
    for (const name of Object.keys(given)) {
      if (terminals.some((terminal) => terminal.name === name)) continue;
      const known = terminals.map((terminal) => `'${terminal.name}'`).join(', ');
      throw new EngineError(`the cluster has no ${side.slice(0, -1)} '${name}'; it has ${known}`);
    }
    return terminals.map((terminal, index) => {
      const rows = Object.hasOwn(given, terminal.name) ? given[terminal.name] : undefined;
      if (!rows) throw new EngineError(`no rows for the ${side.slice(0, -1)} '${terminal.name}'`);
      const matched = { side, index, terminal, ...this.feed(terminal, rows, side, learn) };
      this.refuseInfinite(terminal.name, matched.feed);
      return matched;
    });
  }

  private feed(terminal: Terminal, rows: Rows, side: Matched['side'], learn: boolean): Pick<Matched, 'feed' | 'targets' | 'keep'> {
    const { name } = terminal;
    const coding = this.codings[side].get(name);
    const isInput = side === 'inputs';
    if ('fields' in rows) {
      if (coding || !isInput) throw new EngineError(`'${name}' cannot take fields`);
      const fields = this.fieldsOf(terminal);
      const keep = (): void => {
        this.fields.set(name, fields);
        setOwn(this.description.fields, name, fields.states);
      };
      return { feed: fields.feed(rows, learn), keep };
    }
    if (this.fields.has(name) && isInput) throw new EngineError(`the input '${name}' was trained with fields; these rows have none`);
    if ('codes' in rows) {
      if (coding || isInput) throw new EngineError(`'${name}' cannot take classes`);
      const labels = this.classesOf(terminal);
      const keep = (): void => {
        this.classes.set(name, labels);
        setOwn(this.description.classes, name, labels.labels);
      };
      return { ...classesOf(name, labels, rows), keep };
    }
    if (this.classes.has(name) && !isInput) throw new EngineError(`the output '${name}' was trained with classes; these rows have none`);
    if ('offsets' in rows) {
      if (coding || !isInput) throw new EngineError(`'${name}' cannot take sparse rows`);
      return { feed: feedOf(name, rows, true) };
    }
    return { feed: feedOf(name, coding ? coding.encode(rows, learn) : rows, isInput), targets: targetsOf(rows) };
  }

  /** The fields of an input; it has some from its first rows on or never. */
  private fieldsOf({ name, width }: Terminal): Fields {
    const found = this.fields.get(name);
    if (found) return found;
    if (width > 0) throw new EngineError(`the input '${name}' was trained with plain numbers; these rows are fields`);
    return new Fields(name, []);
  }

  private classesOf({ name, width }: Terminal): Labels {
    const found = this.classes.get(name);
    if (found) return found;
    if (width > 0) throw new EngineError(`the output '${name}' was trained with plain numbers; these rows name classes`);
    return new Labels([]);
  }

  private refuseInfinite(name: string, { checked, where }: Feed): void {
    for (let from = 0; from < checked.length; from += CHECKED) {
      const part = checked.subarray(from, from + CHECKED);
      const at = part instanceof Float32Array ? this.firstInfinite(part) : part.findIndex((value) => Math.abs(value) === Infinity);
      if (at < 0) continue;
      throw new EngineError(
        `'${name}' ${where(from + at)} is ${checked[from + at]}; only finite numbers can be used, and NaN for what is missing`,
      );
    }
  }
}

/** Sets a property whatever its name: `__proto__` is a name like any other. */
function setOwn<Value>(object: Record<string, Value>, name: string, value: Value): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

/** Of rows of `width` values the first `count`, so that they sum to 1. */
function probabilities(answers: Float32Array, width: number, count: number): Float32Array {
  const rows = answers.length / width;
  const found = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += answers[row * width + i] as number;
    for (let i = 0; i < count; i++) found[row * count + i] = (answers[row * width + i] as number) / sum;
  }
  return found;
}

/** Cycles that all of them have rows for. */
export function countCycles(matched: readonly Matched[]): number {
  return Math.max(0, Math.min(...matched.map(({ feed }) => feed.cycles)));
}
