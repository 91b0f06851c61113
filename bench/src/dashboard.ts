// npm run bench:dashboard: how soon the pages are there, and how smoothly they scroll, in Chromium; prints a table and writes bench/dashboard.json.
import { client, dataset, toBase64 } from '@openhanami/sdk';
import type { Browser, Page } from 'playwright-core';
import { launchChromium, logIn } from '../../tests/chromium.ts';
import { copyDataset } from '../../tests/many-datasets.ts';
import { ServerProcess } from '../../tests/server-process.ts';
import { type Figure, median, printFigures } from './figure.ts';

const RUNS = 5;
const MANY_ROWS = 1_000_000;
const MANY_DATASETS = 10_000;
/** Rows of a page of a list. */
const PER_PAGE = 25;
/** Hexagons of a side of the grid. */
const SIDE = 32;
/** Frames that are watched while something scrolls. */
const FRAMES = 120;

/** From the first byte that is asked for to a form that can be filled in, in milliseconds. */
async function firstLoad(browser: Browser, address: string): Promise<number> {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const started = performance.now();
    await page.goto(address, { waitUntil: 'commit' });
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    return performance.now() - started;
  } finally {
    await context.close();
  }
}

/** The 95th percentile of the time between frames in milliseconds, while an element (or the page) scrolls a step a frame. */
async function framesWhileScrolling(page: Page, selector: string | undefined, step: number): Promise<number> {
  const times = await page.evaluate(
    ([place, by, count]) =>
      new Promise<number[]>((done) => {
        const element = place === null ? document.scrollingElement : document.querySelector(place);
        const found: number[] = [];
        let last = performance.now();
        const frame = (): void => {
          const now = performance.now();
          found.push(now - last);
          last = now;
          if (element) element.scrollTop += by;
          if (found.length < count) requestAnimationFrame(frame);
          else done(found);
        };
        requestAnimationFrame(frame);
      }),
    [selector ?? null, step, FRAMES] as const,
  );
  return times.toSorted((a, b) => a - b)[Math.floor(0.95 * times.length)] ?? Number.NaN;
}

const server = await ServerProcess.start({ HANAMI_HTTP_REQUESTS_PER_MINUTE: '0' });
const browser = await launchChromium();
try {
  const first = await server.logIn();
  const small = await dataset.uploadTable(first, server.address, 'the first of many', new Blob(['a;b\n1;2\n2;3\n']));
  await copyDataset(server, small, MANY_DATASETS);
  const token = await server.logIn();
  const api = client({ address: server.address, token });
  const loads: number[] = [];
  for (let run = 0; run < RUNS; run++) loads.push(await firstLoad(browser, server.address));

  const many = `a;b\n${Array.from({ length: MANY_ROWS }, (_, i) => `${i};${i % 7}`).join('\n')}\n`;
  const rows = await dataset.uploadTable(token, server.address, 'a million rows', new Blob([many]));
  const places = Array.from({ length: SIDE * SIDE }, (_, i) => `    ${1 + Math.floor(i / SIDE)},${1 + (i % SIDE)},1`).join('\n');
  const template = `version: 1\nhexagons:\n${places}\ninputs:\n    a: 1,1,1\noutputs:\n    b: ${SIDE},${SIDE},1\n`;
  const { uuid: large } = await api.createCluster({ name: 'a thousand hexagons', template: toBase64(template) });

  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(`${server.address}/#/data/${rows}`);
  await logIn(page);
  await page.getByRole('table', { name: 'Rows' }).getByRole('cell', { name: '1', exact: true }).first().waitFor();
  const scrolling: number[] = [];
  for (let run = 0; run < RUNS; run++) scrolling.push(await framesWhileScrolling(page, '[role=table]', 137));
  await page.goto(`${server.address}/#/clusters/${large}`);
  await page.getByRole('img', { name: new RegExp(`^${(SIDE * SIDE).toLocaleString('en')} hexagons`) }).waitFor();
  const networks: number[] = [];
  for (let run = 0; run < RUNS; run++) networks.push(await framesWhileScrolling(page, undefined, 11));

  const how = `Chromium without a GPU, median of ${RUNS}`;
  const turns: number[] = [];
  const lists: number[] = [];
  await page.goto(`${server.address}/#/data`);
  for (let run = 0; run < RUNS; run++) {
    await page.getByText(new RegExp(`^${(run * PER_PAGE + 1).toLocaleString('en')}–`)).waitFor();
    lists.push(await framesWhileScrolling(page, undefined, 11));
    const started = performance.now();
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText(new RegExp(`^${((run + 1) * PER_PAGE + 1).toLocaleString('en')}–`)).waitFor();
    turns.push(performance.now() - started);
  }
  const figures: Figure[] = [
    {
      name: 'first load of the dashboard, until one can log in',
      value: median(loads),
      unit: 'ms',
      goal: '< 1000',
      how: `${how}, an empty cache`,
    },
    { name: 'frames while a million rows scroll, p95', value: median(scrolling), unit: 'ms', goal: '< 50', how },
    { name: 'frames while a list of 10,000 data sets scrolls, p95', value: median(lists), unit: 'ms', goal: '< 50', how },
    { name: 'next page of 10,000 data sets', value: median(turns), unit: 'ms', goal: '–', how: `${how}, from the click to its rows` },
    { name: 'frames while a page with 1,024 hexagons scrolls, p95', value: median(networks), unit: 'ms', goal: '< 50', how },
  ];
  printFigures(figures, 'dashboard.json');
} finally {
  await browser.close();
  await server.remove();
}
