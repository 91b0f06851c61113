import { DatasetError } from '../errors.ts';
import type { Kind } from '../format.ts';
import { type Affix, affixed, isMoney, isSameAffix, NOTHING } from './amounts.ts';
import { commaNumber, type Decimal, isAmbiguous, isCode, pointNumber } from './numbers.ts';
import type { Cell } from './table-file.ts';
import { DATE_FORMATS, type DateFormat, secondsOf } from './times.ts';

// What the values of a column have in common, from which its kind is inferred.

/** How a column is read. */
export interface Plan {
  readonly kind: Kind;
  /** Of numbers in text. */
  readonly decimal?: Decimal;
  /** Of numbers in text that all have the same around them. */
  readonly affix?: Affix;
  /** Of times in text. */
  readonly dates?: DateFormat;
  /** Of texts: they are too many, or too long, for a dictionary. */
  readonly isLong?: boolean;
}

/** What a caller says of columns. */
export interface KindOptions {
  readonly kinds?: Readonly<Record<string, Kind>> | undefined;
  /** Texts that mean a missing value, besides the usual ones. */
  readonly missing?: readonly string[] | undefined;
  /** How numbers in text are written, where that shall not be found out. */
  readonly decimal?: Decimal | undefined;
  /** The same for dates with slashes. */
  readonly dates?: DateFormat | undefined;
}

const MISSING = [
  '',
  'na',
  'n/a',
  '#n/a',
  'nan',
  '<na>',
  'null',
  'nil',
  'none',
  '\\n',
  '?',
  '-',
  '.',
  '#div/0!',
  '#value!',
  '#ref!',
  '#null!',
  '#num!',
  '#name?',
];

/** Recognizes missing values. */
export class Missing {
  private readonly texts: ReadonlySet<string>;
  private readonly numbers: ReadonlySet<number>;
  private readonly longest: number;

  constructor(told: readonly string[] = []) {
    this.texts = new Set([...MISSING, ...told.map((text) => text.toLowerCase())]);
    this.numbers = new Set(told.filter((text) => text.trim() !== '' && !Number.isNaN(Number(text))).map(Number));
    this.longest = Math.max(...[...this.texts].map((text) => text.length));
  }

  /** Whether numbers may mean that a value is missing. */
  get hasNumbers(): boolean {
    return this.numbers.size > 0;
  }

  has(cell: Cell): cell is null | undefined {
    if (cell === null || cell === undefined) return true;
    if (typeof cell === 'string') return cell.length <= this.longest && (this.texts.has(cell) || this.texts.has(cell.toLowerCase()));
    if (typeof cell === 'number') return Number.isNaN(cell) || (this.numbers.size > 0 && this.numbers.has(cell));
    return cell instanceof Date && Number.isNaN(cell.getTime());
  }
}

const flagOf = (text: string): boolean | undefined => {
  if (text.length < 4 || text.length > 5) return undefined;
  const lower = text.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
};

/** true or false, as text or not. */
export const truthOf = (cell: Cell): boolean | undefined =>
  typeof cell === 'boolean' ? cell : typeof cell === 'string' ? flagOf(cell) : undefined;

/** A value that is unlike the others. */
interface Odd {
  readonly text: string;
  readonly where: string;
}

/** Counts of how texts can be read as numbers. */
class Written {
  point = 0;
  comma = 0;
  commaOnly = 0;
  ambiguous = 0;
  /** Numbers with points in them, and those of which these may be thousands marks. */
  pointed = 0;
  grouped = 0;

  /** @returns whether it is a number in some way. */
  add(text: string): boolean {
    const [point, comma] = [pointNumber(text) !== undefined, commaNumber(text) !== undefined];
    if (point) this.point++;
    if (comma) this.comma++;
    if (comma && !point) this.commaOnly++;
    const canBeGrouped = isAmbiguous(text);
    if (canBeGrouped) this.ambiguous++;
    if (text.includes('.')) {
      this.pointed++;
      if (canBeGrouped) this.grouped++;
    }
    return point || comma;
  }
}

/** Counts of what the values of a column can be read as. */
export class Observed {
  present = 0;
  private texts = 0;
  private readonly plain = new Written();
  /** Numbers with something around them, and what that is: of the first one, whether it is another one elsewhere. */
  private readonly amounts = new Written();
  private affix: Affix | undefined;
  /** How many have it, and the first one that has another. */
  private withAffix = 0;
  private other: Odd | undefined;
  /** The first plain number but 0, which is the same in any unit. */
  private unitless: Odd | undefined;
  private codes = 0;
  private flags = 0;
  private dates = 0;
  private lists = 0;
  private readonly formats = new Map<DateFormat, number>(DATE_FORMATS.map((format) => [format, 0]));
  private odd: Odd | undefined;
  private oddAmount: Odd | undefined;

  /** @param isText whether all values are text. */
  constructor(private readonly isText: boolean) {}

  /** Counts a value that is not missing. */
  add(cell: Cell, where: () => string): void {
    this.present++;
    if (typeof cell === 'string') this.addText(cell, where);
    else if (typeof cell === 'number') this.plain.point++;
    else if (typeof cell === 'bigint') {
      this.plain.point++;
      if (isCode(String(cell))) this.codes++;
    } else if (typeof cell === 'boolean') this.flags++;
    else if (cell instanceof Date) this.dates++;
    else if (Array.isArray(cell) || ArrayBuffer.isView(cell)) this.lists++;
    else this.texts++;
  }

