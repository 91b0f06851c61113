import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generator } from '@openhanami/datasets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hanamictl as run, UUID } from './hanamictl.ts';
import { ServerProcess } from './server-process.ts';

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  server = await ServerProcess.start();
  folder = mkdtempSync(join(tmpdir(), 'hanami-learn-'));
  writeFileSync(join(folder, 'people.csv'), people(2000, 1));
  writeFileSync(join(folder, 'new.csv'), people(50, 2));
  writeFileSync(join(folder, 'prices.csv'), prices(1500, 3));
});
afterAll(async () => {
  await server.remove();
  rmSync(folder, { recursive: true, force: true });
});

/** Text, gaps, a code with zeros before it, names: whether somebody buys follows from town and age. */
function people(count: number, seed: number): string {
  const random = generator(seed);
  const lines = Array.from({ length: count }, (_, i) => {
    const town = ['Berlin', 'Köln', '"Rom, Lazio"'][Math.floor(random() * 3)];
    const age = Math.floor(20 + random() * 60);
    const buys = (town === 'Köln') !== age > 50 ? random() < 0.95 : random() < 0.05;
    return `${i},person ${i},${town},${random() < 0.1 ? 'NA' : age},0${Math.floor(random() * 9)},${buys ? 'yes' : 'no'}`;
  });
  return `id,name,town,age,zip,buys\n${lines.join('\n')}\n`;
}

/** Semicolons and decimal commas. */
function prices(count: number, seed: number): string {
  const random = generator(seed);
  const lines = Array.from({ length: count }, () => {
    const [size, garden] = [20 + random() * 100, random() < 0.5];
    return `${size.toFixed(1).replace('.', ',')};${garden ? 'ja' : 'nein'};${(3 * size + (garden ? 80 : 0) + random()).toFixed(2).replace('.', ',')}`;
  });
  return `größe;garten;preis in Euro\n${lines.join('\n')}\n`;
}

const hanamictl = (...args: string[]) => run(server, args);
const path = (name: string): string => join(folder, name);

