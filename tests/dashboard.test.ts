// The web application in a real browser, with a real server: from a dropped file to an answer, and what may go wrong on the way.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { generator } from '@openhanami/datasets';
import { type Client, client, dataset, table, toBase64 } from '@openhanami/sdk';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digitFiles, newCluster, uploadDigits } from './digits.ts';
import { freePort } from './ports.ts';
import { ADMIN, ServerProcess } from './server-process.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((path) => existsSync(path));
if (!CHROMIUM && process.env['CI']) throw new Error('CI needs chromium');

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const ASSETS = join(import.meta.dirname, '../packages/server/dashboard/assets');
/** Milliseconds after which what was to be seen is not there. */
const PATIENCE = 60_000;
const SCREENS = ['/', '/data', '/clusters', '/results', '/admin'];

/** Passengers of a ship: with text, gaps, and a name that says nothing. */
function passengers(count: number, seed = 1): string {
  const random = generator(seed);
  const lines = Array.from({ length: count }, (_, i) => {
    const sex = random() < 0.5 ? 'female' : 'male';
    const level = 1 + Math.floor(random() * 3);
    const age = random() < 0.15 ? '' : String(Math.round(random() * 80));
    const saved = random() < (sex === 'female' ? 0.95 : 0.1) - 0.05 * level;
    return `"Doe, ${i} of ${seed}",${sex},${level},${age},${(random() * 90).toFixed(2)},${saved ? 'yes' : 'no'}`;
  });
  return `name,sex,level,age,fare,survived\n${lines.join('\n')}\n`;
}

