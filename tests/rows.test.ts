import { generator } from '@openhanami/datasets';
import { type Client, client, cluster, table, task } from '@openhanami/sdk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newCluster, queueTraining, uploadDigits } from './digits.ts';
import { ServerProcess } from './server-process.ts';

type Row = Parameters<Client['learnRows']>[0]['rows'][number];

/** Passengers: who is a woman, or rich, mostly lives. */
function passengers(count: number, seed: number): Row[] {
  const random = generator(seed);
  return Array.from({ length: count }, (_, i) => {
    const sex = random() < 0.4 ? 'female' : 'male';
    const fare = Math.round(random() * 1000) / 10;
    const age = random() < 0.2 ? null : Math.round(random() * 80);
    const lives = sex === 'female' ? random() < 0.9 : fare > 80 ? random() < 0.8 : random() < 0.1;
    return { sex, fare, age, name: `passenger ${i} of ${seed}`, boarded: `1912-04-${10 + (i % 5)}`, survived: lives ? 'yes' : 'no' };
  });
}

const without = (rows: readonly Row[], ...names: string[]): Row[] =>
  rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name))));

let server: ServerProcess;
let address: string;
let token: string;
let api: Client;
beforeAll(async () => {
  server = await ServerProcess.start({ HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
  address = server.address;
  token = await server.logIn();
  api = client({ address, token });
});
afterAll(() => server.remove());

let count = 0;
const made = async (output: string): Promise<string> =>
  (await cluster.createCluster(token, address, `of ${output} ${++count}`, table.tableTemplate([output]))).uuid;

describe('rows of names and values', () => {
  it('are learnt with scores, answered with names and probabilities, and explained', async () => {
    const cluster_uuid = await made('survived');
    const learnt = await api.learnRows({ cluster_uuid, rows: passengers(3000, 1) });
    expect(learnt.rows).toBe(3000);
    expect(learnt.notices).toEqual([expect.stringContaining("the field 'name' is text that hardly comes twice; it is left out")]);
    const { accuracy = 0, naive_accuracy = 1 } = learnt.scores['survived'] ?? {};
    expect(accuracy).toBeGreaterThan(0.8);
    expect(naive_accuracy).toBeLessThan(0.7);
    const rows = passengers(500, 2);
    const { answers, notices } = await api.predictRows({ cluster_uuid, rows: without(rows, 'survived', 'name') });
    expect(notices).toEqual([]);
    const right = answers.filter(({ survived }, i) => survived?.value === rows[i]?.['survived']).length;
    expect(right / 500).toBeGreaterThan(0.83);
    const { yes = 0, no = 0 } = answers[0]?.['survived']?.probabilities ?? {};
    expect(yes + no).toBeCloseTo(1, 5);
    const { importance, explanation } = await api.explainRows({
      cluster_uuid,
      rows: without(rows, 'survived', 'name'),
      row: { sex: 'female', fare: 10 },
    });
    expect(importance[0]?.field).toBe('sex');
    expect(importance.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(explanation?.class).toBe('yes');
    const { answer = 0, usual = 0, contributions = [] } = explanation ?? {};
    expect(contributions[0]?.field).toBe('sex');
    expect(contributions.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(answer - usual, 4);
  });

  it('of numbers have a number as answer; fields are found by name, and what is missing or unknown is told', async () => {
    const cluster_uuid = await made('price');
    const rows = Array.from({ length: 1500 }, (_, i) => ({
      rooms: (i % 7) + 1,
      town: ['A', 'B', 'C'][i % 3] as string,
      price: 10 * ((i % 7) + 1) + 5 * (i % 3),
    }));
    await api.learnRows({ cluster_uuid, rows });
    const { answers } = await api.predictRows({ cluster_uuid, rows: [{ town: 'C', rooms: '3' }] });
    expect(Number(answers[0]?.['price']?.value)).toBeCloseTo(40, 0);
    const { notices } = await api.predictRows({ cluster_uuid, rows: [{ rooms: 3, garden: true }] });
    expect(notices).toEqual([
      "'garden' is none of the cluster's fields; it is passed over",
      "the field 'town' is not given; it is taken as missing",
    ]);
    await expect(api.predictRows({ cluster_uuid, rows: [{ rooms: 3 }, { rooms: 'many' }] })).rejects.toMatchObject({
      status: 400,
      message: `row 1, field 'rooms': "many" is not a number; the field was learnt as a number`,
    });
    await expect(api.learnRows({ cluster_uuid, rows: [{ rooms: 3 }] })).rejects.toThrowError("no row has a value for 'price'");
  });

  it('take kinds from the call: numbers as categories, numbers as classes', async () => {
    const cluster_uuid = await made('digit');
    const rows = Array.from({ length: 2000 }, (_, i) => ({ zip: (i * 7919) % 50, digit: ((i * 7919) % 50) % 3 }));
    const { scores } = await api.learnRows({ cluster_uuid, rows, kinds: { zip: 'category', digit: 'category' } });
    expect(scores['digit']?.accuracy).toBeGreaterThan(0.7);
    const { answers } = await api.predictRows({ cluster_uuid, rows: [{ zip: 5 }, { zip: '5' }] });
    expect(answers[0]?.['digit']?.value).toBe('2');
    expect(answers[1]).toEqual(answers[0]);
  });

  it('have the times that tables in files have', async () => {
    const day = (i: number): string => `2026-3-${1 + (i % 28)} ${1 + (i % 12)}:30 pm`;
    const cluster_uuid = await made('busy');
    await api.learnRows({ cluster_uuid, rows: Array.from({ length: 60 }, (_, i) => ({ day: day(i), busy: i % 2 })) });
    const { inputs } = await api.getCluster({ uuid: cluster_uuid });
    expect(inputs[0]?.fields).toEqual([expect.objectContaining({ name: 'day', kind: 'time' })]);
    const wrong = api.learnRows({ cluster_uuid, rows: [{ day: '2026-02-30', busy: 1 }] });
    await expect(wrong).rejects.toThrowError(`row 0, field 'day': "2026-02-30" is not a time like`);
  });

  it('survive a killed server once they are written, and a checkpoint', async () => {
    const cluster_uuid = await made('survived');
    const asked = without(passengers(20, 4), 'survived');
    await api.learnRows({ cluster_uuid, rows: passengers(500, 3) });
    const { answers } = await api.predictRows({ cluster_uuid, rows: asked });
    await new Promise((next) => setTimeout(next, 2500));
    await server.stop('SIGKILL');
    await server.restart();
    address = server.address;
    api = client({ address, token });
    expect((await api.predictRows({ cluster_uuid, rows: asked })).answers).toEqual(answers);
    const saved = await cluster.saveCluster(token, address, 'of rows', cluster_uuid);
    const copy = await cluster.createClusterFromCheckpoint(token, address, 'copy', saved.uuid);
    expect((await api.predictRows({ cluster_uuid: copy.uuid, rows: asked })).answers).toEqual(answers);
  });

  it('are learnt and answered in DIRECT mode as well, and while a task runs', async () => {
    const cluster_uuid = await made('survived');
    await api.setClusterMode({ uuid: cluster_uuid, new_state: 'DIRECT' });
    await api.learnRows({ cluster_uuid, rows: passengers(200, 5) });
    expect((await api.predictRows({ cluster_uuid, rows: [{ sex: 'male' }] })).answers).toHaveLength(1);
    const digits = await newCluster(token, address, 'of digits');
    const training = await queueTraining(token, address, digits, await uploadDigits(token, address, 'digits', 2000), 'long', 3);
    await expect(api.predictRows({ cluster_uuid: digits, rows: [{ a: 1 }] })).rejects.toMatchObject({ status: 409 });
    await task.waitForTask(token, address, training, digits);
    await expect(api.learnRows({ cluster_uuid: digits, rows: [{ a: 1, label: 2 }] })).rejects.toThrowError(
      "the input 'picture' was trained with plain numbers; these rows are fields",
    );
  });

  it.each<[string, object, number, string]>([
    ['no rows', { rows: [] }, 400, "'rows' must have 1 to 10000 rows"],
    ['too many rows', { rows: Array.from({ length: 10_001 }, () => ({ a: 1 })) }, 400, "'rows' must have at most 10000 entries"],
    ['a value that is none', { rows: [{ a: { b: 1 } }] }, 400, 'must be a number, text of at most 1000 characters, true, false or null'],
    [
      'more names than there may be',
      { rows: [Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`n${i}`, i]))] },
      400,
      "'rows[0]' must have at most 2000 names",
    ],
    ['more names in all', { rows: Array.from({ length: 2001 }, (_, i) => ({ [`n${i}`]: i })) }, 400, 'are too many at once'],
    ['an unknown kind', { rows: [{ a: 1, price: 2 }], kinds: { a: 'colour' } }, 400, "must be 'number', 'category' or 'time'"],
    ['nothing but targets', { rows: [{ price: 2 }] }, 400, 'the rows have no fields to learn from'],
    [
      'a cluster that is not there',
      { cluster_uuid: '00000000-0000-4000-8000-000000000000', rows: [{ a: 1, price: 1 }] },
      404,
      'no cluster',
    ],
  ])('%s: says so', async (_, input, status, message) => {
    const cluster_uuid = await made('price');
    const response = await server.call('POST', '/v1.0alpha/cluster/learn', token, JSON.stringify({ cluster_uuid, ...input }));
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(message)]);
  });

  it('may have any names, those of JavaScript included', async () => {
    const cluster_uuid = await made('price');
    const rows = Array.from(
      { length: 300 },
      (_, i) => `{"constructor":${i % 3},"__proto__":"${i % 2 === 0 ? 'a' : 'b'}","toString":${i},"price":${i % 3}}`,
    );
    const body = `{"cluster_uuid":"${cluster_uuid}","rows":[${rows.join(',')},{"hasOwnProperty":1,"price":1}]}`;
    const response = await server.call('POST', '/v1.0alpha/cluster/learn', token, body);
    expect(response.status).toBe(200);
    const { answers } = await api.predictRows({ cluster_uuid, rows: [{ constructor: 2 }, {}] });
    expect(Number(answers[0]?.['price']?.value)).toBeGreaterThan(1.2);
    expect(Number.isFinite(answers[1]?.['price']?.value)).toBe(true);
  });

  it('are refused by a cluster that has not learnt any, or has several inputs', async () => {
    const cluster_uuid = await made('price');
    await expect(api.predictRows({ cluster_uuid, rows: [{ a: 1 }] })).rejects.toThrowError('has not been trained yet');
    const two = 'version: 1\nhexagons:\n1,1,1\n2,1,1\n3,1,1\ninputs:\na: 1,1,1\nb: 1,1,1\noutputs:\nc: 3,1,1\n';
    const { uuid } = await cluster.createCluster(token, address, 'two inputs', two);
    await expect(api.learnRows({ cluster_uuid: uuid, rows: [{ x: 1, c: 2 }] })).rejects.toThrowError(
      "rows are for clusters with one input; this one has 'a', 'b'",
    );
  });
});
