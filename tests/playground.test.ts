// The engine in a page without a server: built as `npm run build:playground` does, served as any static host does, used in a real browser.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriers } from './axe.ts';
import { CHROMIUM, drawDigit, launchChromium, ONE } from './chromium.ts';

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

describe('the playground', () => {
  let folder: string;
  let host: Server;
  let browser: Browser | undefined;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hanami-playground-'));
    await build({
      configFile: join(import.meta.dirname, '../packages/dashboard/vite.playground.config.ts'),
      logLevel: 'silent',
      build: { outDir: folder, emptyOutDir: true },
    });
    host = createServer(({ url = '/' }, response) => {
      const path = join(folder, url === '/' ? 'index.html' : url);
      if (!existsSync(path)) return response.writeHead(404).end();
      return response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? '' }).end(readFileSync(path));
    });
    await new Promise<void>((ready) => host.listen(0, '127.0.0.1', ready));
    browser = CHROMIUM ? await launchChromium() : undefined;
  });
  afterAll(async () => {
    await browser?.close();
    host.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes at most 400 kB, packed', () => {
    const files = [join(folder, 'index.html'), ...readdirSync(join(folder, 'assets')).map((name) => join(folder, 'assets', name))];
    expect(files.reduce((sum, file) => sum + gzipSync(readFileSync(file)).length, 0)).toBeLessThan(400_000);
  });

  it.skipIf(!CHROMIUM)('learns in the page, grows, and names a digit that is drawn', async () => {
    const page = await (browser as Browser).newPage();
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) faults.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${(host.address() as AddressInfo).port}/`);
    await page.getByRole('button', { name: 'Learn' }).click();
    const learnt = async (): Promise<number> =>
      Number(/^([\d,]+) digits/.exec((await page.getByTestId('progress').textContent()) ?? '')?.[1]?.replace(',', '') ?? 0);
    await expect.poll(learnt).toBeGreaterThanOrEqual(3000);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForTimeout(300);
      expect(await barriers(page), colorScheme).toEqual([]);
    }
    // Another network knows nothing of that.
    await page.getByRole('button', { name: 'Begin anew' }).click();
    await page.getByText('No digit learnt yet.').waitFor();
    await page.getByRole('button', { name: 'Learn' }).click();
    await expect.poll(learnt).toBeGreaterThanOrEqual(3000);
    // It stops, or has learnt enough by then.
    await page.getByRole('button', { name: /^(Stop|Learn)$/ }).click();
    const progress = (await page.getByTestId('progress').textContent()) ?? '';
    expect(Number(/([\d.]+) %/.exec(progress)?.[1])).toBeGreaterThan(80);
    await page.getByRole('img', { name: /^3 hexagons, [1-9]\d* neurons/ }).waitFor();
    await drawDigit(page, ONE);
    await expect.poll(() => page.getByTestId('digit').textContent()).toBe('1');
    expect(faults).toEqual([]);
  });
});
