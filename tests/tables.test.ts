// Tables as people have them, from the file to answers: data sets with kinds, and tasks that name columns.
import { drawDigits, generator } from '@openhanami/datasets';
import { connect, table } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { ADMIN } from './server-process.ts';
import { rentals, useTableServer } from './table-server.ts';

const place = useTableServer();
const { upload, made, ended } = place;

describe('a data set with kinds', () => {
  it('tells what its columns are, keeps numbers as they are, and can be changed later', async () => {
    const uuid = await upload(rentals(500, 1));
    const { columns = [], notices } = await place.api.getDataset({ uuid });
    expect(columns.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'when time',
      'warm number',
      'sky category',
      'note text',
      'hired number',
      'state category',
    ]);
    expect(notices).toEqual([]);
    const [when, warm, sky, note] = columns;
    expect(when).toMatchObject({ missing: 0, min: expect.any(Number) });
    expect(warm?.missing).toBeGreaterThan(20);
    expect(sky).toMatchObject({
      distinct: 3,
      most_frequent: [[expect.any(String), expect.any(Number)], expect.anything(), expect.anything()],
    });
    expect(note).toMatchObject({ distinct: 500, skip: false });
    const { rows, names } = await place.api.getDatasetRows({ uuid, number_of_rows: 2 });
    expect(names).toEqual(['when', 'warm', 'sky', 'note', 'hired', 'state']);
    expect(rows[1]?.[3]).toBe('note 1, of 1');
    expect(rows[0]?.[0]).toMatch(/^2026-\d\d-\d\dT\d\d:00:00Z$/);
    // Old clients see numbers only: a missing one is 0, as documented.
    const { data } = await place.api.getDatasetContent({ uuid, column_name: 'warm', number_of_rows: 500 });
    expect(data.filter(([value]) => value === 0).length).toBeGreaterThan(20);
    const changed = await place.api.setDatasetKinds({ uuid, kinds: { hired: 'category' }, skip: ['sky'] });
    expect(changed.columns?.map(({ kind, skip }) => `${kind}${skip ? ' skipped' : ''}`)).toEqual([
      'time',
      'number',
      'category skipped',
      'text',
      'category',
      'category',
    ]);
    await expect(place.api.setDatasetKinds({ uuid, kinds: { sky: 'number' } })).rejects.toThrowError(
      /'(sun|cloud|rain)' is no number; --missing/,
    );
    const text = await (
      await fetch(`${place.address}/v1.0alpha/dataset/download?uuid=${uuid}`, { headers: { 'X-Auth-Token': place.token } })
    ).text();
    expect(text.split('\n')).toHaveLength(502);
    expect(text).toContain(',"note 1, of 1",');
  });

  it('is downloaded with texts that no spreadsheet takes for formulas, from any byte on', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => `${['=1+1', '-5', '@x', 'plain'][i % 4]},${i},=note ${i}`);
    const uuid = await upload(`c,n,t\n${rows.join('\n')}\n`, { kinds: { c: 'category' } });
    const get = async (more: string, range?: string): Promise<string> =>
      (
        await fetch(`${place.address}/v1.0alpha/dataset/download?uuid=${uuid}${more}`, {
          headers: { 'X-Auth-Token': place.token, ...(range ? { Range: `bytes=${range}` } : {}) },
        })
      ).text();
    const guarded = await get('');
    expect(guarded.split('\n').slice(1, 4)).toEqual(["'=1+1,0,'=note 0", "-5,1,'=note 1", "'@x,2,'=note 2"]);
    const plain = await get('&escape_formulae=false');
    expect(plain).toBe(`c,n,t\n${rows.join('\n')}\n`);
    expect(await get('', '40000-40100')).toBe(guarded.slice(40_000, 40_101));
    expect(await get('&escape_formulae=false', '40000-')).toBe(plain.slice(40_000));
  });

  it('takes what the caller knows of it', async () => {
    const uuid = await upload('5,1/2/2026,-9999,02139\n6,3/4/2026,7,02140\n', {
      header: false,
      dates: 'dmy',
      missing: ['-9999'],
      kinds: { column_4: 'number' },
      skip: ['column_1'],
    });
    const { rows } = await place.api.getDatasetRows({ uuid });
    expect(rows).toEqual([
      [5, '2026-02-01', null, 2139],
      [6, '2026-04-03', 7, 2140],
    ]);
    await expect(upload('a,b\n1,2\n', { kinds: { c: 'number' } })).rejects.toThrowError("there is no column 'c'; there are 'a', 'b'");
  });
});

