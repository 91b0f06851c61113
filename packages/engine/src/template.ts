/** A hexagon's place in the grid. */
export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface TemplateSettings {
  /** The potential is divided by it each cycle; > 1. The default forgets everything. */
  readonly neuronCooldown: number;
  /** Cycles until a neuron may fire again; ≥ 1. */
  readonly refractoryTime: number;
  /** How many hexagons far a section may reach; ≥ 1. */
  readonly maxConnectionDistance: number;
  /** Whether what carries nothing is pruned. */
  readonly enableReduction: boolean;
}

export interface TemplateInput {
  readonly name: string;
  readonly position: Position;
  readonly kind: 'plain' | 'binary' | 'match';
  readonly line: number;
}

export interface TemplateOutput {
  readonly name: string;
  readonly position: Position;
  readonly kind: 'plain' | 'bool' | 'int' | 'float';
  readonly line: number;
}

export interface TemplateAxon {
  readonly from: Position;
  readonly to: Position;
  readonly line: number;
}

/** A parsed cluster template. Lines count from 1 and serve later messages. */
export interface Template {
  readonly settings: TemplateSettings;
  readonly hexagons: readonly (Position & { readonly line: number })[];
  readonly axons: readonly TemplateAxon[];
  readonly inputs: readonly TemplateInput[];
  readonly outputs: readonly TemplateOutput[];
}

/** A template that cannot be used: what is wrong, and in which line. */
export class TemplateError extends Error {
  override name = 'TemplateError';

  constructor(
    readonly line: number,
    readonly reason: string,
  ) {
    super(`template line ${line}: ${reason}`);
  }
}

/** What a cluster gets that is created without a template: a line of three hexagons. */
export const DEFAULT_TEMPLATE = `version: 1
settings:
    neuron_cooldown: 100000000000.0
    refractory_time: 1
    max_connection_distance: 1
    enable_reduction: false
hexagons:
    1,1,1
    2,1,1
    3,1,1
inputs:
    input: 1,1,1
outputs:
    output: 3,1,1
`;

const SECTIONS = ['settings', 'hexagons', 'axons', 'inputs', 'outputs'] as const;
type Section = (typeof SECTIONS)[number];

const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_-]*$/;
const LONGEST_NAME = 254;
const LARGEST_NUMBER = 1e30;
const MAX_HEXAGONS = 10_000;
/** Characters of the longest template. */
const LONGEST_TEMPLATE = 1_000_000;

/** Where one entry may end and another begin on the same line: a word that a colon follows, a position, or an axon. Each is as short as it is told here, so a line is read once. */
const ENTRIES: Readonly<Record<Section, RegExp>> = {
  hexagons: /(?<=\d)\s+(?=\d+\s*,)/,
  axons: /(?<=\d)\s+(?=\d+\s*,\s*\d+\s*,\s*\d+\s*->)/,
  settings: /\s+(?=[a-zA-Z0-9_-]+\s*:)/,
  inputs: /\s+(?=[a-zA-Z0-9_-]+\s*:)/,
  outputs: /\s+(?=[a-zA-Z0-9_-]+\s*:)/,
};

/**
 * Parses a cluster template. Indentation means nothing, entries stand on lines of their own or behind each other, `#` starts a comment.
 * @throws TemplateError naming line and reason of the first fault.
 */
