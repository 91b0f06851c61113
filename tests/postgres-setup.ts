// Starts the PostgreSQL server and the object store that the tests of the project `postgres` run on, and stops them when they have ended.
import type { TestProject } from 'vitest/node';
import { PostgresServer } from './postgres-server.ts';
import { S3Server } from './s3-server.ts';

export default async function setup({ config }: TestProject): Promise<() => Promise<void>> {
  const server = PostgresServer.start(config.env['TEST_POSTGRES']);
  const store = await S3Server.start(config.env['TEST_S3']);
  return async () => {
    server.remove();
    await store.remove();
  };
}
