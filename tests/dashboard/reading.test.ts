// What people know of their files, and tell the pages: before a file is read, and after it was not understood.
import { Blob as NodeBlob } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { CHROMIUM } from '../chromium.ts';
import { usePlace } from './place.ts';

const { place, visit, drop } = usePlace();

/** The data set that a page shows. */
const shown = (url: string): string => url.split('/').at(-1) ?? '';

describe.skipIf(!CHROMIUM)('the dashboard', () => {
  it('asks for the kinds of columns before a file is read, if somebody wants that', () =>
    visit('/data', async (page) => {
      const rows = Array.from({ length: 60 }, (_, i) => `${i};${10_000 + (i % 7)};${i % 5 === 0 ? -9999 : i * 2}`);
      await page.getByRole('switch', { name: 'Say how it is read first' }).click();
      await drop(page, [{ name: 'homes.csv', bytes: Buffer.from(`id;zip;size\n${rows.join('\n')}\n`) }]);
      const options = page.getByRole('region', { name: 'How homes.csv is read' });
      await options.getByText('10000, 10001, 10002').waitFor();
      const choose = async (column: string, kind: string): Promise<void> => {
        await options.getByRole('combobox', { name: `Kind of ${column}` }).click();
        await page.getByRole('option', { name: kind, exact: true }).click();
      };
      await choose('zip', 'category');
      await choose('id', 'left out of learning');
      await options.getByRole('textbox', { name: 'Texts that mean' }).fill('?, -9999');
      await options.getByRole('button', { name: 'Read it' }).click();
      await page.getByRole('heading', { name: 'homes', exact: true }).waitFor();
      const { columns = [] } = await place.api.getDataset({ uuid: shown(page.url()) });
      expect(columns.map(({ name, kind, skip, missing }) => [name, kind, skip, missing])).toEqual([
        ['id', 'number', true, 0],
        ['zip', 'category', false, 0],
        ['size', 'number', false, 12],
      ]);
    }));

  it('says why a file was not understood, and reads it with what it is told then', () =>
    visit(
      '/data',
      async (page) => {
        const lines = Array.from({ length: 40 }, (_, i) => `${(i % 12) + 1}/${(i % 12) + 1}/2026,${i}`);
        await drop(page, [{ name: 'dates.csv', bytes: Buffer.from(`when,size\n${lines.join('\n')}\nno line of a table,1,2,3\n`) }]);
        await page
          .getByRole('alert')
          .getByText(/line 42/)
          .waitFor();
        const options = page.getByRole('region', { name: 'How dates.csv is read' });
        await options.getByRole('button', { name: 'Read it' }).click();
        // Nothing was told: it is refused again.
        await page
          .getByRole('alert')
          .getByText(/line 42/)
          .waitFor();
        await drop(page, [{ name: 'dates.csv', bytes: Buffer.from(`when,size\n${lines.join('\n')}\n`) }]);
        await page.getByRole('heading', { name: 'dates', exact: true }).waitFor();
      },
      { allowed: /400/ },
    ));

  it('begins anew where an unfinished upload of that name is of another file', async () => {
    await place.api.createTableUpload({ name: 'begun once', input_data_size: 1000, input_fingerprint: 'of another one' });
    await visit('/data', async (page) => {
      await drop(page, [{ name: 'begun once.csv', bytes: Buffer.from('a,b\n1,2\n2,3\n3,4\n') }]);
      await page.getByRole('heading', { name: 'begun once', exact: true }).waitFor();
      await page.getByText('3 rows · 2 columns').waitFor();
    });
  });

  it('shows all pictures, also large ones', async () => {
    const side = 160;
    const count = 50;
    const idx = (dimensions: number[], bytes: Uint8Array): Blob =>
      new NodeBlob([
        Buffer.concat([Buffer.from([0, 0, 8, dimensions.length]), Buffer.from(Uint32Array.from(dimensions).buffer).swap32(), bytes]),
      ]) as Blob;
    const pixels = new Uint8Array(count * side * side).map((_, i) => i % 251);
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
    const bytes = async (blob: Blob): Promise<Uint8Array> => new Uint8Array(await blob.arrayBuffer());
    await visit('/data', async (page) => {
      await drop(page, [
        { name: 'large-images-idx3-ubyte', bytes: await bytes(idx([count, side, side], pixels)) },
        { name: 'large-labels-idx1-ubyte', bytes: await bytes(idx([count], labels)) },
      ]);
      const shownPictures = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Pictures', exact: true }) });
      const next = shownPictures.getByRole('button', { name: 'Next page' });
      // 19 of 25,600 values each are one call's.
      for (const [at, pictures] of [19, 19, 12].entries()) {
        if (at > 0) await next.click();
        await expect.poll(() => shownPictures.locator('canvas').count()).toBe(pictures);
        await expect.poll(() => shownPictures.getByText(String((at * 19) % 10), { exact: true }).count()).toBeGreaterThan(0);
      }
      expect(await next.isDisabled()).toBe(true);
    });
  });
});
