import { cluster, task } from '@openhanami/sdk';
import { newCluster, queueRequest, queueTraining, uploadDigits } from '../../tests/digits.ts';
import { ServerProcess } from '../../tests/server-process.ts';
import { type Figure, median } from './figure.ts';

const CLUSTERS = 10;
const ROWS = 10_000;
const RUNS = 3;

/** Training and request of ten clusters: one after the other, then all at once. */
export async function sideBySideFigures(): Promise<Figure[]> {
  const server = await ServerProcess.start();
  try {
    const { address } = server;
    const token = await server.logIn();
    const digits = await uploadDigits(token, address, 'bench digits', ROWS);
    const job = async (uuid: string): Promise<void> => {
      await queueTraining(token, address, uuid, digits);
      await task.waitForTask(token, address, await queueRequest(token, address, uuid, digits), uuid);
    };
    const withClusters = async (work: (uuids: string[]) => Promise<unknown>): Promise<number> => {
      const uuids: string[] = [];
      for (let i = 0; i < CLUSTERS; i++) uuids.push(await newCluster(token, address, `bench cluster ${i}`));
      const before = server.cpuSeconds;
      await work(uuids);
      const used = server.cpuSeconds - before;
      for (const uuid of uuids) await cluster.deleteCluster(token, address, uuid);
      return used;
    };
    const alone = () =>
      withClusters(async (uuids) => {
        for (const uuid of uuids) await job(uuid);
      });
    const together = () => withClusters((uuids) => Promise.all(uuids.map(job)));
    await together();
    const ratios: number[] = [];
    for (let run = 0; run < RUNS; run++) {
      const before = await alone();
      ratios.push((await together()) / before);
    }
    return [
      {
        name: `${CLUSTERS} clusters at once / alone, CPU time`,
        value: median(ratios),
        unit: '×',
        goal: '<= 1.15',
        how: `training and request of ${ROWS} rows each, all threads of the server, median of ${RUNS} pairs`,
      },
    ];
  } finally {
    await server.remove();
  }
}