describe('a table in one call', () => {
  it('is learnt from rows and from files, by an object that answers, learns and explains', async () => {
    const hanami = await connect({ address: place.address, user: ADMIN.id, passphrase: ADMIN.passphrase });
    const random = generator(7);
    const rows = Array.from({ length: 1200 }, () => {
      const [size, town] = [Math.round(random() * 100), ['Rom', 'Oslo'][Math.floor(random() * 2)] as string];
      return { size, town, price: 3 * size + (town === 'Oslo' ? 50 : 0), large: size > 50 };
    });
    const model = await hanami.learn(rows, { target: ['price', 'large'], name: 'prices' });
    expect(model.judged['price']?.r2).toBeGreaterThan(0.95);
    expect(model.judged['large']?.accuracy).toBeGreaterThan(0.95);
    expect(model.importance.map(({ field }) => field)).toEqual(['size', 'town']);
    const [answer] = await model.predict([{ size: 80, town: 'Rom' }]);
    expect(answer?.['price']?.value).toBeGreaterThan(200);
    expect(answer?.['large']?.value).toBe('true');
    const file = await model.predictFile(new Blob(['town;size\nOslo;10\nRom;90\n']), { all: true });
    expect(file.names.toSorted()).toEqual(['large', 'large_false', 'large_probability', 'large_true', 'price']);
    expect(file.rows.map(([, large]) => large)).toEqual(['false', 'true']);
    expect((await model.teach(rows.slice(0, 50)))['price']?.judged).toBe(50);
    expect((await model.teachFile(new Blob(['size,town,price,large\n5,Rom,15,false\n']))).rows).toBe(1);
    expect((await model.explain(rows.slice(0, 200).map(({ size, town }) => ({ size, town })))).importance[0]?.field).toBe('size');
    expect((await model.curve()).length).toBeGreaterThan(5);
    await expect(hanami.learn(rows, { target: 'colour' })).rejects.toThrowError("the table has no column 'colour'; it has 'size', 'town'");
    // Nothing is left but the cluster.
    expect((await place.api.listDatasets()).body.filter((row) => String(row[5]).startsWith('table 20'))).toEqual([]);
  });

  it('may be wide: a network is made of it though what mattered takes too long to say', async () => {
    const hanami = await connect({ address: place.address, user: ADMIN.id, passphrase: ADMIN.passphrase });
    const random = generator(5);
    const names = Array.from({ length: 2100 }, (_, i) => `x${i}`);
    const lines = Array.from({ length: 60 }, () => {
      const values = names.map(() => Math.round(random() * 9));
      return `${values.join()},${(values[0] as number) > 4 ? 'high' : 'low'}`;
    });
    const model = await hanami.learn(new Blob([`${names.join()},y\n${lines.join('\n')}\n`]), {
      target: 'y',
      name: 'wide table',
      passes: 1,
    });
    expect(model.importance).toEqual([]);
    expect(model.learnt.notices).toEqual([expect.stringContaining('what mattered was not worked out: ')]);
    expect(model.judged['y']?.rows).toBe(12);
  });

  it('may be a series: what comes is answered from what was, in the order of time', async () => {
    const hanami = await connect({ address: place.address, user: ADMIN.id, passphrase: ADMIN.passphrase });
    const random = generator(3);
    const line = (i: number): string =>
      `${new Date(Date.UTC(2026, 0, 1) + i * 3_600_000).toISOString().slice(0, 16)},${(20 + 8 * Math.sin(i / 4) + random()).toFixed(2)}`;
    const series = (from: number, to: number): Blob =>
      new Blob([`hour,load\n${Array.from({ length: to - from }, (_, i) => line(from + i)).join('\n')}\n`]);
    const model = await hanami.learn(series(0, 1500), {
      target: 'load',
      name: 'load ahead',
      forecast: 3,
      window: 12,
      table: { skip: ['hour'] },
    });
    expect(model.learnt.trained).toBe(1486 - 297);
    expect(model.judged['load']).toMatchObject({ rows: 297 });
    expect(model.judged['load']?.r2).toBeGreaterThan(0.95);
    const { names, rows } = await model.predictFile(series(1500, 1520));
    expect([names, rows.length, rows[0], rows[10]]).toEqual([['load_1', 'load_2', 'load_3'], 20, [null, null, null], [null, null, null]]);
    for (const k of [1, 2, 3]) expect(rows[19]?.[k - 1]).toBeCloseTo(20.5 + 8 * Math.sin((1519 + k) / 4), -0.5);
    expect((await model.teachFile(series(1500, 1600))).scores['load']?.rows).toBe(100 - 11 - 3);
    // Rows are put in the order of time; a time that comes twice is of two series.
    const backwards = new Blob([`hour,load\n${Array.from({ length: 60 }, (_, i) => line(59 - i)).join('\n')}\n`]);
    const turned = await hanami.learn(backwards, { target: 'load', forecast: 1, passes: 1 });
    expect(turned.learnt.columns[0]).toMatchObject({ ascending: true, step: 3600, gaps: 0 });
    expect(turned.learnt.notices).toContain("the rows were not in the order of 'hour'; they are now");
    expect((await turned.teachFile(backwards)).scores['load']?.rows).toBe(59);
    await expect(turned.predictFile(backwards)).rejects.toThrowError('each later than the one before; sort the file by it first');
    await expect(table.explainTable(place.token, place.address, turned.uuid, backwards)).rejects.toThrowError(
      'the cluster learnt a series',
    );
    const twice = [5, 3, 3, 1].map(line).join('\n');
    await expect(hanami.learn(new Blob([`hour,load\n${twice}\n`]), { target: 'load', forecast: 1 })).rejects.toThrowError(
      "the rows are not in the order of 'hour', each later than the one before; --sort-by puts them into it",
    );
    const { columns } = await hanami
      .learn(new Blob([`hour,load\n${[...Array(40).keys(), 45, 46].map(line).join('\n')}\n`]), { target: 'load', forecast: 1, passes: 1 })
      .then(({ learnt }) => learnt);
    expect(columns[0]).toMatchObject({ ascending: true, step: 3600, gaps: 1 });
  });

  it('is put in the order of a column that the caller names, with all that stands in its rows', async () => {
    const rows = Array.from({ length: 3000 }, (_, i) => [
      (i * 7919) % 3000,
      `sky ${i % 3}`,
      `note ${i}, of all`,
      i % 11 === 0 ? '' : i / 4,
    ]);
    const text = `rank;sky;note;size\n${rows.map((row) => row.join(';')).join('\n')}\n`;
    const uuid = await upload(text, { sort_by: 'rank' });
    const { columns = [], notices } = await place.api.getDataset({ uuid });
    expect(notices).toEqual(["the rows were not in the order of 'rank'; they are now"]);
    expect(columns.map(({ missing }) => missing)).toEqual([0, 0, 0, 273]);
    const { rows: sorted } = await place.api.getDatasetRows({ uuid, number_of_rows: 3000 });
    const wanted = rows.toSorted(([a], [b]) => Number(a) - Number(b)).map((row) => row.map((cell) => (cell === '' ? null : cell)));
    expect(sorted).toEqual(wanted);
    await expect(upload(text, { sort_by: 'sky' })).rejects.toThrowError("the column 'sky' has neither times nor numbers to sort by");
    await expect(upload(text, { sort_by: 'color' })).rejects.toThrowError("there is no column 'color' to sort by; there are 'rank'");
  });

  it('may hold pictures, a column for each pixel: as good as from IDX', async () => {
    const hanami = await connect({ address: place.address, user: ADMIN.id, passphrase: ADMIN.passphrase });
    const text = (count: number, seed: number): Blob => {
      const { pixels, labels } = drawDigits(count, seed);
      const names = Array.from({ length: 784 }, (_, i) => `pixel${i}`);
      const lines = Array.from(labels, (label, i) => `${label},${pixels.subarray(784 * i, 784 * (i + 1)).join()}`);
      return new Blob([`label,${names.join()}\n${lines.join('\n')}\n`]);
    };
    const model = await hanami.learn(text(2500, 1), { target: 'label', name: 'drawn digits', passes: 2 });
    expect(model.judged['label']?.accuracy).toBeGreaterThan(0.85);
    expect(model.learnt.notices).toContain("784 columns, 'pixel0' to 'pixel783', are one picture of 28 × 28: 'pixel'");
    const { rows } = await model.predictFile(text(200, 2));
    const { labels } = drawDigits(200, 2);
    expect(rows.filter(([label], i) => label === String(labels[i])).length).toBeGreaterThan(170);
  });
});

