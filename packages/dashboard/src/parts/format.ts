import type { Client, Task } from '@openhanami/sdk';
import { texts } from '../texts.ts';

// Figures as people read them.

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes with the unit that fits. */
export function bytes(count: number): string {
  const power = count > 0 ? Math.min(UNITS.length - 1, Math.floor(Math.log10(count) / 3)) : 0;
  return `${(count / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${UNITS[power]}`;
}

/** A number with at most so many digits that say something. */
export const number = (value: number, digits = 4): string =>
  value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e9)
    ? value.toExponential(digits - 1)
    : Number(value.toPrecision(digits)).toLocaleString('en', { maximumFractionDigits: 8 });

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;

/** A value of a row. */
export function cell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return number(value, 8);
  if (Array.isArray(value)) return value.length > 8 ? `${value.slice(0, 8).join(', ')}, … (${value.length})` : value.join(', ');
  return String(value);
}

/** Scores of an output in one line: accuracy of classes, R² of numbers. */
export function scoreText(score: { accuracy?: number | undefined; r2?: number | undefined; mae?: number | undefined }): string {
  if (score.accuracy !== undefined) return `${texts.charts.accuracy} ${percent(score.accuracy)}`;
  if (score.r2 !== undefined) return `R² ${score.r2.toFixed(3)}`;
  return score.mae === undefined ? '' : `${texts.charts.error} ${number(score.mae)}`;
}

/** How well a training goes, or went, by output. */
export const scoresText = ({ holdout, scores }: Pick<Task, 'holdout' | 'scores'>): string =>
  Object.entries(holdout ?? scores ?? {})
    .map(([output, score]) => `${output}: ${scoreText(score)}`)
    .join(', ');

/** A label: a number or text, or the place of the 1 among zeros. */
export function labelOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value ?? '');
  return value.length > 1 ? String(value.indexOf(Math.max(...(value as number[])))) : String(value[0] ?? '');
}

/** What a project uses, of what it may. */
export function usedOf({ use, clusters, dataset_bytes: limit }: Awaited<ReturnType<Client['getQuota']>>): string {
  return texts.admin.used(
    clusters === null ? String(use.clusters) : texts.admin.of(String(use.clusters), String(clusters)),
    limit === null ? bytes(use.dataset_bytes) : texts.admin.of(bytes(use.dataset_bytes), bytes(limit)),
  );
}
