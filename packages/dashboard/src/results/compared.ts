import { useQuery } from '@tanstack/react-query';
import { labelOf } from '../parts/format.ts';
import { useApi } from '../session.tsx';

/** Rows that are looked at one by one. */
const ROWS = 2000;

/** A row of a result beside the row of what is true. */
export interface Compared {
  readonly row: number;
  readonly answer: unknown;
  readonly truth: unknown;
  /** Of a class, with which it was answered. */
  readonly probability: number | undefined;
  /** The whole row of the truth, by names. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** The first rows of a result and of what is true, side by side. */
export function useCompared(result: string, reference: string, column: string, truth: string): readonly Compared[] | undefined {
  const api = useApi();
  return useQuery({
    queryKey: ['compared', result, reference, column, truth],
    async queryFn() {
      const [answers, truths] = await Promise.all([
        api.getDatasetRows({ uuid: result, number_of_rows: ROWS }),
        api.getDatasetRows({ uuid: reference, number_of_rows: ROWS }),
      ]);
      const at = answers.names.indexOf(column);
      const said = answers.names.indexOf(`${column}_probability`);
      const wanted = truths.names.indexOf(truth);
      return answers.rows.slice(0, truths.rows.length).map((row, i): Compared => {
        const answer = row[at];
        const values = Array.isArray(answer) ? (answer as number[]).map((value) => Math.max(0, value)) : [];
        const sum = values.reduce((all, value) => all + value, 0) || 1;
        const probability = said >= 0 ? Number(row[said]) : values.length > 1 ? Math.max(...values) / sum : undefined;
        const given = Object.fromEntries(truths.names.map((name, k) => [name, truths.rows[i]?.[k]]));
        return { row: i, answer, truth: truths.rows[i]?.[wanted], probability, given };
      });
    },
    refetchInterval: false,
  }).data;
}

export const isRight = ({ answer, truth }: Compared): boolean => labelOf(answer) === labelOf(truth);
