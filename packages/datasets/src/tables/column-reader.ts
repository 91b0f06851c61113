import type { Part } from '../column-buffer.ts';
import { DatasetError } from '../errors.ts';
import { FLAGS, type Kind, type StoredColumn } from '../format.ts';
import { amountOf } from './amounts.ts';
import { listOf, placeOf, plainCells, textOf } from './cell-values.ts';
import { isCode, numberOf } from './numbers.ts';
import { type Missing, type Plan, shown, truthOf } from './observed.ts';
import { type ColumnSummary, hardlyRepeat, Numbers, type Room, Steps } from './summary.ts';
import { type Cell, isVector, type PartColumn, type TablePart, type VectorPart } from './table-file.ts';
import { type DateFormat, isDay, secondsOf, secondsOfNumber } from './times.ts';

/** Most frequent categories that a summary names. */
const MOST_NAMED = 10;
/** Most characters of a text that are kept. */
export const LONGEST_TEXT = 10_000;
/** Characters up to which V8 copies a part of a text. */
const SHORT = 12;

/** Reads the values of one column as a plan says, and notices when they do not fit it. */
export class ColumnReader {
  /** Whether a value did not fit: then the plan must be made from all values. */
  isMisfit = false;
  /** Whether its texts are too many for a dictionary. */
  isLong = false;
  /** Texts that were longer than what is kept. */
  cut = 0;
  private missing = 0;
  private areDays = true;
  private readonly seen = new Numbers();
  private readonly steps = new Steps();
  private readonly codes = new Map<string, number>();
  private readonly counts: number[] = [];

  constructor(
    readonly name: string,
    readonly plan: Plan,
    /** How vectors, and numbers of single precision, are stored. */
    private readonly form: StoredColumn | undefined,
    private readonly absent: Missing,
    private readonly room: Room,
    /** Whether the caller said the kind: then what does not fit is a fault. */
    private readonly isTold: boolean,
  ) {
    if (plan.kind === 'flag') for (const flag of FLAGS) this.codeOf(flag);
  }

  get labels(): readonly string[] {
    return [...this.codes.keys()];
  }

  /** How the column is stored; its kind may be known better when all was read. */
  get stored(): StoredColumn {
    const { name } = this;
    switch (this.kind) {
      case 'vector':
        return this.form as StoredColumn;
      case 'number':
        return this.form ?? { name, width: 1, type: 'f64' };
      case 'time':
        return { name, width: 1, type: 'time', ...(this.areDays && this.seen.count > 0 ? { days: true } : {}) };
      case 'flag':
        return { name, width: 1, type: 'codes', kind: 'flag' };
      case 'text':
        return this.plan.isLong ? { name, width: 1, type: 'text' } : { name, width: 1, type: 'codes', kind: 'text' };
      default:
        return { name, width: 1, type: 'codes' };
    }
  }

  /** A category whose values hardly come twice is text. */
  get kind(): Kind {
    const { kind } = this.plan;
    if (kind !== 'category' || this.isTold) return kind;
    const present = this.counts.reduce((sum, count) => sum + count, 0);
    return hardlyRepeat(this.codes.size, present) ? 'text' : 'category';
  }

  get summary(): ColumnSummary {
    const { kind, missing, seen } = this;
    if (kind === 'number') return { kind, missing, ...seen.distinct, ...seen.range };
    if (kind === 'time') return { kind, missing, ...seen.range, ...this.steps.summary };
    if (kind === 'vector' || this.plan.isLong) return { kind, missing };
    const order = this.labels.map((label, code) => [label, this.counts[code] ?? 0] as const);
    const named = order.filter(([, rows]) => rows > 0).sort((a, b) => b[1] - a[1]);
    return { kind, missing, distinct: named.length, ...(kind === 'text' ? {} : { most_frequent: named.slice(0, MOST_NAMED) }) };
  }

