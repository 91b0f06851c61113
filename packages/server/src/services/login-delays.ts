import { TooManyRequests } from '@openhanami/contract';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config.ts';

/** Users and addresses whose failures are remembered at a time. */
const REMEMBERED = 100_000;
/** A failure is forgotten after this time without another. */
const FORGOTTEN_MS = 86_400_000;
/** Several people may share an address, and several addresses guess at one user: these have more attempts than one user from one address. */
const ADDRESS_FACTOR = 10;
const USER_FACTOR = 20;

/** Delays logins after wrong passphrases: each further one doubles the delay. Time is the process's own, so a clock that jumps changes nothing. */
export class LoginDelays {
  private readonly failures = new LRUCache<string, { count: number; until: number }>({ max: REMEMBERED, ttl: FORGOTTEN_MS });

  constructor(private readonly auth: Pick<Config['auth'], 'failed_logins' | 'longest_delay'>) {}

  /** @throws TooManyRequests while a login has to wait. */
  check(user: string, address: string): void {
    const now = performance.now();
    const wait = Math.max(...this.limits(user, address).map(([key]) => (this.failures.get(key)?.until ?? 0) - now));
    if (wait <= 0) return;
    const seconds = Math.ceil(wait / 1000);
    throw new TooManyRequests(`there were too many wrong passphrases; try again in ${seconds} second${seconds > 1 ? 's' : ''}`, seconds);
  }

  failed(user: string, address: string): void {
    for (const [key, free] of this.limits(user, address)) {
      const count = (this.failures.get(key)?.count ?? 0) + 1;
      const delay = count < free ? 0 : Math.min(this.auth.longest_delay, 2 ** (count - free));
      this.failures.set(key, { count, until: performance.now() + delay * 1000 });
    }
  }

  /** A right passphrase makes up for the wrong ones of this user from this address. */
  succeeded(user: string, address: string): void {
    this.failures.delete(pair(user, address));
  }

  private limits(user: string, address: string): [key: string, free: number][] {
    const free = this.auth.failed_logins;
    return [
      [pair(user, address), free],
      [`address ${address}`, free * ADDRESS_FACTOR],
      [`user ${user}`, free * USER_FACTOR],
    ];
  }
}

const pair = (user: string, address: string): string => `user ${user} from ${address}`;
