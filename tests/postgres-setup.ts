// Starts the PostgreSQL server that the tests of the project `postgres` run on, and stops it when they have ended.
import type { TestProject } from 'vitest/node';
import { PostgresServer } from './postgres-server.ts';

export default function setup({ config }: TestProject): () => void {
  const server = PostgresServer.start(config.env['TEST_POSTGRES']);
  return () => server.remove();
}
