import { generator } from '@openhanami/datasets';
import { describe, expect, it } from 'vitest';
import { Cluster, Score } from '../src/index.ts';
import { ask, gaussian, LINE, numbers, r2, rows, table, trained } from './field-rows.ts';

describe('a training tells', () => {
  it('what a test-then-train evaluation would say, row by row, as windows and as a whole', async () => {
    const { fields, y } = rows(3000, 4, 1);
    const cluster = await Cluster.create(LINE);
    const { scores } = cluster.train(table(fields), { y: numbers(y) }, { window: 1000 });
    const [first, second, third] = scores['y'] as [Score, Score, Score];
    expect([first.rows, second.rows, third.rows, third.judged]).toEqual([1000, 1000, 1000, 1000]);
    expect(third.r2).toBeGreaterThan(first.r2 as number);
    expect(third.mae).toBeLessThan((third.naiveMae as number) / 2);
    const sum = new Score();
    for (const score of scores['y'] ?? []) sum.merge(score);
    const whole = await Cluster.create(LINE);
    const [score] = whole.train(table(fields), { y: numbers(y) }).scores['y'] as [Score];
    for (const key of ['rows', 'judged', 'mae', 'rmse', 'r2', 'naiveMae', 'naiveRmse'] as const)
      expect(sum[key]).toBeCloseTo(score[key] as number, 9);
    // The same by hand: each row is asked before it is trained.
    const stepwise = await Cluster.create(LINE);
    let absolute = 0;
    for (let row = 0; row < 3000; row++) {
      const one = { category: { ...fields.category, codes: fields.category.codes.slice(row, row + 1) }, a: fields.a.slice(row, row + 1) };
      if (row > 0) absolute += Math.abs((ask(stepwise, one)[0] as number) - (y[row] as number));
      stepwise.train(table(one), { y: numbers([y[row] as number]) });
    }
    expect(score.mae).toBeCloseTo(absolute / 2999, 1);
  });

  it('of rows that come again what folds say that never learnt them', async () => {
    const { fields, y } = rows(1500, 3, 1);
    const noise = gaussian(11);
    const noisy = y.map((value) => value + 2 * noise());
    const cluster = await Cluster.create(LINE);
    let last: Score | undefined;
    for (let pass = 0; pass < 10; pass++) last = cluster.train(table(fields), { y: numbers(noisy) }).scores['y']?.[0];
    const fresh = rows(4000, 3, 5);
    const honest = r2(
      ask(cluster, fresh.fields),
      Float32Array.from(fresh.y, (value) => value + 2 * noise()),
    );
    expect(Math.abs((last?.r2 as number) - honest)).toBeLessThan(0.06);
  });

  it('accuracy and log loss of classes beside those of who knows nothing', async () => {
    const random = generator(5);
    const a = Float64Array.from({ length: 4000 }, () => random());
    const codes = Int32Array.from(a, (value) => Number(random() < 0.9 ? value > 0.3 : value <= 0.3));
    const cluster = await Cluster.create(LINE);
    const [score] = cluster.train(table({ a }), { y: { codes, dictionary: ['no', 'yes'] } }).scores['y'] as [Score];
    expect(score.ofClasses).toBe(true);
    expect(score.accuracy).toBeGreaterThan(0.86);
    expect(score.naiveAccuracy).toBeGreaterThan(0.6);
    expect(score.naiveAccuracy).toBeLessThan(0.75);
    expect(score.logLoss).toBeLessThan(0.4);
    expect(score.mae).toBeUndefined();
    const zeroOne = await Cluster.create(LINE);
    const [other] = zeroOne.train(table({ a }), { y: numbers(codes) }).scores['y'] as [Score];
    expect(other.accuracy).toBeGreaterThan(0.86);
  });
});

describe('what matters', () => {
  it('is told in shares that sum to 1, by field', async () => {
    const normal = gaussian(3);
    const { fields, y } = rows(6000, 4, 1);
    const all = { ...fields, noise: Float64Array.from({ length: 6000 }, normal) };
    const cluster = await trained(all, numbers(y));
    const before = ask(cluster, all);
    const shares = Object.fromEntries(cluster.importance(table(all)).map(({ field, share }) => [field, share]));
    expect(Object.values(shares).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
    expect(shares['noise']).toBeLessThan(0.03);
    expect(shares['a']).toBeGreaterThan(0.2);
    expect(shares['category']).toBeGreaterThan(0.2);
    expect(ask(cluster, all)).toEqual(before);
  });

  it('to one row sums to what its answer differs from the usual one', async () => {
    const { fields, y } = rows(6000, 4, 1);
    const cluster = await trained(fields, numbers(y));
    const one = { a: new Float64Array([Math.PI / 4]), category: { codes: new Int32Array([0]), dictionary: ['c1'] } };
    const { answer, usual, contributions } = cluster.explain(table(one), table(fields), { name: 'y' });
    expect(answer).toBeCloseTo(ask(cluster, one)[0] as number, 4);
    expect(contributions.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(answer - usual, 4);
    // sin(2 · π / 4) = 1 against a mean of 0.
    expect(contributions.find(({ field }) => field === 'a')?.value).toBeCloseTo(1, 0);
  });

  it('is told of plain numbers by their place', async () => {
    const random = generator(2);
    const data = Float64Array.from({ length: 9000 }, () => random());
    const y = Float32Array.from({ length: 3000 }, (_, row) => 3 * (data[row * 3 + 1] as number));
    const cluster = await Cluster.create(LINE);
    cluster.train({ x: { data, width: 3 } }, { y: numbers(y) });
    const shares = cluster.importance({ x: { data, width: 3 } });
    expect(shares.map(({ field }) => field)).toEqual([0, 1, 2]);
    expect(shares[1]?.share).toBeGreaterThan(0.95);
  });
});
