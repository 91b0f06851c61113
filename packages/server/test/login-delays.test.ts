import { describe, expect, it, vi } from 'vitest';
import { LoginDelays } from '../src/services/login-delays.ts';

const wrong = async (): Promise<undefined> => undefined;

describe('delays of logins', () => {
  it('a try that has to wait for its user takes no place at its address: after the delay it goes on', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const delays = new LoginDelays({ failed_logins: 1, longest_delay: 60 });
      // From many addresses, so that the user is delayed and no address is.
      for (let i = 0; ; i++) {
        const refused = await delays.attempt('somebody', `10.0.0.${i}`, wrong).then(
          () => false,
          () => true,
        );
        if (refused) break;
        expect(i).toBeLessThan(1000);
      }
      for (let i = 0; i < 3; i++)
        await expect(delays.attempt('somebody', '10.1.1.1', wrong)).rejects.toThrowError('too many wrong passphrases');
      vi.advanceTimersByTime(3_600_000);
      const found = await Promise.race([
        delays.attempt('somebody', '10.1.1.1', async () => 'in'),
        new Promise((next) => setTimeout(next, 2000, 'hangs')),
      ]);
      expect(found).toBe('in');
    } finally {
      vi.useRealTimers();
    }
  });
});
