// What the tests of the reference documentation share: a server, a folder with the files that it names, and its snippets.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDigits, writeMnist } from '@openhanami/datasets';
import { afterAll, beforeAll } from 'vitest';
import { TEMPLATE } from '../digits.ts';
import * as cli from '../hanamictl.ts';
import { runSnippet, type Snippet } from '../python.ts';
import { ServerProcess } from '../server-process.ts';

/** What a test file has once its first test runs. */
export interface Documented {
  server: ServerProcess;
  folder: string;
  address: string;
  /** Of the admin. */
  token: string;
  shown(...args: string[]): Promise<string>;
  uuidFrom(...args: string[]): Promise<string>;
  snippet(name: string, given?: Snippet): ReturnType<typeof runSnippet>;
  /** The variable `result` of a snippet. */
  answerOf(name: string, given?: Snippet): Promise<ReturnType<typeof JSON.parse>>;
}

/** Starts a server for a test file, with two hosts, and writes the files of the documentation. */
export function documented(): Documented {
  const context = {
    shown: (...args) => cli.shown(context.server, ...args),
    uuidFrom: (...args) => cli.uuidFrom(context.server, ...args),
    snippet: (name, given) => runSnippet(context.address, name, given),
    answerOf: async (name, given) => JSON.parse(String((await context.snippet(name, given)).variables['result'])),
  } as Documented;
  beforeAll(async () => {
    context.server = await ServerProcess.start({ HANAMI_ADMIN_USER_NAME: 'asdf', HANAMI_HOSTS: '2' });
    context.address = context.server.address;
    context.token = await context.server.logIn();
    context.folder = mkdtempSync(join(tmpdir(), 'hanami-documentation-'));
    const { folder } = context;
    await writeMnist(drawDigits(600, 1), join(folder, 'train-images-idx3-ubyte'), join(folder, 'train-labels-idx1-ubyte'));
    writeFileSync(join(folder, 'test.csv'), `test_input,test_output\n${'1,2\n3,4\n'.repeat(5)}`);
    writeFileSync(join(folder, 'cluster_template'), TEMPLATE);
  });
  afterAll(async () => {
    await context.server.remove();
    rmSync(context.folder, { recursive: true, force: true });
  });
  return context;
}

/** Uploads the digits that the documentation speaks of; returns their uuid. */
export async function uploadDocumentedDigits({ shown, folder }: Documented, name = 'cli_test_dataset'): Promise<string> {
  const [images, labels] = [join(folder, 'train-images-idx3-ubyte'), join(folder, 'train-labels-idx1-ubyte')];
  return cli.UUID.exec(await shown('dataset', 'create', 'mnist', '-i', images, '-l', labels, name))?.[0] ?? '';
}

/** Creates the cluster that the documentation speaks of; returns its uuid. */
export async function createDocumentedCluster({ shown, folder }: Documented): Promise<string> {
  const created = await shown('cluster', 'create', '-t', join(folder, 'cluster_template'), 'cli_test_cluster');
  return cli.UUID.exec(created)?.[0] ?? '';
}
