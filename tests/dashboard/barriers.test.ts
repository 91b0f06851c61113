// That no screen, and nothing that opens on one, keeps anybody out: axe, in light and in dark.
import { describe, expect, it } from 'vitest';
import { barriers } from '../axe.ts';
import { CHROMIUM } from '../chromium.ts';
import { open, SCREENS, usePlace } from './place.ts';

const { place, visit, drop } = usePlace();

describe.skipIf(!CHROMIUM)('the dashboard', () => {
  it('finds nothing that keeps anybody out, on any screen, in light and in dark', async () => {
    const screens = [...SCREENS, `/data/${place.trained.dataset}`, `/clusters/${place.trained.cluster}`];
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit(
        '/',
        async (page) => {
          for (const screen of screens) {
            await open(page, `${place.server.address}/#${screen}`);
            expect(await barriers(page), `${screen} in ${colorScheme}`).toEqual([]);
          }
        },
        { colorScheme },
      );
    }
  });

  it.each(['light', 'dark'] as const)('finds nothing that keeps anybody out of what opens on a screen, in %s', (colorScheme) =>
    visit(
      '/',
      async (page) => {
        const fine = async (what: string): Promise<void> => {
          await expect.poll(() => page.locator('[aria-busy=true]').count()).toBe(0);
          // What slides in has its colours when it is there.
          await page.waitForTimeout(300);
          expect(await barriers(page), what).toEqual([]);
        };
        await page.keyboard.press('/');
        await page.getByRole('combobox', { name: 'Go to' }).fill('passengers');
        await page.getByRole('option', { name: /^passengers before/ }).waitFor();
        await fine('search');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'User menu' }).click();
        await fine('user menu');
        await page.keyboard.press('Escape');
        await page.getByRole('switch', { name: 'Say how it is read first' }).click();
        await drop(page, [{ name: 'seen.csv', bytes: Buffer.from('a,b\n1,2\n2,3\n') }]);
        await page.getByRole('region', { name: 'How seen.csv is read' }).getByText('1, 2').waitFor();
        await fine('how a file is read');
        await page.getByRole('button', { name: /^Stop the upload/ }).click();
        await open(page, `${place.server.address}/#/clusters`);
        await page.getByRole('button', { name: 'New cluster' }).click();
        await page.getByRole('button', { name: 'Settings' }).click();
        await fine('new cluster');
        await page.keyboard.press('Escape');
        await page
          .getByRole('button', { name: /^Delete/ })
          .first()
          .click();
        await page.getByRole('dialog').waitFor();
        await fine('delete');
        await open(page, `${place.server.address}/#/data/${place.trained.dataset}`);
        await page.getByRole('button', { name: 'Settings' }).click();
        await fine('settings of learning');
        await open(page, `${place.server.address}/#/admin`);
        for (const tab of await page.getByRole('tab').all()) {
          await tab.click();
          await fine(String(await tab.textContent()));
        }
      },
      { colorScheme },
    ),
  );
});
