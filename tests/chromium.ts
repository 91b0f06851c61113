// What tests, benches and pictures of the pages do in a real browser.
import { existsSync } from 'node:fs';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { ADMIN } from './server-process.ts';

/** A browser that is installed; undefined where there is none. CI installs it. */
export const CHROMIUM = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (!CHROMIUM && process.env['CI']) throw new Error('CI needs chromium');

/** Starts it. @throws Error where there is none. */
export function launchChromium(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('there is no Chromium; install it, or say where it is in CHROMIUM');
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
}

/** Logs in on the page of a server that is open. */
export async function logIn(page: Page, { id, passphrase }: { readonly id: string; readonly passphrase: string } = ADMIN): Promise<void> {
  await page.getByLabel('User id').fill(id);
  await page.locator('input[name=passphrase]').fill(passphrase);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** A one, and a seven: points on the canvas of 280 × 280 that the pen goes through. */
export const ONE = [
  [140, 40],
  [140, 240],
] as const;
export const SEVEN = [
  [80, 60],
  [200, 60],
  [170, 120],
  [140, 180],
  [120, 240],
] as const;

/** Where something is, once it has stayed there for a while. */
async function restingPlace(element: Locator): Promise<{ readonly x: number; readonly y: number }> {
  for (let last = await element.boundingBox(); ; ) {
    await element.page().waitForTimeout(500);
    const now = await element.boundingBox();
    if (now && last && now.x === last.x && now.y === last.y) return now;
    last = now;
  }
}

/** Draws a digit with the mouse. */
export async function drawDigit(page: Page, way: readonly (readonly [x: number, y: number])[]): Promise<void> {
  const canvas = page.getByLabel('Draw a digit');
  await canvas.scrollIntoViewIfNeeded();
  const box = await restingPlace(canvas);
  const [first = [0, 0]] = way;
  await page.mouse.move(box.x + first[0], box.y + first[1]);
  await page.mouse.down();
  for (const [x, y] of way) await page.mouse.move(box.x + x, box.y + y, { steps: 10 });
  await page.mouse.up();
}

/** On the page of results: compares one data set with another, by their names. */
export async function compare(page: Page, result: string, truth: string): Promise<void> {
  for (const [label, name] of [
    ['Result', result],
    ['What is true', truth],
  ] as const) {
    await page.getByRole('combobox', { name: label, exact: true }).fill(name);
    await page.getByRole('option', { name: new RegExp(`^${name} ·`) }).click();
  }
  await page.getByRole('button', { name: 'Compare' }).click();
}
