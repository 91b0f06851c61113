// What people do with the pages: from a dropped file to an answer, results, administration.
import { readFileSync } from 'node:fs';
import { generator } from '@openhanami/datasets';
import { dataset, table } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, compare, drawDigit, ONE } from '../chromium.ts';
import { digitFiles, newCluster, uploadDigits } from '../digits.ts';
import { passengers, usePlace } from './place.ts';

const { place, visit, drop } = usePlace();

describe.skipIf(!CHROMIUM)('the dashboard', () => {
  it('leads from a dropped table to a trained network that is asked', () =>
    visit('/', async (page) => {
      await drop(page, [{ name: 'passengers.csv', bytes: Buffer.from(passengers(1200)) }]);
      await page.getByRole('heading', { name: 'passengers', exact: true }).waitFor();
      await page.getByRole('article', { name: 'sex' }).getByText('female').waitFor();
      await expect.poll(() => page.getByRole('article', { name: 'age' }).textContent()).toMatch(/missing/);
      await page.getByRole('button', { name: 'Learn', exact: true }).click();
      await page.getByText(/Judged on 240 rows/).waitFor();
      expect(Number(/[\d.]+/.exec((await page.getByTestId('score').textContent()) ?? '')?.[0])).toBeGreaterThan(80);
      await page.getByRole('img', { name: /^3 hexagons, \d+ neurons/ }).waitFor();
      await expect.poll(() => page.getByRole('row', { name: /sex/ }).first().textContent()).toMatch(/sex.*%/);
      const answerFor = async (sex: string): Promise<void> => {
        await page.getByRole('combobox', { name: 'sex' }).click();
        await page.getByRole('option', { name: sex, exact: true }).click();
      };
      await answerFor('female');
      await expect.poll(() => page.getByTestId('answer').textContent()).toBe('yes');
      await answerFor('male');
      await expect.poll(() => page.getByTestId('answer').textContent()).toBe('no');
      await page.getByRole('heading', { name: 'Because' }).waitFor();
    }));

  it('recognises a digit that is drawn, after it has learnt from two dropped files', () =>
    visit('/', async (page) => {
      const { images, labels } = digitFiles(4000, 1);
      const bytes = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
      await drop(page, [
        { name: 'drawn-images-idx3-ubyte', bytes: await bytes(images) },
        { name: 'drawn-labels-idx1-ubyte', bytes: await bytes(labels) },
      ]);
      await page.getByRole('img', { name: '7' }).first().waitFor();
      await page.getByRole('button', { name: 'Learn', exact: true }).click();
      await page.getByText(/Judged on 800 rows/).waitFor();
      await drawDigit(page, ONE);
      await expect.poll(() => page.getByTestId('digit').textContent()).toBe('1');
      await page.getByRole('button', { name: 'Clear' }).click();
      await expect.poll(() => page.getByTestId('digit').textContent()).not.toBe('1');
      await page.getByRole('application', { name: 'Draw a digit' }).focus();
      // Where it begins nothing is drawn yet.
      for (const key of ['Shift+ArrowUp', ...Array.from({ length: 11 }, () => 'ArrowDown')]) await page.keyboard.press(key);
      await expect.poll(() => page.getByTestId('digit').textContent()).toBe('1');
    }));

  it('answers a whole file, and saves it with its answers', () =>
    visit(`/clusters/${place.trained.cluster}`, async (page) => {
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Answer a file' }).waitFor();
      const asked = 'fare,sex,level,age,note\n10,female,1,30,"=1+1"\n8,male,3,,b\n';
      await page
        .locator('section[aria-labelledby=ask] input[type=file]')
        .setInputFiles({ name: 'new.csv', mimeType: 'text/csv', buffer: Buffer.from(asked) });
      await page.getByText('2 rows answered').waitFor();
      const lines = readFileSync(await (await saved).path(), 'utf8')
        .trim()
        .split(/\r?\n/);
      expect(lines[0]).toBe('fare,sex,level,age,note,survived,survived_probability');
      expect(lines[1]).toMatch(/^10,female,1,30,"'=1\+1",yes,0\.\d+$/);
      expect(lines[2]).toMatch(/^8,male,3,,b,no,0\.\d+$/);
    }));

  it('stops answering a file, of which nothing is left', () =>
    visit(`/clusters/${place.trained.cluster}`, async (page) => {
      await page.getByRole('button', { name: 'Answer a file' }).waitFor();
      const before = (await place.api.listDatasets({})).total;
      await page
        .locator('section[aria-labelledby=ask] input[type=file]')
        .setInputFiles({ name: 'many.csv', mimeType: 'text/csv', buffer: Buffer.from(passengers(60_000, 7)) });
      await page.getByRole('button', { name: 'Stop answering the file' }).click();
      await page.getByRole('button', { name: 'Stop answering the file' }).waitFor({ state: 'hidden' });
      expect(await page.getByText('rows answered').count()).toBe(0);
      await expect.poll(async () => (await place.api.listDatasets({})).total).toBe(before);
    }));

  it('pages through the columns of a wide table', async () => {
    const names = Array.from({ length: 130 }, (_, i) => `column ${i}`);
    const rows = Array.from({ length: 30 }, (_, k) => names.map((_name, i) => i * 100 + k).join());
    const uuid = await dataset.uploadTable(
      place.token,
      place.server.address,
      'a wide table',
      new Blob([`${names.join()}\n${rows.join('\n')}\n`]),
    );
    await visit(`/data/${uuid}`, async (page) => {
      await page.getByRole('article', { name: 'column 59', exact: true }).waitFor();
      expect(await page.getByRole('article', { name: 'column 60', exact: true }).count()).toBe(0);
      const saved = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Download', exact: true }).click();
      expect(readFileSync(await (await saved).path(), 'utf8').split('\n')).toEqual([names.join(), ...rows, '']);
      const table = page.getByRole('table', { name: 'Rows' });
      await table.getByRole('cell', { name: '5,900', exact: true }).waitFor();
      await page.getByRole('navigation', { name: 'First column that is shown' }).getByRole('button', { name: 'Next page' }).click();
      await table.getByRole('columnheader', { name: 'column 60', exact: true }).waitFor();
      await table.getByRole('cell', { name: '6,000', exact: true }).waitFor();
    });
  });

  it('draws the numbers of a series over its time', async () => {
    const lines = Array.from(
      { length: 3000 },
      (_, i) => `${new Date(Date.UTC(2026, 0, 1, i)).toISOString()},${Math.sin(i / 24).toFixed(3)}`,
    );
    const uuid = await dataset.uploadTable(place.token, place.server.address, 'a series', new Blob([`when,load\n${lines.join('\n')}\n`]));
    await visit(`/data/${uuid}`, async (page) => {
      await page
        .getByRole('img', { name: /^load: / })
        .locator('canvas')
        .waitFor();
      const before = await page.getByRole('img', { name: /^load: / }).getAttribute('aria-label');
      await page.getByRole('slider', { name: 'First row that is drawn' }).focus();
      await page.keyboard.press('End');
      await page.getByText('First row that is drawn: 2,001').waitFor();
      await expect.poll(() => page.getByRole('img', { name: /^load: / }).getAttribute('aria-label')).not.toBe(before);
    });
  });

  it('lets an admin add users to projects and limit these', async () => {
    await place.api.createProject({ id: 'limited_project', name: 'limited project' });
    await visit('/admin', async (page) => {
      await page.getByRole('tab', { name: 'Users' }).click();
      await page.getByRole('button', { name: 'New user' }).click();
      await page.getByRole('textbox', { name: 'Id', exact: true }).fill('new_user');
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('a new user');
      await page.locator('input[type=password]').fill('a passphrase to look for');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('cell', { name: 'new_user', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Add to a project' }).click();
      await page.getByRole('textbox', { name: 'Id', exact: true }).fill('new_user');
      await page.getByRole('textbox', { name: 'Project' }).fill('limited_project');
      await page.getByRole('textbox', { name: 'Role' }).fill('member');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByRole('cell', { name: /limited_project/ }).waitFor();
      await page.getByRole('tab', { name: 'Projects' }).click();
      await page.getByRole('button', { name: 'Set limits' }).click();
      await page.getByRole('textbox', { name: 'Id', exact: true }).fill('limited_project');
      await page.getByRole('textbox', { name: 'Clusters' }).fill('3');
      await page.getByRole('button', { name: 'Create' }).click();
      await page.getByText('0 of 3 clusters').waitFor();
      await page.getByRole('tab', { name: 'Users' }).click();
      await page.getByRole('button', { name: 'Take from a project' }).click();
      await page.getByRole('textbox', { name: 'Id', exact: true }).fill('new_user');
      await page.getByRole('textbox', { name: 'Project' }).fill('limited_project');
      await page.getByRole('button', { name: 'Create' }).click();
      await expect.poll(() => page.getByRole('cell', { name: /limited_project/ }).count()).toBe(0);
    });
  });

  it('shows who may call what, what is done in all projects, and what was done', () =>
    visit('/admin', async (page) => {
      await page.getByRole('tab', { name: 'Policy' }).click();
      await page.getByRole('img', { name: 'member may call GET /v1.0alpha/cluster', exact: true }).waitFor();
      expect(await page.getByRole('img', { name: 'member may call GET /v1.0alpha/error_log' }).count()).toBe(0);
      await page.getByRole('tab', { name: 'Tasks' }).click();
      await page.getByRole('row', { name: /^learn table.*finished.*100 %/ }).waitFor();
      await page.getByRole('tab', { name: 'Audit log' }).click();
      await page.getByRole('textbox', { name: 'Search in all columns' }).fill('TASK/TRAIN');
      const calls = async (): Promise<string[]> => [...new Set(await page.getByRole('cell', { name: /^[A-Z]+ v1/ }).allTextContents())];
      await expect.poll(calls).toEqual(['POST v1.0alpha/task/train']);
    }));

  it('saves and restores a checkpoint, and asks before it deletes', async () => {
    const uuid = await newCluster(place.token, place.server.address, 'kept cluster');
    await visit(`/clusters/${uuid}`, async (page) => {
      await page.getByRole('button', { name: 'Save checkpoint' }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('button', { name: 'Restore kept cluster' }).click();
      await page.getByRole('dialog').getByText('learnt since then goes').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Restore', exact: true }).click();
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await page.getByRole('button', { name: 'Delete kept cluster' }).first().click();
      await page.getByRole('dialog').getByText('go with it').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { name: 'Clusters' }).waitFor();
    });
    await expect(place.api.getCluster({ uuid })).rejects.toThrow('no cluster');
  });

  it('shows where answers that are numbers are wrong', async () => {
    const random = generator(9);
    const lines = Array.from({ length: 600 }, () => {
      const [a, b] = [random() * 10, random() * 10];
      return `${a.toFixed(3)};${b.toFixed(3)};${(a * 2 + b).toFixed(3)}`;
    });
    const uuid = await dataset.uploadTable(
      place.token,
      place.server.address,
      'numbers to be compared',
      new Blob([`a;b;sum\n${lines.join('\n')}\n`]),
    );
    const { cluster } = await table.learnDataset(place.token, place.server.address, uuid, { target: 'sum', passes: 2 });
    const { uuid: task } = await place.api.createRequestTask({
      name: 'sums that were answered',
      cluster_uuid: cluster.uuid,
      inputs: [{ dataset_uuid: uuid, dataset_columns: ['a', 'b'], hexagon_name: 'features' }],
      results: [{ dataset_column: 'sum', hexagon_name: 'sum' }],
    });
    await expect.poll(async () => (await place.api.getTask({ uuid: task })).state).toBe('finished');
    await visit('/results', async (page) => {
      await compare(page, 'sums that were answered', 'numbers to be compared');
      await page.getByText(/R² (0\.9|1\.0)/).waitFor();
      await page.getByRole('img', { name: 'sum: answers over what is true' }).waitFor();
      await page.getByRole('img', { name: 'sum: errors over answers' }).waitFor();
      await page.getByRole('heading', { name: 'Answered worst' }).waitFor();
    });
  });

  it('compares a result with what is true', async () => {
    const digits = await uploadDigits(place.token, place.server.address, 'digits to be compared', 1000);
    const { cluster } = await table.learnDataset(place.token, place.server.address, digits, { target: 'label', passes: 2 });
    const { uuid } = await place.api.createRequestTask({
      name: 'compared result',
      cluster_uuid: cluster.uuid,
      inputs: [{ dataset_uuid: digits, dataset_column: 'picture', hexagon_name: 'features' }],
      results: [{ dataset_column: 'label', hexagon_name: 'label' }],
    });
    await expect.poll(async () => (await place.api.getTask({ uuid })).state).toBe('finished');
    await visit('/results', async (page) => {
      await compare(page, 'compared result', 'digits to be compared');
      await page.getByText(/Accuracy \d\d\.\d\d %/).waitFor();
      // A cell of the matrix shows its rows: pictures here.
      const cell = page.getByRole('button', { name: /× 3 answered as 3/ });
      await cell.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: /rows? of 3 answered as 3/ }).waitFor();
      await page
        .getByRole('img', { name: /^picture \d+/ })
        .first()
        .waitFor();
      await page.getByRole('img', { name: 'Calibration' }).waitFor();
      await page.getByRole('table', { name: 'Each class' }).waitFor();
    });
  });
});
