// That everybody can use the pages: on a screen of any size, by keys, whatever names look like, however much there is.
import { statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { dataset, toBase64 } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { CHROMIUM, logIn } from '../chromium.ts';
import { newCluster } from '../digits.ts';
import { hanamictl } from '../hanamictl.ts';
import { open, SCREENS, usePlace } from './place.ts';

const ASSETS = join(import.meta.dirname, '../../packages/server/dashboard/assets');
const { place, visit } = usePlace();

describe.skipIf(!CHROMIUM)('the dashboard', () => {
  it('asks for at most 250 kB of scripts until the first page is there, packed', async () => {
    const context = await place.browser.newContext();
    try {
      const page = await context.newPage();
      const scripts = new Set<string>();
      const plain: string[] = [];
      page.on('response', (response) => {
        if (!response.url().endsWith('.js')) return;
        scripts.add(basename(new URL(response.url()).pathname));
        if (response.headers()['content-encoding'] !== 'gzip') plain.push(response.url());
      });
      await page.goto(place.server.address);
      await logIn(page);
      await page.getByRole('heading', { name: 'Last tasks' }).waitFor();
      await page.waitForLoadState('networkidle').catch(() => {});
      expect(plain).toEqual([]);
      const bytes = [...scripts].reduce((sum, name) => sum + statSync(join(ASSETS, `${name}.gz`)).size, 0);
      expect(bytes).toBeGreaterThan(100_000);
      expect(bytes).toBeLessThan(250_000);
    } finally {
      await context.close();
    }
  });

  it('tells on each screen how programs do the same, with commands that there are', async () => {
    const commands = new Set<string>();
    await visit('/', async (page) => {
      const see = async (what: string): Promise<void> => {
        const code = page.getByRole('region', { name: 'As code' });
        await code.waitFor();
        for (const language of ['TypeScript', 'Python', 'hanamictl']) {
          await code.getByText(language, { exact: true }).last().click();
          expect(await code.locator('.mantine-Code-root').textContent(), what).not.toBe('');
        }
        commands.add(
          /^hanamictl ([a-z]+( [a-z]+(?= |$))?)/.exec((await code.locator('.mantine-Code-root').textContent()) ?? '')?.[1] ?? what,
        );
      };
      for (const screen of [...SCREENS, `/data/${place.trained.dataset}`, `/clusters/${place.trained.cluster}`]) {
        await open(page, `${place.server.address}/#${screen}`);
        await see(screen);
      }
      await open(page, `${place.server.address}/#/admin`);
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click();
        await see(String(await tab.textContent()));
      }
    });
    expect(commands.size).toBeGreaterThan(12);
    for (const command of commands) {
      const [group = '', name = ''] = command.split(' ');
      const { code, out } = await hanamictl(place.server, [group, '--help']);
      expect([code, out.includes(name)], command).toEqual([0, true]);
    }
  });

  it.each([360, 768, 1280, 2560])('fits a screen of %i pixels', (width) =>
    visit(
      '/',
      async (page) => {
        for (const screen of [...SCREENS, `/data/${place.trained.dataset}`, `/clusters/${place.trained.cluster}`]) {
          await open(page, `${place.server.address}/#${screen}`);
          const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
          expect(over, screen).toBeLessThanOrEqual(0);
        }
      },
      { width },
    ),
  );

  it('shows each only what the role may see', async () => {
    await place.api.createProject({ id: 'some_project', name: 'some project' });
    const member = { id: 'member', passphrase: 'a passphrase to look for' };
    await place.api.createUser({ id: member.id, name: 'a member', passphrase: toBase64(member.passphrase) });
    await place.api.addProjectToUser({ id: member.id, project_id: 'some_project', role: 'member' });
    await visit(
      '/admin',
      async (page) => {
        await page.getByRole('tab', { name: 'Audit log' }).waitFor();
        for (const tab of ['Users', 'Projects', 'Error log']) expect(await page.getByRole('tab', { name: tab }).count(), tab).toBe(0);
        await page.goto(`${place.server.address}/#/data/${place.trained.dataset}`);
        await page.getByRole('alert').getByText('there is no data set').waitFor();
        await page.goto(`${place.server.address}/#/data`);
        await page.getByText('No data set yet').waitFor();
      },
      { user: member, allowed: /404/ },
    );
  });

  it('shows names and values as they are, whatever they look like', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const long = `"${'long name '.repeat(25)}"`;
    const text = `${evil},${long},y\n${Array.from({ length: 60 }, (_, i) => `<b>${i % 3}</b>,${i},${i % 2 ? evil : 'no'}`).join('\n')}\n`;
    const uuid = await dataset.uploadTable(place.token, place.server.address, 'x'.repeat(254), new Blob([text]));
    await visit(
      `/data/${uuid}`,
      async (page) => {
        await page.getByRole('article', { name: evil }).waitFor();
        await page.getByRole('cell', { name: '<b>1</b>' }).first().waitFor();
        await page.getByRole('button', { name: 'Learn', exact: true }).click();
        await page.getByText(/Judged on/).waitFor();
        expect(await page.locator('main img').count()).toBe(0);
        expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBeLessThanOrEqual(0);
      },
      { width: 768 },
    );
  });

  it('is used by keys alone: places, a template, a question', () =>
    visit('/', async (page) => {
      const press = async (key: string, times = 1): Promise<void> => {
        for (let i = 0; i < times; i++) await page.keyboard.press(key);
      };
      await page.getByRole('link', { name: 'Clusters' }).focus();
      await press('Enter');
      await page.getByRole('button', { name: 'New cluster' }).focus();
      await press('Enter');
      await page.getByRole('textbox', { name: 'Name', exact: true }).pressSequentially('made by keys');
      await page.getByRole('button', { name: /^1,1,1:/ }).focus();
      await press('ArrowRight', 3);
      await press('Enter');
      expect(await page.getByRole('textbox', { name: 'Template' }).inputValue()).toContain('4,1,1');
      // A template that cannot be used says where.
      await page.getByRole('textbox', { name: 'Template' }).focus();
      await press('Control+End');
      await page.keyboard.type('outputs:\n    far: 9,9,1\n');
      await page
        .getByRole('alert')
        .getByText(/template line \d+/)
        .waitFor();
      await press('Backspace', 24);
      await page.getByText('The template can be used.').waitFor();
      await page.getByRole('button', { name: 'Create', exact: true }).focus();
      await press('Enter');
      await page.getByRole('heading', { name: 'made by keys' }).waitFor();
    }));

  it('pages and filters long lists, and scrolls through a million rows', async () => {
    const many = `a;b\n${Array.from({ length: 1_000_000 }, (_, i) => `${i};${i % 7}`).join('\n')}\n`;
    const uuid = await dataset.uploadTable(place.token, place.server.address, 'a million rows', new Blob([many]));
    for (let i = 0; i < 30; i++)
      await newCluster(place.token, place.server.address, `one of many ${String.fromCharCode(97 + (i % 26))}${i}`);
    await visit('/clusters', async (page) => {
      await page.getByText(/1–25 of \d\d/).waitFor();
      await page.getByRole('button', { name: 'Next page' }).click();
      await page.getByText(/26–/).waitFor();
      await page.getByRole('textbox', { name: 'Search by name' }).fill('many c2');
      await expect.poll(() => page.getByRole('row').count()).toBe(3);
      await page.goto(`${place.server.address}/#/data/${uuid}`);
      const rows = page.getByRole('table', { name: 'Rows' });
      await rows.getByRole('cell', { name: '1', exact: true }).first().waitFor();
      // A long download tells how much has come, and can be stopped.
      let downloads = 0;
      page.on('download', () => downloads++);
      await page.getByRole('button', { name: 'Download', exact: true }).click();
      await page.getByText(/^[\d.]+ [kM]B$/).waitFor();
      await page.getByRole('button', { name: 'Stop the download' }).click();
      await page.getByRole('button', { name: 'Download', exact: true }).waitFor();
      expect(downloads).toBe(0);
      await rows.evaluate((element) => {
        element.scrollTop = element.scrollHeight;
      });
      await rows.getByRole('cell', { name: '999,999', exact: true }).first().waitFor();
    });
  });
});
