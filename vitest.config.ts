import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts', 'bench/test/**/*.test.ts'],
    // Tests mostly wait for the processes that they start.
    maxWorkers: 3,
    // How long things take is measured by the benches; here only what never ends fails, also on a machine that has much else to do.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000 } },
    reporters: ['default', './tests/reporter.ts'],
  },
});
