// Trainings that go on for as long as it helps: which state they keep, and what is seen of them.
import { generator } from '@openhanami/datasets';
import { table, toBase64 } from '@openhanami/sdk';
import { describe, expect, it } from 'vitest';
import { rentals, useTableServer } from './table-server.ts';

const place = useTableServer();
const { upload, made, ended } = place;
let count = 0;

describe('a training whose passes are found out', () => {
  /** Nothing can be learnt from it: more passes do not help. */
  const noise = (): string => {
    const random = generator(6);
    return `a;b;c;target\n${Array.from({ length: 200 }, () => `${random()};${random()};${random()};${random() < 0.5 ? 'yes' : 'no'}`).join('\n')}\n`;
  };
  const rows = Array.from({ length: 20 }, (_, i) => ({ a: i / 20, b: ((i * 7) % 20) / 20, c: ((i * 3) % 20) / 20 }));
  const trained = async (dataset_uuid: string, epochs: number | 'auto') => {
    const template = toBase64(table.tableTemplate(['target']));
    const { uuid: cluster_uuid } = await place.api.createCluster({ name: `passes ${++count}`, template, seed: 7 });
    const inputs = [{ dataset_uuid, dataset_columns: ['*', '-target'], hexagon_name: 'features' }];
    const outputs = [{ dataset_uuid, dataset_column: 'target', hexagon_name: 'target' }];
    const done = await ended(place.api.createTrainTask({ name: 'passes', cluster_uuid, inputs, outputs, epochs, shuffle: true, seed: 3 }));
    const { answers } = await place.api.predictRows({ cluster_uuid, rows });
    return { epochs: done.epochs ?? 0, loss: done.scores?.['target']?.log_loss ?? 0, answers };
  };

  it('keeps the state of the best one', async () => {
    const uuid = await upload(noise());
    const found = await trained(uuid, 'auto');
    const [best, last] = [await trained(uuid, found.epochs - 1), await trained(uuid, found.epochs)];
    expect(last.loss).toBeGreaterThan(best.loss);
    expect(found.answers).toEqual(best.answers);
    expect(found.answers).not.toEqual(last.answers);
  });

  it('does not go back behind what was taught meanwhile', async () => {
    const uuid = await upload(noise());
    const cluster_uuid = await made('target');
    const inputs = [{ dataset_uuid: uuid, dataset_columns: ['*', '-target'], hexagon_name: 'features' }];
    const outputs = [{ dataset_uuid: uuid, dataset_column: 'target', hexagon_name: 'target' }];
    const { uuid: training } = await place.api.createTrainTask({ name: 'passes', cluster_uuid, inputs, outputs, epochs: 'auto', seed: 3 });
    const taught = Array.from({ length: 1000 }, (_, i) => ({ a: 5 + i / 1000, b: 0.5, c: 0.5, target: 'perhaps' }));
    // A few times: what is taught keeps the training from getting no better, and so from its end.
    for (let i = 0; i < 10; i++) await place.api.learnRows({ cluster_uuid, rows: taught });
    await ended(place.api.getTask({ uuid: training }));
    const { answers } = await place.api.predictRows({ cluster_uuid, rows: [{ a: 5.5, b: 0.5, c: 0.5 }] });
    expect(answers[0]?.['target']?.value).toBe('perhaps');
  });

  it('shows its curve from the beginning, and goes on with it after the server was restarted', async () => {
    const uuid = await upload(rentals(6000, 4));
    const cluster_uuid = await made('hired');
    const inputs = [{ dataset_uuid: uuid, dataset_columns: ['*', '-hired', '-state'], hexagon_name: 'features' }];
    const outputs = [{ dataset_uuid: uuid, dataset_column: 'hired', hexagon_name: 'hired' }];
    const { uuid: training } = await place.api.createTrainTask({
      name: 'restarted',
      cluster_uuid,
      inputs,
      outputs,
      epochs: 4,
      shuffle: true,
    });
    await expect.poll(async () => (await place.api.getTask({ uuid: training })).current_cycle, { timeout: 20_000 }).toBeGreaterThan(3000);
    const metrics = await (await place.server.call('GET', '/metrics')).text();
    expect(metrics).toMatch(new RegExp(`hanami_training_score\\{cluster="${cluster_uuid}",output="hired",score="r2"\\} 0\\.`));
    const { curve: before } = await place.api.getTaskCurve({ uuid: training });
    await place.server.stop();
    await place.server.restart();
    await place.logIn();
    await ended(Promise.resolve({ uuid: training, cluster_uuid }));
    const { curve } = await place.api.getTaskCurve({ uuid: training });
    // Of a long one every second point stays.
    expect(before.map(({ row }) => row)).toContain(curve[0]?.row);
    expect(curve[0]?.row).toBeLessThan(100);
    expect(curve.map(({ row }) => row)).toEqual(curve.map(({ row }) => row).toSorted((a, b) => a - b));
    expect(curve.at(-1)?.row).toBe(24_000);
  });
});
