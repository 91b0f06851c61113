import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cluster, connect, type Hanami, token as tokens, Unauthorized } from '@openhanami/sdk';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, launchChromium } from './chromium.ts';
import { newCluster, uploadDigits } from './digits.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const PACKAGES = join(import.meta.dirname, '../packages');
let server: ServerProcess;
let hanami: Hanami;
let digits: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  hanami = await connect({ address: server.address, user: ADMIN.id, passphrase: ADMIN.passphrase });
  digits = await uploadDigits(hanami.token, server.address, 'digits', 3000);
});
afterAll(() => server.remove());

const both = { inputs: { picture: '' }, outputs: { label: '' } };

describe('the object client', () => {
  it('waits for a training, or follows it', async () => {
    const cluster = await newCluster(hanami.token, server.address, 'awaited cluster');
    const training = { inputs: { picture: digits }, outputs: { label: digits } };
    expect(await hanami.train(cluster, training)).toMatchObject({ state: 'finished', current_cycle: 3000 });
    const steps: string[] = [];
    for await (const { state } of hanami.train(cluster, { ...training, epochs: 3 })) steps.push(state);
    expect(steps.at(-1)).toBe('finished');
    const { uuid } = await hanami.request(cluster, { inputs: { picture: { dataset: digits, column: 'picture' } } });
    expect((await hanami.evaluate(uuid, digits)).columns[0]?.classification?.accuracy).toBeGreaterThan(90);
    expect(await hanami.rows(uuid, 'label', 2, 5)).toHaveLength(2);
  });

  it('throws what the server says, from await and for await alike', async () => {
    const cluster = await newCluster(hanami.token, server.address, 'refused cluster');
    await expect(hanami.train(cluster, both)).rejects.toThrowError("'inputs[0].dataset_uuid'");
    const follow = async (): Promise<void> => {
      for await (const _ of hanami.train(cluster, both));
    };
    await expect(follow()).rejects.toThrowError("'inputs[0].dataset_uuid'");
    await expect(connect({ address: server.address, user: ADMIN.id, passphrase: 'wrong passphrase' })).rejects.toThrowError(Unauthorized);
  });

  it('logs in again by itself when its token has expired; a token alone is an error then', async () => {
    const brief = await ServerProcess.start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '4' });
    try {
      const client = await connect({ address: brief.address, user: ADMIN.id, passphrase: ADMIN.passphrase });
      const alone = await tokens.requestToken(brief.address, ADMIN.id, ADMIN.passphrase);
      await new Promise((next) => setTimeout(next, 4500));
      await expect(client.createCluster('in time')).resolves.toBeDefined();
      await expect(cluster.listClusters(alone, brief.address)).rejects.toThrowError('the token has expired; log in again');
    } finally {
      await brief.remove();
    }
  });
});

describe.skipIf(!CHROMIUM)('in a browser', () => {
  it('does the main job: log in, upload, train with progress, ask, talk directly', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'hanami-browser-'));
    const browser = await launchChromium();
    try {
      await build({
        configFile: false,
        logLevel: 'silent',
        build: {
          outDir: folder,
          lib: { entry: join(PACKAGES, 'sdk/dist/index.js'), formats: ['es'], fileName: 'sdk' },
        },
      });
      // The server's own pages allow no scripts; a page of users would come from elsewhere.
      const page = await browser.newPage({ bypassCSP: true });
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      await page.route('**/sdk.js', (route) => route.fulfill({ contentType: 'text/javascript', path: join(folder, 'sdk.js') }));
      // A page that really comes from the server: to one that is made up, Chromium allows no websockets to this machine.
      await page.goto(`${server.address}/health`);
      await page.addScriptTag({ type: 'module', path: join(import.meta.dirname, 'browser/page.js') });
      await page.waitForFunction('globalThis.mainJob');
      const options = { address: server.address, user: ADMIN.id, passphrase: ADMIN.passphrase };
      const outcome = (await page.evaluate(`mainJob(${JSON.stringify(options)})`)) as Record<string, unknown>;
      expect(faults).toEqual([]);
      expect(outcome).toMatchObject({ last: 'finished', answer: { b: [expect.any(Number)] }, refused: true });
      expect(outcome.r2).toBeGreaterThan(0.9);
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the published packages', () => {
  it.each(['contract', 'engine', 'datasets', 'sdk', 'server', 'cli'])('%s exports what it says', async (name) => {
    const { messages, pkg } = await publint({ pkgDir: join(PACKAGES, name), strict: true });
    expect(messages.map((message) => formatMessage(message, pkg as Record<string, unknown>))).toEqual([]);
  });

  it.each(['contract', 'sdk'])('%s has types that resolve as its code does', (name) => {
    const attw = join(import.meta.dirname, '../node_modules/.bin/attw');
    const out = execFileSync(
      process.execPath,
      [attw, '--pack', join(PACKAGES, name), '--profile', 'esm-only', '--format', 'table-flipped'],
      {
        encoding: 'utf8',
      },
    );
    expect(out).toContain('🟢 (ESM)');
  });
});