export function parseTemplate(text: string): Template {
  if (text.length > LONGEST_TEMPLATE)
    throw new TemplateError(1, `the template has ${text.length} characters; at most ${LONGEST_TEMPLATE} are possible`);
  const hexagons: (Position & { line: number })[] = [];
  const axons: TemplateAxon[] = [];
  const inputs: TemplateInput[] = [];
  const outputs: TemplateOutput[] = [];
  const settings = new Map<string, { value: string; line: number }>();
  const started = new Set<string>();
  let section: Section | undefined;
  let line = 0;

  const read = (entry: string): void => {
    if (section === undefined) {
      throw new TemplateError(line, `${quote(entry)} stands outside of a section; expected 'version: 1' or one of ${SECTIONS.join(', ')}`);
    } else if (section === 'hexagons') {
      hexagons.push({ ...readPosition(entry, line), line });
      if (hexagons.length > MAX_HEXAGONS) throw new TemplateError(line, `more than ${MAX_HEXAGONS} hexagons`);
    } else if (section === 'axons') {
      const [from, to, ...rest] = entry.split('->').map((part) => part.trim());
      if (from === undefined || to === undefined || rest.length > 0) {
        throw new TemplateError(line, `an axon looks like '1,1,1 -> 3,1,1', not ${quote(entry)}`);
      }
      axons.push({ from: readPosition(from, line), to: readPosition(to, line), line });
    } else if (section === 'settings') {
      const { name, value } = readPair(entry, line);
      if (settings.has(name)) throw new TemplateError(line, `setting ${quote(name)} appears a second time`);
      settings.set(name, { value, line });
    } else if (section === 'inputs') {
      inputs.push(readTerminal(entry, line, ['binary', 'match']));
    } else {
      outputs.push(readTerminal(entry, line, ['bool', 'int', 'float']));
    }
  };

  for (const raw of text.split(/\r\n|\n|\r/)) {
    line++;
    // With single blanks every pattern below takes time by the length of the line, and no more.
    let rest = (raw.split('#', 1)[0] as string).replace(/\s+/g, ' ').trim();
    if (/^version\s*:/.test(rest)) {
      // `version: 1 settings: …` on one line is two entries.
      const [, version = '', behind = ''] = /^(version\s*:\s*\S*)(.*)$/s.exec(rest) ?? [];
      readVersion(version, started, line);
      rest = behind.trim();
    }
    while (rest !== '') {
      // Names of sections are no names of anything else; another word alone with a colon was meant to be one.
      const heading = /^(settings|hexagons|axons|inputs|outputs)\s*:/.exec(rest) ?? /^([a-z_]+)\s*:$/.exec(rest);
      if (heading) {
        section = sectionNamed(heading[1] as string, line);
        if (started.has(section)) throw new TemplateError(line, `section '${section}' appears a second time`);
        started.add(section);
        rest = rest.slice(heading[0].length).trim();
      } else {
        // Up to the next section, if there is one on this line.
        const next = section === undefined ? null : /\s(?=(?:settings|hexagons|axons|inputs|outputs)\s*:)/.exec(rest);
        const part = next ? rest.slice(0, next.index) : rest;
        for (const entry of section === undefined ? [part] : part.split(ENTRIES[section])) read(entry.trim());
        rest = next ? rest.slice(next.index).trim() : '';
      }
    }
  }

  if (!started.has('version')) throw new TemplateError(1, "'version: 1' is missing");
  for (const required of ['hexagons', 'inputs', 'outputs'] as const) {
    if (!started.has(required)) throw new TemplateError(line, `section '${required}:' is missing`);
  }
  if (hexagons.length === 0) throw new TemplateError(line, "section 'hexagons' is empty; at least two are needed");
  if (inputs.length === 0) throw new TemplateError(line, "section 'inputs' is empty");
  if (outputs.length === 0) throw new TemplateError(line, "section 'outputs' is empty");
  const template = { settings: readSettings(settings), hexagons, axons, inputs, outputs };
  checkReferences(template);
  return template;
}

/** Characters of a template that a sentence repeats. */
const QUOTED = 60;

/** What stands in a template, as a sentence repeats it: not endless, and without characters that are none. */
function quote(text: string): string {
  const cut = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
  return `'${cut.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD')}'`;
}

function sectionNamed(heading: string, line: number): Section {
  const found = SECTIONS.find((name) => name === heading);
  if (found === undefined) throw new TemplateError(line, `unknown section ${quote(heading)}; expected one of ${SECTIONS.join(', ')}`);
  return found;
}

function readVersion(entry: string, started: Set<string>, line: number): void {
  const version = entry.slice(entry.indexOf(':') + 1).trim();
  if (started.has('version')) throw new TemplateError(line, "'version' appears a second time");
  if (version !== '1') throw new TemplateError(line, `version ${quote(version)} is not known; this server reads version 1`);
  started.add('version');
}

function readPosition(text: string, line: number): Position {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.length !== 3 || parts.some((part) => !/^\d{1,6}$/.test(part))) {
    throw new TemplateError(line, `a position is three whole numbers like '1,1,1', not ${quote(text)}`);
  }
  const [x = 0, y = 0, z = 0] = parts.map(Number);
  return { x, y, z };
}