  /** Values for the writer. @throws DatasetError naming place and value of what is no number, and of what the caller's kind does not fit. */
  read(column: PartColumn, part: TablePart, before: number): Part {
    const where = (row: number): string => placeOf(part, before, row);
    return isVector(column) && this.plan.kind === 'vector'
      ? this.vectorPart(column, where)
      : this.cells(plainCells(column), part.rows, where);
  }

  private cells(cells: ArrayLike<Cell>, rows: number, where: (row: number) => string): Part {
    switch (this.plan.kind) {
      case 'number':
        return this.numbers(cells, rows, where);
      case 'time':
        return this.times(cells, rows, where);
      case 'vector':
        return this.lists(cells, rows, where);
      case 'flag':
        return this.flags(cells, rows, where);
      default:
        return this.plan.isLong ? this.texts(cells, rows) : this.labelled(cells, rows);
    }
  }

  private numbers(cells: ArrayLike<Cell>, rows: number, where: (row: number) => string): Float64Array {
    const values = new Float64Array(rows);
    const { decimal = 'point', affix } = this.plan;
    for (let row = 0; row < rows; row++) {
      const cell = cells[row];
      let value: number | undefined;
      if (typeof cell === 'string') {
        value = affix ? amountOf(cell, affix, decimal) : numberOf(cell, decimal);
        if (!this.isTold && isCode(cell)) value = this.misfit(cell, where(row), 'is a code');
      } else if (typeof cell === 'number') value = cell;
      else if (typeof cell === 'bigint')
        value = !this.isTold && isCode(String(cell)) ? this.misfit(cell, where(row), 'is a code') : Number(cell);
      const isTold = this.absent.hasNumbers && (this.absent.has(cell) || (affix !== undefined && this.absent.has(value)));
      if (value === undefined || value - value !== 0 || isTold) {
        if (isTold || this.absent.has(cell)) value = this.gap();
        else if (value !== undefined) throw this.fault(cell, where(row), 'is infinite or too large for a number', true);
        else {
          const truth = truthOf(cell);
          value = truth === undefined ? this.misfit(cell, where(row), 'is no number') : this.counted(Number(truth));
        }
      } else this.counted(value);
      values[row] = value;
    }
    return values;
  }

  private times(cells: ArrayLike<Cell>, rows: number, where: (row: number) => string): Float64Array {
    const values = new Float64Array(rows);
    const format = this.plan.dates ?? 'iso';
    for (let row = 0; row < rows; row++) {
      const cell = cells[row];
      if (this.absent.has(cell)) {
        values[row] = this.gap();
        continue;
      }
      const seconds = this.timeOf(cell, format);
      if (seconds === undefined) {
        values[row] = this.misfit(cell, where(row), 'is no time such as 2026-03-01 14:30:00');
        continue;
      }
      this.areDays &&= isDay(seconds);
      this.steps.add(seconds);
      values[row] = this.counted(seconds);
    }
    return values;
  }

  private timeOf(cell: Cell, format: DateFormat): number | undefined {
    if (cell instanceof Date) return cell.getTime() / 1000;
    if (typeof cell === 'number' || typeof cell === 'bigint') return secondsOfNumber(Number(cell));
    if (typeof cell !== 'string') return undefined;
    const told = this.isTold ? numberOf(cell, 'point') : undefined;
    return told === undefined ? secondsOf(cell, format) : secondsOfNumber(told);
  }

