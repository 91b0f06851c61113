import { HanamiError } from '@openhanami/contract';
import pRetry from 'p-retry';
import { type CallOptions, ConnectionError } from './call.ts';

/** Seconds for which a server that cannot be reached is waited for, where something is at stake. */
export const PATIENCE = 300;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
/** Statuses that a server (or a proxy before it) gives while it starts, stops, or has too much to do. */
const PASSING: readonly number[] = [429, 502, 503, 504];

/** Whether the same call may succeed a little later. */
export function passes(error: unknown): boolean {
  return error instanceof ConnectionError || (error instanceof HanamiError && PASSING.includes(error.status));
}

/**
 * Does something that may be done again: while the server cannot be reached, it is tried with growing pauses.
 * @throws the last error, once the patience has ended or for an error that will not pass.
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
