import { HanamiError } from '@openhanami/contract';
import pRetry from 'p-retry';
import { type CallOptions, ConnectionError } from './call.ts';

/** Default seconds for which waits and uploads retry while the server cannot be reached. */
export const PATIENCE = 300;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
/** Statuses of a server (or a proxy before it) that starts, stops, or is overloaded. */
const PASSING: readonly number[] = [429, 502, 503, 504];

/** Whether the same call may succeed a little later. */
export function passes(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof HanamiError && PASSING.includes(error.status));
}

/**
 * Runs repeatable work; while the server cannot be reached, retries it with growing pauses.
 * @throws the last error, when the patience has ended or the error is not temporary.
 */
export function patiently<Answer>(
  work: () => Promise<Answer>,
  { patience = PATIENCE, onTrouble = () => {} }: CallOptions = {},
): Promise<Answer> {
  return pRetry(work, {
    retries: Number.POSITIVE_INFINITY,
    maxRetryTime: patience * 1000,
    minTimeout: FIRST_PAUSE_MS,
    maxTimeout: LONGEST_PAUSE_MS,
    factor: 2,
    randomize: true,
    shouldRetry: ({ error }) => {
      if (!passes(error)) return false;
      onTrouble(error);
      return true;
    },
  });
}