  /** Whether some number has a decimal comma, and none a decimal point. */
  get hasCommas(): boolean {
    return this.sum('commaOnly') > 0 && this.sum('comma') === this.present;
  }

  private addText(text: string, where: () => string): void {
    this.texts++;
    for (const [format, count] of this.formats) if (secondsOf(text, format) !== undefined) this.formats.set(format, count + 1);
    if (!this.isText) return;
    if (flagOf(text) !== undefined) {
      this.flags++;
      return;
    }
    if (isCode(text)) this.codes++;
    if (this.plain.add(text)) {
      if (pointNumber(text) !== 0) this.unitless ??= { text, where: where() };
      return;
    }
    const amount = affixed(text);
    if (amount && this.amounts.add(amount.number)) {
      this.affix ??= amount.affix;
      if (isSameAffix(this.affix, amount.affix)) this.withAffix++;
      else this.other ??= { text, where: where() };
      this.oddAmount ??= { text, where: where() };
    } else this.odd ??= { text, where: where() };
  }

  /** What all numbers have around them, if it is the same; numbers in brackets have nothing else. */
  private get common(): Affix | undefined {
    const { affix } = this;
    if (!affix || this.other) return undefined;
    // Where all numbers are in brackets, these may mean something else than a loss.
    return (isSameAffix(affix, NOTHING) ? this.plain.point + this.plain.comma > 0 : !this.unitless) ? affix : undefined;
  }

  /** Numbers of a way, with what they have around them if that is the same. */
  private sum(way: 'point' | 'comma' | 'commaOnly' | 'ambiguous'): number {
    return this.plain[way] + (this.common ? this.amounts[way] : 0);
  }

  /**
   * The kind that all values fit.
   * @param commas whether numbers that could have a decimal comma or a thousands mark have the comma.
   * @throws DatasetError if most values are numbers and some are not.
   */
  plan(name: string, options: KindOptions, commas: boolean): Plan {
    const told = options.kinds && Object.hasOwn(options.kinds, name) ? options.kinds[name] : undefined;
    const decimal = options.decimal ?? this.decimal(commas);
    const dates = this.format(options.dates);
    const affix = this.common ? { affix: this.common } : {};
    if (told) return { kind: told, decimal, dates: dates ?? options.dates ?? 'iso', ...affix };
    const { present } = this;
    if (this.lists > 0) return { kind: 'vector' };
    if (present === 0) return { kind: 'number', decimal };
    if (this.dates === present) return { kind: 'time' };
    if (this.flags === present) return { kind: 'flag' };
    const numbers = this.sum(decimal);
    if (this.codes === 0 && numbers + this.flags === present) return { kind: 'number', decimal, ...affix };
    if (dates && this.texts === present) return { kind: 'time', dates };
    if (this.isText && this.codes === 0) this.mustNotBeMixed(name, numbers);
    return { kind: 'category' };
  }

  /** The format that all values have, if there is only one. */
  private format(told: DateFormat | undefined): DateFormat | undefined {
    const fitting = DATE_FORMATS.filter((format) => this.texts > 0 && this.formats.get(format) === this.texts);
    if (told && fitting.includes(told)) return told;
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  /** Whether dates could be days before months as well as months before days. */
  get datesAreAmbiguous(): boolean {
    return (
      this.texts > 0 && this.texts === this.present && this.formats.get('dmy') === this.texts && this.formats.get('mdy') === this.texts
    );
  }

  private decimal(commas: boolean): Decimal {
    const numbers = this.present - this.flags;
    if (this.sum('comma') < numbers) return 'point';
    // Prices have two decimals, or none: those with three digits behind each point have thousands.
    const { pointed, grouped } = this.amounts;
    if (this.common && isMoney(this.common) && grouped > 0 && grouped === pointed) return 'comma';
    if (this.sum('commaOnly') > 0 || this.sum('point') < numbers) return 'comma';
    return this.sum('ambiguous') > 0 && commas ? 'comma' : 'point';
  }

  /** A column of numbers with a few texts in it is more likely to be wrong than to be text. */
  private mustNotBeMixed(name: string, numbers: number): void {
    if (this.present < LEAST) return;
    const { affix } = this;
    const unlike = this.other ?? this.unitless;
    if (affix && unlike && this.withAffix >= MOSTLY * this.present) {
      const sign = `${affix.before}${affix.behind}`;
      throw new DatasetError(
        `${unlike.where}: '${shown(unlike.text)}' in the column '${name}' is no number with '${sign}', as most of its values are; --missing "${shown(unlike.text)}" takes it as missing, --kind ${name}=category all as text`,
      );
    }
    const odd = this.odd ?? (this.common ? undefined : this.oddAmount);
    if (numbers < MOSTLY * this.present || !odd) return;
    const { text, where } = odd;
    throw new DatasetError(
      `${where}: '${shown(text)}' in the column '${name}' is no number, as most of its values are; --missing "${shown(text)}" takes it as missing, --kind ${name}=category all as text`,
    );
  }
}

/** Part of a column's values from which on the others are taken for faults, and fewest values that say so. */
const MOSTLY = 0.8;
const LEAST = 5;

export const shown = (text: string): string => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