describe('tasks that name columns', () => {
  it('learn a table, are seen to learn, judge themselves, and answer by name', async () => {
    const uuid = await upload(rentals(3000, 1));
    const cluster_uuid = await made('hired', 'state');
    const trained = await ended(
      place.api.createTrainTask({
        name: 'learn all',
        cluster_uuid,
        inputs: [{ dataset_uuid: uuid, dataset_columns: ['*', '-hired', '-state'], hexagon_name: 'features' }],
        outputs: [
          { dataset_uuid: uuid, dataset_column: 'hired', hexagon_name: 'hired' },
          { dataset_uuid: uuid, dataset_column: 'state', hexagon_name: 'state' },
        ],
        epochs: 'auto',
        shuffle: true,
        seed: 3,
        holdout: 0.2,
      }),
    );
    expect(trained).toMatchObject({ state: 'finished', current_cycle: trained.total_number_of_cycles });
    expect((trained.total_number_of_cycles ?? 0) % 2400).toBe(0);
    expect(trained.epochs).toBe(trained.total_number_of_cycles / 2400);
    const { hired, state } = trained.holdout ?? {};
    expect(hired).toMatchObject({ rows: 600, judged: 600 });
    expect(hired?.r2).toBeGreaterThan(0.9);
    expect(state?.accuracy).toBeGreaterThan(0.9);
    expect(state?.naive_accuracy).toBeLessThan(0.8);
    expect(state?.confusion?.classes).toEqual(['busy', 'quiet']);
    expect(state?.confusion?.counts.flat().reduce((sum, n) => sum + n)).toBe(600);
    const { curve } = await place.api.getTaskCurve({ uuid: trained.uuid });
    expect(curve.length).toBeGreaterThan(20);
    expect(curve.length).toBeLessThanOrEqual(500);
    expect(curve.at(-1)?.row).toBe(trained.total_number_of_cycles);
    const { neurons, number_of_sections: sections, memory } = await place.api.getCluster({ uuid: trained.cluster_uuid ?? '' });
    expect(curve.at(-1)).toMatchObject({ neurons, sections, memory });
    expect(curve[0]?.neurons).toBeLessThan(neurons);
    expect(curve.at(-1)?.scores['state']?.accuracy).toBeGreaterThan(curve[0]?.scores['state']?.accuracy ?? 1);

    // Other columns in another order: by name all the same.
    const asked = await upload('state;sky;when;more\n?;rain;2026-03-01 03:00;1\n?;sun;2026-03-01 12:00;2\n');
    const answered = await ended(
      place.api.createRequestTask({
        name: 'answer all',
        cluster_uuid,
        inputs: [{ dataset_uuid: asked, dataset_columns: ['*', '-state'], hexagon_name: 'features' }],
        results: [
          { dataset_column: 'hired', hexagon_name: 'hired' },
          { dataset_column: 'state', hexagon_name: 'state', all_classes: true },
        ],
      }),
    );
    const { names, rows } = await place.api.getDatasetRows({ uuid: answered.uuid });
    expect(names.toSorted()).toEqual(['hired', 'state', 'state_busy', 'state_probability', 'state_quiet']);
    const of = (name: string): unknown[] => rows.map((row) => row[names.indexOf(name)]);
    expect(of('state')).toEqual(['quiet', 'busy']);
    expect(of('hired')[1]).toBeGreaterThan(of('hired')[0] as number);
    expect((of('state_busy')[0] as number) + (of('state_quiet')[0] as number)).toBeCloseTo(1);

    // A result is compared with a reference by the names of classes, whatever their order; what is missing is not compared.
    const right = await upload('state;hired\nbusy;100\nbusy;NA\n');
    const { columns } = await place.api.evaluateDataset({ uuid: answered.uuid, reference_uuid: right });
    const named = columns.find(({ column_name }) => column_name === 'state')?.classification;
    expect(named).toMatchObject({
      accuracy: 50,
      classes: [
        { label: 'busy', recall: 0.5, rows: 2 },
        { label: 'quiet', precision: 0, rows: 0 },
      ],
      confusion_matrix: [
        [1, 1],
        [0, 0],
      ],
    });
    expect(columns.find(({ column_name }) => column_name === 'hired')?.mae).toBeCloseTo(100 - (of('hired')[0] as number), 3);
  });

  it('learn all rows and keep the same ones apart, whatever interrupts them', async () => {
    const uuid = await upload(rentals(4000, 2));
    const learn = (cluster_uuid: string) =>
      place.api.createTrainTask({
        name: 'learn it',
        cluster_uuid,
        inputs: [{ dataset_uuid: uuid, dataset_columns: ['*', '-hired', '-state'], hexagon_name: 'features' }],
        outputs: [{ dataset_uuid: uuid, dataset_column: 'hired', hexagon_name: 'hired' }],
        epochs: 3,
        shuffle: true,
        seed: 5,
        holdout: 0.1,
      });
    const [plain, interrupted] = [await made('hired'), await made('hired')];
    const first = await ended(learn(plain));
    const { uuid: second } = await learn(interrupted);
    await expect
      .poll(async () => (await place.api.getTask({ uuid: second })).current_cycle, { timeout: 20_000, interval: 20 })
      .toBeGreaterThan(100);
    await place.server.stop('SIGKILL');
    await place.server.restart();
    await place.logIn();
    const again = await ended(place.api.getTask({ uuid: second }));
    expect(again).toMatchObject({ state: 'finished', current_cycle: first.current_cycle });
    // The same rows were kept apart.
    for (const of of ['rows', 'naive_mae', 'naive_rmse'] as const)
      expect(again.holdout?.['hired']?.[of]).toBe(first.holdout?.['hired']?.[of]);
    expect(again.holdout?.['hired']?.r2).toBeGreaterThan(0.9);
  });

  it('are refused with what is wrong', async () => {
    const [long, short] = [await upload(rentals(150, 1)), await upload(rentals(140, 1))];
    const cluster_uuid = await made('hired');
    const create = (inputs: Record<string, unknown>, outputs: Record<string, unknown>, more: Record<string, unknown> = {}) =>
      place.api.createTrainTask({
        name: 'not possible',
        cluster_uuid,
        inputs: [{ dataset_uuid: long, hexagon_name: 'features', ...inputs }],
        outputs: [{ dataset_uuid: long, hexagon_name: 'hired', ...outputs }],
        ...more,
      });
    const hired = { dataset_column: 'hired' };
    await expect(create({ dataset_columns: ['*'], dataset_uuid: short }, hired)).rejects.toThrowError(
      /data sets of one task must have the same rows; .* has 140, .* has 150/,
    );
    await expect(create({ dataset_columns: ['cold'] }, hired)).rejects.toThrowError("has no column 'cold'; it has 'when', 'warm'");
    await expect(create({}, hired)).rejects.toThrowError("must have either 'dataset_column' or 'dataset_columns'");
    await expect(create({ dataset_columns: ['warm'] }, { dataset_columns: ['hired'] })).rejects.toThrowError("takes one 'dataset_column'");
    await expect(create({ dataset_columns: ['warm'] }, hired, { shuffle: true, time_length: 2 })).rejects.toThrowError(
      'rows of a series keep their order',
    );
    const failed = await ended(create({ dataset_columns: ['note', 'warm'] }, hired));
    expect(failed).toMatchObject({ state: 'failed', reason: expect.stringContaining("the column 'note' is text that hardly comes twice") });
    await expect(
      place.api.getTask({ uuid: (await ended(create({ dataset_column: 'warm' }, { dataset_column: 'when' }))).uuid }),
    ).resolves.toMatchObject({
      state: 'failed',
      reason: expect.stringContaining("the column 'when' is time; a target is a number, a flag or a category"),
    });
  });
});
