// Two things beside each other: checkpoints of a cluster, results of two networks; and a series beside its forecast.
import { dataset, table } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, compare } from '../chromium.ts';
import { passengers, usePlace } from './place.ts';

const { place, visit } = usePlace();

/** A day that comes again, in hours. */
const series = (hours: number): string =>
  `when,load (MW)\n${Array.from(
    { length: hours },
    (_, i) => `${new Date(Date.UTC(2026, 0, 1, i)).toISOString()},${(50 + 40 * Math.sin((i * Math.PI) / 12)).toFixed(2)}`,
  ).join('\n')}\n`;

describe.skipIf(!CHROMIUM)('the dashboard', () => {
  it('shows two states of a network beside each other, and what grew over a training that has ended', async () => {
    const rows = await dataset.uploadTable(place.token, place.server.address, 'few passengers', new Blob([passengers(300, 5)]));
    const { cluster } = await table.learnDataset(place.token, place.server.address, rows, {
      target: 'survived',
      passes: 1,
      name: 'kept states',
    });
    await place.api.saveCluster({ name: 'after three hundred', cluster_uuid: cluster.uuid });
    const more = await dataset.uploadTable(place.token, place.server.address, 'more passengers', new Blob([passengers(3000, 6)]));
    await table.teachTable(place.token, place.server.address, cluster.uuid, new Blob([passengers(3000, 6)]));
    await place.api.deleteDataset({ uuid: more });
    const { neurons } = await place.api.getCluster({ uuid: cluster.uuid });
    await visit(`/clusters/${cluster.uuid}`, async (page) => {
      await page.getByRole('checkbox', { name: 'Compare as it is now' }).check();
      await page.getByRole('checkbox', { name: 'Compare after three hundred' }).check();
      const both = page.getByRole('region', { name: 'Beside each other' });
      await expect.poll(() => both.getByRole('img', { name: /^3 hexagons, \d+ neurons/ }).count()).toBe(2);
      const grown = both.getByRole('row', { name: /^neurons/ }).getByRole('cell');
      await expect.poll(() => grown.allTextContents()).toContain(neurons.toLocaleString('en'));
      const [now = '', then = ''] = await grown.allTextContents();
      expect(Number(then.replace(/,/g, ''))).toBeLessThan(Number(now.replace(/,/g, '')));
      await expect.poll(() => both.getByRole('row', { name: /^Last training/ }).textContent()).toMatch(/survived: accuracy/);
      for (const shown of ['neurons', 'sections', 'memory (MB)']) {
        await page.getByRole('radiogroup', { name: 'Growth' }).getByText(shown).click();
        await page.getByRole('img', { name: new RegExp(`^${shown.replace(/[()]/g, '.')}: \\d`) }).waitFor();
      }
    });
  });

  it('shows two results beside each other, as figures and as lines over the time', async () => {
    const lines = series(600).split('\n');
    const taught = lines.slice(1, -1).map((line, i) => `${line},${Math.sin((i * Math.PI) / 12).toFixed(4)}`);
    const text = `when,load,sun\n${taught.join('\n')}\n`;
    const truth = await dataset.uploadTable(place.token, place.server.address, 'a true load', new Blob([text]));
    const result = async (name: string, passes: number): Promise<string> => {
      const { cluster } = await table.learnDataset(place.token, place.server.address, truth, { target: 'load', passes, name });
      const { uuid } = await place.api.createRequestTask({
        name,
        cluster_uuid: cluster.uuid,
        inputs: [{ dataset_uuid: truth, dataset_columns: ['*', '-load'], hexagon_name: 'features' }],
        results: [{ dataset_column: 'load', hexagon_name: 'load' }],
      });
      await expect.poll(async () => (await place.api.getTask({ uuid })).state).toBe('finished');
      return uuid;
    };
    await result('one pass', 1);
    await result('three passes', 3);
    await visit('/results', async (page) => {
      await page.getByRole('combobox', { name: 'Another result' }).click();
      await page.getByRole('option', { name: /^three passes/ }).click();
      await compare(page, 'one pass', 'a true load');
      const figures = page.getByRole('table', { name: 'Figures' });
      await expect.poll(() => figures.getByRole('row', { name: /^load: R²/ }).textContent()).toMatch(/R²(\d\.\d+){2}$/);
      await expect.poll(() => page.getByRole('heading', { name: /^Over the time/ }).count()).toBe(2);
      await expect
        .poll(() =>
          page
            .getByRole('img', { name: /^load: \d/ })
            .locator('canvas')
            .count(),
        )
        .toBe(2);
    });
  });

  it('draws the forecast of a series behind what there was, from any row on', async () => {
    const uuid = await dataset.uploadTable(place.token, place.server.address, 'load of a town', new Blob([series(900)]));
    await visit(`/data/${uuid}`, async (page) => {
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByLabel('Rows ahead to be forecast').fill('12');
      await page.getByLabel('Rows that are seen at once').fill('24');
      await page.getByRole('button', { name: 'Learn', exact: true }).click();
      await page.getByText(/Judged on/).waitFor();
      const said = async (): Promise<number> =>
        Number(/next: ([\d.-]+)/.exec((await page.getByTestId('forecast').textContent()) ?? '')?.[1]);
      await page.getByText('and 11 further ahead').waitFor();
      // Row 900 is the 36th of its hour: hour 900 of a day of 24 is noon.
      const next = (row: number): number => 50 + 40 * Math.sin((row * Math.PI) / 12);
      await expect.poll(async () => Math.abs((await said()) - next(900))).toBeLessThan(8);
      await page
        .getByRole('img', { name: /^load \(MW\)/ })
        .last()
        .locator('canvas')
        .waitFor();
      await page.getByRole('slider', { name: 'Row that the forecast begins behind' }).focus();
      for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowLeft');
      await page.getByText('begins behind: 894').waitFor();
      await expect.poll(async () => Math.abs((await said()) - next(894))).toBeLessThan(8);
    });
  });
});
