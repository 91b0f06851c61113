// npm run screenshots [folder]: takes a picture of each screen of the dashboard, with a server and data of its own, into docs/images/dashboard.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client, dataset, table } from '@openhanami/sdk';
import { compare, drawDigit, launchChromium, logIn, SEVEN } from '../../tests/chromium.ts';
import { uploadDigits } from '../../tests/digits.ts';
import { ServerProcess } from '../../tests/server-process.ts';

const ROOT = join(import.meta.dirname, '../..');
const folder = process.argv[2] ?? join(ROOT, 'docs/images/dashboard');
const tables = mkdtempSync(join(tmpdir(), 'hanami-screens-'));
mkdirSync(folder, { recursive: true });
execFileSync(process.execPath, [join(ROOT, 'examples/draw-tables.ts'), tables], { stdio: 'ignore' });

const server = await ServerProcess.start();
const browser = await launchChromium();
try {
  const token = await server.logIn();
  const api = client({ address: server.address, token });
  const rentals = await dataset.uploadTable(token, server.address, 'rentals', new Blob([readFileSync(join(tables, 'rentals.csv'))]));
  await api.setDatasetKinds({ uuid: rentals, skip: ['id'] });
  const { cluster: hired } = await table.learnDataset(token, server.address, rentals, { target: 'rentals', name: 'rentals' });
  const load = await dataset.uploadTable(token, server.address, 'load', new Blob([readFileSync(join(tables, 'load.csv'))]));
  const { cluster: town } = await table.learnDataset(token, server.address, load, {
    target: 'megawatts',
    name: 'town',
    forecast: 24,
    window: 24,
    passes: 1,
  });
  await api.saveCluster({ name: 'after one pass', cluster_uuid: hired.uuid });
  await table.teachTable(token, server.address, hired.uuid, new Blob([readFileSync(join(tables, 'rentals.csv'))]));
  const digits = await uploadDigits(token, server.address, 'digits', 5000);
  const { cluster: named } = await table.learnDataset(token, server.address, digits, { target: 'label', name: 'digits', passes: 2 });
  const result = await api.createRequestTask({
    name: 'digits answered',
    cluster_uuid: named.uuid,
    inputs: [{ dataset_uuid: digits, dataset_column: 'picture', hexagon_name: 'features' }],
    results: [{ dataset_column: 'label', hexagon_name: 'label' }],
  });
  while ((await api.getTask({ uuid: result.uuid })).state !== 'finished') await new Promise((next) => setTimeout(next, 100));

  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const shot = async (name: string): Promise<void> => {
    await page.waitForLoadState('networkidle');
    await page.waitForTimeout(800);
    await page.screenshot({ path: join(folder, `${name}.jpg`), type: 'jpeg', quality: 72 });
  };
  await page.goto(server.address);
  await logIn(page);
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  await shot('home');
  const at = async (place: string): Promise<void> => {
    await page.goto(`${server.address}/#${place}`);
    await page.getByRole('heading', { level: 1 }).first().waitFor();
  };
  /** Scrolls to where a cluster is asked, below the bar. */
  const toQuestion = async (): Promise<void> => {
    await page.evaluate("document.querySelector('#ask').scrollIntoView()");
    await page.evaluate('window.scrollBy(0, -72)');
  };
  await at(`/data/${rentals}`);
  await shot('dataset');
  await at(`/clusters/${hired.uuid}`);
  await page.getByTestId('answer').waitFor();
  await shot('cluster');
  await toQuestion();
  await shot('ask');
  await page.getByRole('checkbox', { name: 'Compare as it is now' }).check();
  await page.getByRole('checkbox', { name: 'Compare after one pass' }).check();
  await page.getByRole('region', { name: 'Beside each other' }).getByRole('img').nth(1).waitFor();
  await page.evaluate('document.querySelector(\'[aria-label="Beside each other"]\').scrollIntoView()');
  await page.evaluate('window.scrollBy(0, -72)');
  await shot('beside');
  await at(`/clusters/${town.uuid}`);
  await page.getByText('further ahead').waitFor();
  await toQuestion();
  await shot('forecast');
  await at(`/clusters/${named.uuid}`);
  await page.getByLabel('Draw a digit').waitFor();
  await toQuestion();
  await drawDigit(page, SEVEN);
  await page.getByTestId('digit').getByText(/\d/).waitFor();
  await shot('digit');
  await at('/results');
  await compare(page, 'digits answered', 'digits');
  await page.getByRole('table', { name: 'Each class' }).waitFor();
  await shot('results');
  await at('/clusters');
  await page.getByRole('button', { name: 'New cluster' }).click();
  await page.getByRole('button', { name: 'An example' }).click();
  await page.getByRole('button', { name: /^1,1,1:/ }).click();
  await page.getByRole('button', { name: 'Connect 1,1,1' }).click();
  await page.getByRole('button', { name: /^4,1,1:/ }).click();
  await page.waitForTimeout(300);
  await shot('template');
  await page.keyboard.press('Escape');
  await at('/admin');
  await page.getByRole('tab', { name: 'Policy' }).click();
  await page.getByRole('cell', { name: /^POST/ }).first().waitFor();
  await shot('admin');
} finally {
  await browser.close();
  await server.remove();
  rmSync(tables, { recursive: true, force: true });
}
