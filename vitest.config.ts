import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { postgresPrograms } from './tests/postgres-server.ts';

const ALL = ['packages/*/test/**/*.test.ts', 'tests/**/*.test.ts', 'bench/test/**/*.test.ts'];

/** Tests of what no server does, or of databases of their own. */
const NO_SERVERS = ['tests/{audit,docs,drawings,messages,migrations,object-store,packages,playground,postgres,readme}.test.ts'];

export default defineConfig({
  test: {
    // Tests mostly wait for the processes that they start.
    maxWorkers: 3,
    // How long things take is measured by the benches; here only what never ends fails, also on a machine that has much else to do.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 120_000 } },
    reporters: ['default', './tests/reporter.ts'],
    projects: [
      { extends: true, test: { name: 'embedded', include: ALL } },
      // Where PostgreSQL is installed, what servers do is tested on it too, with files that are encrypted and in an object store.
      ...(postgresPrograms() === undefined
        ? []
        : [
            {
              extends: true as const,
              test: {
                name: 'postgres',
                include: ['tests/*.test.ts'],
                exclude: NO_SERVERS,
                globalSetup: './tests/postgres-setup.ts',
                env: {
                  TEST_POSTGRES: join(tmpdir(), `hanami-postgres-${process.pid}`),
                  TEST_S3: join(tmpdir(), `hanami-s3-${process.pid}`),
                  TEST_ENCRYPTION_KEY: randomBytes(32).toString('hex'),
                },
              },
            },
          ]),
    ],
  },
});