  private flags(cells: ArrayLike<Cell>, rows: number, where: (row: number) => string): Int32Array {
    const codes = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      const cell = cells[row];
      const truth = truthOf(cell) ?? (this.isTold ? WORDS.get(String(cell).toLowerCase()) : undefined);
      if (truth !== undefined) codes[row] = this.coded(Number(truth));
      else codes[row] = this.absent.has(cell) ? this.gap(-1) : this.misfit(cell, where(row), 'is neither true nor false');
    }
    return codes;
  }

  private labelled(cells: ArrayLike<Cell>, rows: number): Int32Array {
    const codes = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      const cell = cells[row];
      codes[row] = this.absent.has(cell) ? this.gap(-1) : this.coded(this.codeOf(this.kept(cell)));
    }
    return codes;
  }

  private texts(cells: ArrayLike<Cell>, rows: number): (string | null)[] {
    return Array.from({ length: rows }, (_, row) => {
      const cell = cells[row];
      if (!this.absent.has(cell)) return this.kept(cell);
      this.missing++;
      return null;
    });
  }

  private vectorPart({ values, width }: VectorPart, where: (row: number) => string): Part {
    const wanted = this.form?.width ?? width;
    if (width !== wanted) throw this.fault(undefined, where(0), `the list has ${width} values, but those before have ${wanted}`, false);
    if (values instanceof Float32Array) this.mustBeFinite(values, width, where);
    return values;
  }

  private lists(cells: ArrayLike<Cell>, rows: number, where: (row: number) => string): Float32Array {
    const width = this.form?.width ?? 0;
    const values = new Float32Array(rows * width).fill(Number.NaN);
    for (let row = 0; row < rows; row++) {
      const cell = cells[row];
      if (this.absent.has(cell)) {
        this.missing++;
        continue;
      }
      const list = listOf(cell) ?? [cell];
      if (list.length !== width)
        throw this.fault(undefined, where(row), `the list has ${list.length} values, but those before have ${width}`, false);
      for (const [k, value] of list.entries()) {
        if (value === null || value === undefined) continue;
        if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean')
          throw this.fault(
            undefined,
            where(row),
            `the list holds ${typeof value === 'object' ? 'a list' : `'${shown(String(value))}'`}, not only numbers`,
            false,
          );
        values[row * width + k] = Number(value);
      }
    }
    this.mustBeFinite(values, width, where);
    return values;
  }

  private mustBeFinite(values: Float32Array, width: number, where: (row: number) => string): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value - value !== 0 && !Number.isNaN(value))
        throw this.fault(
          undefined,
          where(Math.floor(i / width)),
          'the list holds a value that is infinite or too large for a 32-bit float',
          false,
        );
    }
  }

  /** A text, as far as it is kept. */
  private kept(cell: Cell): string {
    const text = textOf(cell);
    if (text.length <= LONGEST_TEXT) return text;
    this.cut++;
    return text.slice(0, LONGEST_TEXT);
  }

  /** Counts a missing value. */
  private gap(value: number = Number.NaN): number {
    this.missing++;
    return value;
  }

  private counted(value: number): number {
    this.seen.add(value);
    return value;
  }

  private coded(code: number): number {
    this.counts[code] = (this.counts[code] ?? 0) + 1;
    return code;
  }

  private codeOf(label: string): number {
    const known = this.codes.get(label);
    if (known !== undefined) return known;
    if (this.isLong || !this.room.take(label)) {
      if (this.isTold && this.plan.kind === 'category')
        throw new DatasetError(
          `the column '${this.name}' has too many different texts for a category; --kind ${this.name}=text leaves it out of learning`,
        );
      this.isLong = true;
      return 0;
    }
    // A copy: parts of long texts keep these in memory.
    this.codes.set(label.length > SHORT ? Buffer.from(label).toString() : label, this.codes.size);
    return this.codes.size - 1;
  }

  private misfit(cell: Cell, where: string, why: string): number {
    if (this.isTold) throw this.fault(cell, where, why, true);
    this.isMisfit = true;
    return 0;
  }

  private fault(cell: Cell, where: string, why: string, canBeMissing: boolean): DatasetError {
    if (cell === undefined) return new DatasetError(`${where}, column '${this.name}': ${why}`);
    const text = shown(textOf(cell));
    const help = canBeMissing ? `; --missing "${text}" takes it as missing, --kind ${this.name}=category all as text` : '';
    return new DatasetError(`${where}, column '${this.name}': '${text}' ${why}${help}`);
  }
}

/** What a caller may mean by a flag, besides true and false. */
const WORDS: ReadonlyMap<string, boolean> = new Map([
  ...['1', 'yes', 'y', 't', 'on'].map((word) => [word, true] as const),
  ...['0', 'no', 'n', 'f', 'off'].map((word) => [word, false] as const),
]);
