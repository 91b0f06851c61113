import { expect, it } from 'vitest';
import { crash } from './crash/rounds.ts';

it('twenty kills at random moments lose nothing that was acknowledged', async () => {
  const seed = Number(process.env['CRASH_SEED'] ?? Date.now() % 1_000_000);
  console.log(`crash test: CRASH_SEED=${seed}`);
  const { checks, acknowledged } = await crash(20, seed);
  expect(acknowledged).toBeGreaterThan(20);
  expect(checks).toBeGreaterThan(100);
}, 600_000);
