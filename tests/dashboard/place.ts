// A server with something to see, and pages of it in a real browser.
import { generator } from '@openhanami/datasets';
import { type Client, client, dataset, table } from '@openhanami/sdk';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { CHROMIUM, launchChromium, logIn } from '../chromium.ts';
import { freePort } from '../ports.ts';
import { ADMIN, ServerProcess } from '../server-process.ts';

/** Milliseconds after which what was to be seen is not there. */
const PATIENCE = 60_000;

/** Passengers of a ship: with text, gaps, and a name that says nothing. */
export function passengers(count: number, seed = 1): string {
  const random = generator(seed);
  const lines = Array.from({ length: count }, (_, i) => {
    const sex = random() < 0.5 ? 'female' : 'male';
    const level = 1 + Math.floor(random() * 3);
    const age = random() < 0.15 ? '' : String(Math.round(random() * 80));
    const saved = random() < (sex === 'female' ? 0.95 : 0.1) - 0.05 * level;
    return `"Doe, ${i} of ${seed}",${sex},${level},${age},${(random() * 90).toFixed(2)},${saved ? 'yes' : 'no'}`;
  });
  return `name,sex,level,age,fare,survived\n${lines.join('\n')}\n`;
}

/** Goes to a place, and waits until nothing is awaited there any more. */
export async function open(page: Page, where: string): Promise<void> {
  await page.goto(where);
  await page.getByRole('heading', { level: 1 }).first().waitFor();
  await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
}

/** What the tests of a file have in common. */
interface Place {
  server: ServerProcess;
  browser: Browser;
  token: string;
  api: Client;
  /** A trained cluster, and what it learnt. */
  trained: { cluster: string; dataset: string };
}

/** Screens that need nothing to be there. */
export const SCREENS = ['/', '/data', '/clusters', '/results', '/admin'];

/** Starts server and browser before the tests of a file, and ends them after. */
export function usePlace() {
  const place = {} as Place;
  beforeAll(async () => {
    if (!CHROMIUM) return;
    const server = await ServerProcess.start({ HANAMI_HTTP_PORT: String(await freePort()), HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
    const token = await server.logIn();
    const uuid = await dataset.uploadTable(token, server.address, 'passengers before', new Blob([passengers(1000)]));
    const { cluster } = await table.learnDataset(token, server.address, uuid, { target: 'survived', passes: 2 });
    const trained = { cluster: cluster.uuid, dataset: uuid };
    Object.assign(place, { server, browser: await launchChromium(), token, api: client({ address: server.address, token }), trained });
  });
  afterAll(async () => {
    await place.browser?.close();
    await place.server?.remove();
  });

  /** Runs `work` on a page of somebody who is logged in; nothing may come to the console but what `allowed` says. */
  async function visit(
    where: string,
    work: (page: Page) => Promise<void>,
    { user = ADMIN as { id: string; passphrase: string }, colorScheme = 'light' as 'light' | 'dark', width = 1280, allowed = /^$/ } = {},
  ): Promise<void> {
    const context = await place.browser.newContext({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' });
    const faults: string[] = [];
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        const told = `${message.text()} ${message.location().url}`;
        if (['error', 'warning'].includes(message.type()) && !allowed.test(told)) faults.push(told);
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(place.server.address) && !/^(data|blob):/.test(request.url()))
          faults.push(`a request to ${request.url()}`);
      });
      await page.goto(`${place.server.address}/#${where}`);
      await page.getByLabel('Stay logged in').check();
      await logIn(page, user);
      await page.getByRole('button', { name: 'User menu' }).waitFor();
      await work(page);
    } finally {
      await context.close();
    }
    expect(faults).toEqual([]);
  }

  /** Drops files where files are dropped. */
  async function drop(page: Page, files: readonly { name: string; bytes: Uint8Array }[]): Promise<void> {
    const transfer = await page.evaluateHandle(
      (given) => {
        const data = new DataTransfer();
        for (const { name, base64 } of given) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
        return data;
      },
      files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') })),
    );
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: transfer });
  }

  return { place, visit, drop };
}