function readPair(entry: string, line: number): { name: string; value: string } {
  const colon = entry.indexOf(':');
  if (colon < 1) throw new TemplateError(line, `expected '<name>: <value>', not ${quote(entry)}`);
  return { name: entry.slice(0, colon).trim(), value: entry.slice(colon + 1).trim() };
}

function readTerminal<Kind extends string>(
  entry: string,
  line: number,
  kinds: readonly Kind[],
): { name: string; position: Position; kind: Kind | 'plain'; line: number } {
  const { name, value } = readPair(entry, line);
  if (!NAME.test(name)) throw new TemplateError(line, `${quote(name)} is no name; use letters, digits and '_', and '-' behind the first`);
  if (name.length > LONGEST_NAME) throw new TemplateError(line, `the name ${quote(name)} has more than ${LONGEST_NAME} characters`);
  const bracket = value.indexOf('(');
  if (bracket >= 0 && !value.endsWith(')')) throw new TemplateError(line, `expected a position like '1,1,1', not ${quote(value)}`);
  const position = (bracket < 0 ? value : value.slice(0, bracket)).trim();
  const kindText = bracket < 0 ? undefined : value.slice(bracket + 1, -1).trim();
  const kind = kinds.find((known) => known === kindText);
  if (kindText !== undefined && kind === undefined) {
    throw new TemplateError(
      line,
      `unknown type ${quote(`(${kindText})`)}; expected ${kinds.map((known) => `(${known})`).join(', ')} or none`,
    );
  }
  return { name, position: readPosition(position, line), kind: kind ?? 'plain', line };
}

function readSettings(settings: ReadonlyMap<string, { value: string; line: number }>): TemplateSettings {
  const read = { neuronCooldown: 1e11, refractoryTime: 1, maxConnectionDistance: 1, enableReduction: false };
  for (const [name, { value, line }] of settings) {
    if (name === 'neuron_cooldown') read.neuronCooldown = readNumber(name, value, line, (n) => n > 1, 'a number greater than 1');
    else if (name === 'refractory_time') read.refractoryTime = readNumber(name, value, line, wholeFromOne, 'a whole number of at least 1');
    else if (name === 'max_connection_distance') {
      read.maxConnectionDistance = readNumber(name, value, line, wholeFromOne, 'a whole number of at least 1');
    } else if (name === 'enable_reduction') {
      if (!/^([tT]rue|[fF]alse)$/.test(value)) throw new TemplateError(line, `enable_reduction must be true or false, not ${quote(value)}`);
      read.enableReduction = value.toLowerCase() === 'true';
    } else {
      const known = 'neuron_cooldown, refractory_time, max_connection_distance, enable_reduction';
      throw new TemplateError(line, `unknown setting ${quote(name)}; expected one of ${known}`);
    }
  }
  return read;
}

const wholeFromOne = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= 1_000_000;

function readNumber(name: string, value: string, line: number, fits: (n: number) => boolean, what: string): number {
  const number = /^[+-]?\d+(\.\d*)?([eE][+-]?\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(fits(number) && number <= LARGEST_NUMBER)) throw new TemplateError(line, `${name} must be ${what}, not ${quote(value)}`);
  return number;
}

/** A position as the template writes it. */
export function positionText(position: Position): string {
  return `${position.x},${position.y},${position.z}`;
}

function checkReferences(template: Template): void {
  const known = new Set<string>();
  for (const hexagon of template.hexagons) {
    const text = positionText(hexagon);
    if (known.has(text)) throw new TemplateError(hexagon.line, `hexagon ${text} appears a second time`);
    known.add(text);
  }
  const mustExist = (position: Position, line: number): void => {
    const text = positionText(position);
    if (!known.has(text)) throw new TemplateError(line, `there is no hexagon ${text} in the section 'hexagons'`);
  };
  for (const axon of template.axons) {
    mustExist(axon.from, axon.line);
    mustExist(axon.to, axon.line);
    if (positionText(axon.from) === positionText(axon.to)) throw new TemplateError(axon.line, 'an axon must lead to another hexagon');
  }
  // An input and an output may have the same name.
  for (const terminals of [template.inputs, template.outputs]) {
    const names = new Set<string>();
    for (const terminal of terminals) {
      mustExist(terminal.position, terminal.line);
      if (names.has(terminal.name)) throw new TemplateError(terminal.line, `the name '${terminal.name}' is used a second time`);
      names.add(terminal.name);
    }
  }
}
