import { describe, expect, it } from 'vitest';
import { hashPassphrase, isPassphrase } from '../src/services/passphrases.ts';

describe('passphrases', () => {
  it('are kept as argon2id and recognised again', async () => {
    const stored = await hashPassphrase('correct horse – ü');
    expect(stored).toMatch(/^\$argon2id\$m=19456,t=2,p=1\$/);
    expect(stored).not.toContain('correct');
    expect(await isPassphrase('correct horse – ü', stored)).toBe(true);
    expect(await isPassphrase('correct horse', stored)).toBe(false);
  });

  it('get a salt each', async () => {
    expect(await hashPassphrase('same')).not.toBe(await hashPassphrase('same'));
  });
});
