// Templates: placed, connected and set by mouse and by keys, begun from the columns of a data set; and the way to anything by keys.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { CHROMIUM } from '../chromium.ts';
import { usePlace } from './place.ts';

const { place, visit } = usePlace();

const textOf = (page: Page): Promise<string> => page.getByRole('textbox', { name: 'Template' }).inputValue();

describe.skipIf(!CHROMIUM)('the template editor', () => {
  it('places, connects and sets by mouse, on several sheets', () =>
    visit('/clusters', async (page) => {
      await page.getByRole('button', { name: 'New cluster' }).click();
      await page.getByRole('textbox', { name: 'Name', exact: true }).fill('made by mouse');
      await page.getByRole('button', { name: /^1,1,1:/ }).click({ trial: true });
      await page.getByRole('button', { name: /^6,3,1:/ }).click();
      expect(await textOf(page)).toContain('6,3,1');
      await page.getByRole('button', { name: 'Connect 6,3,1' }).click();
      await page.getByText('where the axon of 6,3,1 ends').waitFor();
      await page.getByRole('button', { name: /^3,1,1:/ }).click();
      await expect.poll(() => textOf(page)).toContain('6,3,1 -> 3,1,1');
      // The same once more takes it away.
      await page.getByRole('button', { name: /^6,3,1:/ }).focus();
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowRight');
      await page.getByRole('button', { name: 'Connect 6,3,1' }).click();
      await page.getByRole('button', { name: /^3,1,1:/ }).focus();
      await page.keyboard.press('Enter');
      await expect.poll(() => textOf(page)).not.toContain('->');
      // Another sheet.
      await page.getByRole('alert').getByText('hexagon 6,3,1 has neither a neighbour nor an axon').waitFor();
      await page.getByRole('button', { name: /^6,3,1:/ }).click();
      expect(await textOf(page)).toContain('6,3,1');
      await page.getByRole('button', { name: /^6,3,1:/ }).click();
      await page.getByRole('textbox', { name: 'Layer (z)' }).fill('2');
      await page.getByRole('button', { name: /^2,1,2:/ }).click();
      expect(await textOf(page)).toContain('2,1,2');
      expect(await textOf(page)).not.toContain('6,3,1');
      await page.getByRole('button', { name: 'Settings' }).click();
      await page.getByRole('textbox', { name: 'max_connection_distance' }).fill('3');
      await page.getByRole('switch', { name: 'enable_reduction' }).check({ force: true });
      await expect.poll(() => textOf(page)).toContain('max_connection_distance: 3');
      expect(await textOf(page)).toContain('enable_reduction: true');
      await page.getByText('The template can be used.').waitFor();
      await page.getByRole('button', { name: 'Create', exact: true }).click();
      await page.getByRole('heading', { name: 'made by mouse' }).waitFor();
      await page.getByRole('img', { name: /^4 hexagons/ }).waitFor();
    }));

  it('begins with the columns of a data set, an example, or one hexagon', () =>
    visit('/clusters', async (page) => {
      await page.getByRole('button', { name: 'New cluster' }).click();
      await page.getByRole('button', { name: 'Begin with one hexagon' }).click();
      expect(await textOf(page)).toBe('version: 1\nhexagons:\n    1,1,1\n');
      await page.getByRole('combobox', { name: 'Start from the columns' }).click();
      await page.getByRole('option', { name: 'passengers before' }).click();
      await page.getByRole('combobox', { name: 'Target' }).click();
      await page.getByRole('option', { name: 'survived' }).click();
      await expect.poll(() => textOf(page)).toMatch(/outputs:\n {4}survived: /);
      await page.getByText('The template can be used.').waitFor();
    }));

  it('is left for any place by keys: / finds pages, data sets and clusters', () =>
    visit('/', async (page) => {
      await page.keyboard.press('/');
      await page.getByRole('combobox', { name: 'Go to' }).fill('passengers bef');
      // Enter may come before what is looked for is there.
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'passengers before' }).waitFor();
      expect(page.url()).toContain(place.trained.dataset);
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: 'Go to' }).fill('admin');
      await page.getByRole('option', { name: /^Admin/ }).waitFor();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Administration' }).waitFor();
    }));
});