describe.skipIf(!CHROMIUM)('the dashboard', () => {
  let server: ServerProcess;
  let browser: Browser;
  let api: Client;
  let token: string;
  /** A trained cluster, and what it learnt. */
  let trained: { cluster: string; dataset: string };

  beforeAll(async () => {
    server = await ServerProcess.start({ HANAMI_HTTP_PORT: String(await freePort()), HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
    browser = await chromium.launch({ executablePath: CHROMIUM as string, args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
    token = await server.logIn();
    api = client({ address: server.address, token });
    const uuid = await dataset.uploadTable(token, server.address, 'passengers before', new Blob([passengers(1000)]));
    const { cluster } = await table.learnDataset(token, server.address, uuid, { target: 'survived', passes: 2 });
    trained = { cluster: cluster.uuid, dataset: uuid };
  });
  afterAll(async () => {
    await browser.close();
    await server.remove();
  });

  /** Runs `work` on a page of somebody who is logged in; nothing may come to the console but what `allowed` says. */
  async function visit(
    place: string,
    work: (page: Page) => Promise<void>,
    { user = ADMIN as { id: string; passphrase: string }, colorScheme = 'light' as 'light' | 'dark', width = 1280, allowed = /^$/ } = {},
  ): Promise<void> {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, reducedMotion: 'reduce' });
    const faults: string[] = [];
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(PATIENCE);
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()) && !allowed.test(message.text())) faults.push(message.text());
      });
      page.on('request', (request) => {
        if (!request.url().startsWith(server.address) && !/^(data|blob):/.test(request.url())) faults.push(`a request to ${request.url()}`);
      });
      await page.goto(`${server.address}/#${place}`);
      await page.getByLabel('User id').fill(user.id);
      await page.locator('input[name=passphrase]').fill(user.passphrase);
      await page.getByLabel('Stay logged in').check();
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('heading', { level: 1 }).first().waitFor();
      await work(page);
    } finally {
      await context.close();
    }
    expect(faults).toEqual([]);
  }

  /** Drops files where files are dropped. */
  async function drop(page: Page, files: readonly { name: string; bytes: Uint8Array }[]): Promise<void> {
    const transfer = await page.evaluateHandle(
      (given) => {
        const data = new DataTransfer();
        for (const { name, base64 } of given) data.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
        return data;
      },
      files.map(({ name, bytes }) => ({ name, base64: Buffer.from(bytes).toString('base64') })),
    );
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: transfer });
  }

  it('asks for at most 250 kB of scripts until the first page is there, packed', async () => {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const scripts = new Set<string>();
      const plain: string[] = [];
      page.on('response', (response) => {
        if (!response.url().endsWith('.js')) return;
        scripts.add(basename(new URL(response.url()).pathname));
        if (response.headers()['content-encoding'] !== 'gzip') plain.push(response.url());
      });
      await page.goto(server.address);
      await page.getByLabel('User id').fill(ADMIN.id);
      await page.locator('input[name=passphrase]').fill(ADMIN.passphrase);
      await page.getByRole('button', { name: 'Log in' }).click();
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
      const canvas = page.getByLabel('Draw a digit');
      await canvas.scrollIntoViewIfNeeded();
      const box = await canvas.boundingBox();
      if (!box) throw new Error('there is no canvas');
      await page.mouse.move(box.x + 140, box.y + 40);
      await page.mouse.down();
      await page.mouse.move(box.x + 140, box.y + 240, { steps: 10 });
      await page.mouse.up();
      await expect.poll(() => page.getByTestId('digit').textContent()).toBe('1');
    }));

  it('finds nothing that keeps anybody out, on any screen, in light and in dark', async () => {
    const places = [...SCREENS, `/data/${trained.dataset}`, `/clusters/${trained.cluster}`];
    for (const colorScheme of ['light', 'dark'] as const) {
      await visit(
        '/',
        async (page) => {
          for (const place of places) {
            await page.goto(`${server.address}/#${place}`);
            await page.getByRole('heading', { level: 1 }).first().waitFor();
            await page.waitForLoadState('networkidle').catch(() => {});
            await page.evaluate(AXE);
            const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as {
              id: string;
              nodes: { html: string; failureSummary: string }[];
            }[];
            const said = found.flatMap(({ id, nodes }) =>
              nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
            );
            expect(said, `${place} in ${colorScheme}`).toEqual([]);
          }
        },
        { colorScheme },
      );
    }
  });

  it.each([360, 768, 1280, 2560])('fits a screen of %i pixels', (width) =>
    visit(
      '/',
      async (page) => {
        for (const place of [...SCREENS, `/data/${trained.dataset}`, `/clusters/${trained.cluster}`]) {
          await page.goto(`${server.address}/#${place}`);
          await page.getByRole('heading', { level: 1 }).first().waitFor();
          await page.waitForLoadState('networkidle').catch(() => {});
          const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
          expect(over, place).toBeLessThanOrEqual(0);
        }
      },
      { width },
    ),
  );

  it('shows each only what the role may see', async () => {
    await api.createProject({ id: 'some_project', name: 'some project' });
    const member = { id: 'member', passphrase: 'a passphrase to look for' };
    await api.createUser({ id: member.id, name: 'a member', passphrase: toBase64(member.passphrase) });
    await api.addProjectToUser({ id: member.id, project_id: 'some_project', role: 'member' });
    await visit(
      '/admin',
      async (page) => {
        await page.getByRole('tab', { name: 'Audit log' }).waitFor();
        for (const tab of ['Users', 'Projects', 'Error log']) expect(await page.getByRole('tab', { name: tab }).count(), tab).toBe(0);
        await page.goto(`${server.address}/#/data/${trained.dataset}`);
        await page.getByRole('alert').getByText('there is no data set').waitFor();
        await page.goto(`${server.address}/#/data`);
        await page.getByText('No data set yet').waitFor();
      },
      { user: member, allowed: /404/ },
    );
  });

  it('goes on when the server was restarted in the middle of a training', async () => {
    const rows = await dataset.uploadTable(token, server.address, 'many passengers', new Blob([passengers(6000, 3)]));
    await visit(
      `/data/${rows}`,
      async (page) => {
        await page.getByRole('button', { name: 'Settings' }).click();
        await page.getByRole('combobox', { name: 'Passes over the rows' }).click();
        await page.getByRole('option', { name: '10', exact: true }).click();
        await page.getByRole('button', { name: 'Learn', exact: true }).click();
        await page.getByText(/rows\/s/).waitFor();
        await server.stop();
        await page.getByText('The server cannot be reached').waitFor();
        await server.restart();
        await page.getByText('The server cannot be reached').waitFor({ state: 'hidden' });
        await page.getByText(/Judged on 1,200 rows/).waitFor();
      },
      { allowed: /ERR_|Failed to (load|fetch)|50\d/ },
    );
  });

  it('leads back to the same place after the login has ended, in each tab of its own', () =>
    visit(
      `/clusters/${trained.cluster}`,
      async (page) => {
        const other = await page.context().newPage();
        await other.goto(`${server.address}/#/data`);
        // Another tab knows nothing of this one's login.
        await other.getByLabel('User id').waitFor();
        const { body } = await api.listSessions({ limit: 1, order: 'newest' });
        await api.endSession({ uuid: String(body[0]?.[1]) });
        await page.getByText('The login has ended').waitFor();
        await page.getByLabel('User id').fill(ADMIN.id);
        await page.locator('input[name=passphrase]').fill(ADMIN.passphrase);
        await page.getByRole('button', { name: 'Log in' }).click();
        await page.getByTestId('score').waitFor();
        expect(page.url()).toContain(`/clusters/${trained.cluster}`);
      },
      { allowed: /401/ },
    ));

  it('renews a login before it ends, and keeps it when the page is loaded anew', async () => {
    const short = await ServerProcess.start({ HANAMI_AUTH_TOKEN_EXPIRE_TIME: '4' });
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      await page.goto(`${short.address}/#/admin`);
      await page.getByLabel('User id').fill(ADMIN.id);
      await page.locator('input[name=passphrase]').fill(ADMIN.passphrase);
      await page.getByLabel('Stay logged in').check();
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('heading', { name: 'Administration' }).waitFor();
      await page.waitForTimeout(9000);
      await page.reload();
      await page.getByRole('heading', { name: 'Administration' }).waitFor();
      await page.getByRole('tab', { name: 'Users' }).click();
      await page.getByRole('cell', { name: ADMIN.id, exact: true }).waitFor();
    } finally {
      await context.close();
      await short.remove();
    }
  });

  it('takes up an upload that was broken off', async () => {
    const text = passengers(40_000, 5);
    await visit(
      '/data',
      async (page) => {
        let pieces = 0;
        await page.routeWebSocket(/./, (socket) => {
          const to = socket.connectToServer();
          socket.onMessage((message) => {
            // The first connection breaks after some pieces.
            if (++pieces === 4) void socket.close().then(() => to.close());
            else to.send(message);
          });
        });
        await drop(page, [{ name: 'broken.csv', bytes: Buffer.from(text) }]);
        await page.getByRole('heading', { name: 'broken', exact: true }).waitFor();
        await page.getByText('40,000 rows').waitFor();
        expect(pieces).toBeGreaterThan(4);
      },
      { allowed: /WebSocket/ },
    );
  });

  it('stops an upload, of which nothing is left', () =>
    visit('/data', async (page) => {
      let held = true;
      const answers: (() => void)[] = [];
      await page.routeWebSocket(/./, (socket) => {
        const to = socket.connectToServer();
        // Answers to pieces are held back, so that it does not end before it is stopped.
        to.onMessage((message) => {
          if (typeof message === 'string' || !held) socket.send(message);
          else answers.push(() => socket.send(message));
        });
      });
      const text = passengers(150_000, 7);
      await drop(page, [{ name: 'stopped.csv', bytes: Buffer.from(text) }]);
      await page.getByRole('button', { name: 'Stop the upload stopped.csv' }).click();
      held = false;
      for (const answer of answers) answer();
      await page.getByText('Uploading stopped.csv').waitFor({ state: 'hidden' });
      await expect.poll(async () => (await api.listUploads({})).uploads.filter(({ name }) => name === 'stopped').length).toBe(0);
      await expect(page.getByRole('alert').count()).resolves.toBe(0);
    }));

  it('shows names and values as they are, whatever they look like', async () => {
    const evil = '<img src=x onerror=alert(1)>';
    const long = `"${'long name '.repeat(25)}"`;
    const text = `${evil},${long},y\n${Array.from({ length: 60 }, (_, i) => `<b>${i % 3}</b>,${i},${i % 2 ? evil : 'no'}`).join('\n')}\n`;
    const uuid = await dataset.uploadTable(token, server.address, 'x'.repeat(254), new Blob([text]));
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

  it('answers a whole file, and saves it with its answers', () =>
    visit(`/clusters/${trained.cluster}`, async (page) => {
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

  it('draws the numbers of a series over its time', async () => {
    const lines = Array.from(
      { length: 3000 },
      (_, i) => `${new Date(Date.UTC(2026, 0, 1, i)).toISOString()},${Math.sin(i / 24).toFixed(3)}`,
    );
    const uuid = await dataset.uploadTable(token, server.address, 'a series', new Blob([`when,load\n${lines.join('\n')}\n`]));
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
    await api.createProject({ id: 'limited_project', name: 'limited project' });
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
    });
  });

  it('saves and restores a checkpoint, and asks before it deletes', async () => {
    const uuid = await newCluster(token, server.address, 'kept cluster');
    await visit(`/clusters/${uuid}`, async (page) => {
      await page.getByRole('button', { name: 'Save checkpoint' }).click();
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('button', { name: 'Restore kept cluster' }).click();
      await page.getByRole('button', { name: 'Delete kept cluster' }).first().click();
      await page.getByRole('dialog').getByText('go with it').waitFor();
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await page.getByRole('heading', { name: 'Clusters' }).waitFor();
    });
    await expect(api.getCluster({ uuid })).rejects.toThrow('no cluster');
  });

  it('pages and filters long lists, and scrolls through a million rows', async () => {
    const many = `a;b\n${Array.from({ length: 1_000_000 }, (_, i) => `${i};${i % 7}`).join('\n')}\n`;
    const uuid = await dataset.uploadTable(token, server.address, 'a million rows', new Blob([many]));
    for (let i = 0; i < 30; i++) await newCluster(token, server.address, `one of many ${String.fromCharCode(97 + (i % 26))}${i}`);
    await visit('/clusters', async (page) => {
      await page.getByText(/1–25 of \d\d/).waitFor();
      await page.getByRole('button', { name: 'Next page' }).click();
      await page.getByText(/26–/).waitFor();
      await page.getByRole('textbox', { name: 'Search by name' }).fill('many c2');
      await expect.poll(() => page.getByRole('row').count()).toBe(3);
      await page.goto(`${server.address}/#/data/${uuid}`);
      const rows = page.getByRole('table', { name: 'Rows' });
      await rows.getByRole('cell', { name: '1', exact: true }).first().waitFor();
      await rows.evaluate((element) => {
        element.scrollTop = element.scrollHeight;
      });
      await rows.getByRole('cell', { name: '999,999', exact: true }).first().waitFor();
    });
  });

  it('shows where answers that are numbers are wrong', async () => {
    const random = generator(9);
    const lines = Array.from({ length: 600 }, () => {
      const [a, b] = [random() * 10, random() * 10];
      return `${a.toFixed(3)};${b.toFixed(3)};${(a * 2 + b).toFixed(3)}`;
    });
    const uuid = await dataset.uploadTable(token, server.address, 'numbers to be compared', new Blob([`a;b;sum\n${lines.join('\n')}\n`]));
    const { cluster } = await table.learnDataset(token, server.address, uuid, { target: 'sum', passes: 2 });
    const { uuid: task } = await api.createRequestTask({
      name: 'sums that were answered',
      cluster_uuid: cluster.uuid,
      inputs: [{ dataset_uuid: uuid, dataset_columns: ['a', 'b'], hexagon_name: 'features' }],
      results: [{ dataset_column: 'sum', hexagon_name: 'sum' }],
    });
    await expect.poll(async () => (await api.getTask({ uuid: task })).state).toBe('finished');
    await visit('/results', async (page) => {
      for (const [label, name] of [
        ['Result', 'sums that were answered'],
        ['What is true', 'numbers to be compared'],
      ] as const) {
        await page.getByRole('combobox', { name: label, exact: true }).fill(name);
        await page.getByRole('option', { name: new RegExp(name) }).click();
      }
      await page.getByRole('button', { name: 'Compare' }).click();
      await page.getByText(/R² (0\.9|1\.0)/).waitFor();
      await page.getByRole('img', { name: 'sum: answers over what is true' }).waitFor();
      await page.getByRole('img', { name: 'sum: errors over answers' }).waitFor();
      await page.getByRole('heading', { name: 'Answered worst' }).waitFor();
    });
  });

  it('compares a result with what is true', async () => {
    const digits = await uploadDigits(token, server.address, 'digits to be compared', 1000);
    const { cluster } = await table.learnDataset(token, server.address, digits, { target: 'label', passes: 2 });
    const { uuid } = await api.createRequestTask({
      name: 'compared result',
      cluster_uuid: cluster.uuid,
      inputs: [{ dataset_uuid: digits, dataset_column: 'picture', hexagon_name: 'features' }],
      results: [{ dataset_column: 'label', hexagon_name: 'label' }],
    });
    await expect.poll(async () => (await api.getTask({ uuid })).state).toBe('finished');
    await visit('/results', async (page) => {
      for (const [label, name] of [
        ['Result', 'compared result'],
        ['What is true', 'digits to be compared'],
      ] as const) {
        await page.getByRole('combobox', { name: label, exact: true }).fill(name);
        await page.getByRole('option', { name: new RegExp(name) }).click();
      }
      await page.getByRole('button', { name: 'Compare' }).click();
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
