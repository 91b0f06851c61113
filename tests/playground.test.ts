// The engine in a page without a server: built as `npm run build:playground` does, served as any static host does, used in a real browser.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (!CHROMIUM && process.env['CI']) throw new Error('CI needs chromium');

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
    browser = CHROMIUM ? await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] }) : undefined;
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
    await page.getByText(/^[3-9],\d00 digits learnt/).waitFor();
    await page.getByRole('button', { name: 'Stop' }).click();
    const progress = (await page.getByTestId('progress').textContent()) ?? '';
    expect(Number(/([\d.]+) %/.exec(progress)?.[1])).toBeGreaterThan(80);
    await page.getByRole('img', { name: /^3 hexagons, [1-9]\d* neurons/ }).waitFor();
    const canvas = page.getByLabel('Draw a digit');
    await canvas.scrollIntoViewIfNeeded();
    const box = await canvas.boundingBox();
    if (!box) throw new Error('there is no canvas');
    await page.mouse.move(box.x + 140, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 140, box.y + 240, { steps: 10 });
    await page.mouse.up();
    await expect.poll(() => page.getByTestId('digit').textContent()).toBe('1');
    expect(faults).toEqual([]);
  });
});
