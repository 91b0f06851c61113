import { TooManyRequests } from '@openhanami/contract';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config.ts';

/** Most users and addresses whose failures are remembered. */
const REMEMBERED = 100_000;
/** Milliseconds after which one failure is forgotten. */
const FORGOTTEN_MS = 60_000;
/** Factor of free attempts at one user from all addresses together. */
const USER_FACTOR = 4;

/** Attempts of one lane: failures that still count, attempts under way, and until when the next has to wait. */
interface Lane {
  failures: number;
  /** When old failures were last forgotten. */
  counted: number;
  underWay: number;
  until: number;
}

/** What an attempt came to; none if no passphrase was checked. */
type Outcome = 'right' | 'wrong' | 'none';

/**
 * Delays logins after wrong passphrases: each further one doubles the delay. An attempt counts before its passphrase is checked, so that
 * concurrent attempts test no more than sequential ones. There are two lanes: a user from one address, and a user from any address; an
 * address from which the user has logged in before is only in the first, so that guesses from elsewhere lock nobody out. The clock is
 * monotonic.
 */
export class LoginDelays {
  private readonly lanes = new LRUCache<string, Lane>({ max: REMEMBERED });
  /** Addresses from which a user has logged in. */
  private readonly trusted = new LRUCache<string, true>({ max: REMEMBERED });
  private readonly waiting = new Map<string, (() => void)[]>();

  constructor(private readonly auth: Pick<Config['auth'], 'failed_logins' | 'longest_delay'>) {}

  /**
   * Checks a passphrase, unless it is delayed. While as many attempts are under way as may fail, the next ones wait for these.
   * @param look checks the passphrase; returns its user, undefined if it is wrong.
   * @throws TooManyRequests while a login has to wait.
   */
  async attempt<Who>(user: string, address: string, look: () => Promise<Who | undefined>): Promise<Who | undefined> {
    const own = pair(user, address);
    const free = this.auth.failed_logins;
    const lanes: [name: string, free: number][] = [[own, free]];
    if (!this.trusted.has(own)) lanes.push([`user ${user}`, free * USER_FACTOR]);
    const entered: typeof lanes = [];
    let outcome: Outcome = 'none';
    try {
      for (const lane of lanes) {
        await this.enter(...lane);
        entered.push(lane);
      }
      outcome = 'wrong';
      const found = await look();
      if (found !== undefined) {
        outcome = 'right';
        this.trusted.set(own, true);
      }
      return found;
    } finally {
      for (const lane of entered) this.leave(...lane, outcome);
    }
  }

  /** Waits until a lane allows an attempt. */
  private async enter(name: string, free: number): Promise<void> {
    for (;;) {
      const lane = this.lane(name);
      const wait = lane.until - performance.now();
      if (wait > 0) {
        const seconds = Math.ceil(wait / 1000);
        throw new TooManyRequests(
          `there were too many wrong passphrases; try again in ${seconds} second${seconds > 1 ? 's' : ''}`,
          'login_delayed',
          seconds,
        );
      }
      // After the free failures, one attempt at a time.
      if (lane.underWay < Math.max(1, free - lane.failures)) {
        lane.underWay++;
        return;
      }
      await new Promise<void>((next) => this.waiting.set(name, [...(this.waiting.get(name) ?? []), next]));
    }
  }

  private leave(name: string, free: number, outcome: Outcome): void {
    const lane = this.lane(name);
    lane.underWay--;
    if (outcome === 'right') lane.failures = 0;
    else if (outcome === 'wrong') {
      lane.failures++;
      const beyond = lane.failures - free;
      if (beyond >= 0) lane.until = performance.now() + Math.min(this.auth.longest_delay, 2 ** beyond) * 1000;
    }
    const waiting = this.waiting.get(name) ?? [];
    this.waiting.delete(name);
    for (const next of waiting) next();
  }

  /** A lane without its expired failures. */
  private lane(name: string): Lane {
    const now = performance.now();
    const lane = this.lanes.get(name) ?? { failures: 0, counted: now, underWay: 0, until: 0 };
    const faded = Math.floor((now - Math.max(lane.counted, lane.until)) / FORGOTTEN_MS);
    if (faded > 0) {
      lane.failures = Math.max(0, lane.failures - faded);
      lane.counted = now;
    }
    this.lanes.set(name, lane);
    return lane;
  }
}

const pair = (user: string, address: string): string => `user ${user} from ${address}`;