describe('hanamictl learn', () => {
  let uuid = '';

  it('goes from a file to a trained, judged and explained network', async () => {
    const { code, out, err } = await hanamictl('learn', path('people.csv'), '--target', 'buys', '--skip', 'id');
    expect([code, err.replace(/^(upload|learn): .*\n/gm, '')]).toEqual([0, '']);
    const lines = out.split('\n');
    expect(lines[0]).toMatch(/^people\.csv: 2000 rows; 6 columns: 1 number, 3 categories, 2 left out \(id, name\); missing: age \d+$/);
    expect(lines[1]).toMatch(/^trained on 1600 rows \(\d+ passes\), judged on 400 that it never saw$/);
    const [, accuracy = ''] =
      /^buys: accuracy ([\d.]+) %, log loss 0\.\d+; always the most frequent answer: [\d.]+ %$/.exec(lines[2] ?? '') ?? [];
    expect(Number(accuracy)).toBeGreaterThan(86);
    expect(out).toMatch(/what mattered: (age|town) \d+ %, (age|town) \d+ %/);
    uuid = UUID.exec(out)?.[0] ?? '';
    expect(out).toContain(`ask it: hanamictl predict ${uuid} <file>`);
  });

  it('is asked by predict, which keeps the rows as they were', async () => {
    const { code, out } = await hanamictl('predict', uuid, path('new.csv'), '-o', path('answers.csv'));
    expect([code, out]).toEqual([0, `50 rows written to ${path('answers.csv')}\n`]);
    const [header, first = ''] = readFileSync(path('answers.csv'), 'utf8').split('\n');
    expect(header).toBe('id,name,town,age,zip,buys,buys_answer,buys_answer_probability');
    expect(first).toMatch(/^0,person 0,.*,0\d,(yes|no),(yes|no),0?\.\d+$/);
    expect((await hanamictl('predict', uuid, path('new.csv'), '-o', path('answers.csv'))).err).toContain('--force overwrites it');
    const all = await hanamictl('predict', uuid, path('new.csv'), '--all');
    expect(all.out.split('\n')[0]).toContain('buys_answer_yes');
    expect(all.err).toContain("'id' is none of the cluster's fields");
  });

  it('is taught further rows, and explained', async () => {
    const taught = await hanamictl('teach', uuid, path('people.csv'), '--skip', 'id');
    expect(taught.out).toMatch(/2000 rows learnt\nbuys: accuracy before they were learnt [\d.]+ %, log loss/);
    const piped = await run(server, ['teach', uuid, '-', '--skip', 'id'], {}, people(100, 9));
    expect([piped.code, piped.out]).toEqual([0, expect.stringContaining('100 rows learnt')]);
    const { out } = await hanamictl('explain', uuid, path('new.csv'), '--row', '2', '--skip', 'id');
    expect(out).toMatch(/\| (town|age) +\| \d\d\.\d % \|/);
    expect(out).toMatch(/buys, probability of '(yes|no)': /);
    const json = JSON.parse((await hanamictl('explain', uuid, path('new.csv'), '-j')).out);
    expect(json.importance.reduce((sum: number, { share }: { share: number }) => sum + share, 0)).toBeCloseTo(1, 6);
  });

  it('learns numbers from a table of another country; the second cluster of a file gets a number', async () => {
    const { out } = await hanamictl('learn', path('prices.csv'), '--target', 'preis in Euro');
    expect(out).toContain('prices.csv: 1500 rows; 3 columns: 2 numbers, 1 category\n');
    const [, r2 = ''] = /^preis in Euro: R² ([\d.]+), mean absolute error/m.exec(out) ?? [];
    expect(Number(r2)).toBeGreaterThan(0.99);
    const again = await hanamictl('learn', path('prices.csv'), '--target', 'preis in Euro', '--in-order', '--passes', '1', '-j');
    expect(JSON.parse(again.out)).toMatchObject({
      name: 'prices 2',
      passes: 1,
      trained: 1200,
      judged: [{ target: 'preis in Euro', rows: 300 }],
    });
  });

  it('keeps targets and columns apart whose names come to the same, and leaves nothing behind where there is nothing to learn from', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => `${i % 10},${(i * 7) % 10},${-2 * (i % 10)},${i % 10}`);
    writeFileSync(path('odd.csv'), `x,y_1,y 1,y-1\n${lines.join('\n')}\n`);
    const { code, out } = await hanamictl('learn', path('odd.csv'), '--target', 'y 1,y-1', '-n', 'odd names', '-j');
    expect([code, JSON.parse(out).judged.map(({ target }: { target: string }) => target)]).toEqual([0, ['y 1', 'y-1']]);
    const answers = await hanamictl('predict', 'odd names', path('odd.csv'));
    expect(answers.out.split('\n')[0]).toBe('x,y_1,y 1,y-1,y_1_2,y-1_answer');
    expect(answers.out.split('\n')[2]).toMatch(/^1,7,-2,1,-\d/);
    const taught = await hanamictl('teach', 'odd names', path('odd.csv'));
    expect([taught.code, taught.out]).toEqual([0, expect.stringContaining('60 rows learnt')]);
    writeFileSync(path('only.csv'), 'y\n1\n2\n3\n');
    expect((await hanamictl('learn', path('only.csv'), '--target', 'y')).err).toContain('has no column to learn y from');
    expect((await hanamictl('cluster', 'list')).out).not.toContain('only');
  });

  it.each([
    ['a target that there is not', ['--target', 'sold'], "has no column 'sold'; it has 'id', 'name'"],
    ['a kind that there is not', ['--target', 'buys', '--kind', 'age=colour'], '--kind is <column>=number, flag, category, time or text'],
    ['a share that is none', ['--target', 'buys', '--holdout', '2'], '--holdout is a share from 0 to 0.9'],
  ])('refuses %s', async (_, options, message) => {
    const { code, err } = await hanamictl('learn', path('people.csv'), ...options);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });
});
