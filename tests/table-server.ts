// A server for tests of tables: what is uploaded, made and waited for there.
import { generator } from '@openhanami/datasets';
import { type Client, client, cluster, dataset, table, task } from '@openhanami/sdk';
import { afterAll, beforeAll } from 'vitest';
import { ServerProcess } from './server-process.ts';

/** Bicycles hired by the hour: with text, times, gaps, and a name that says nothing. */
export function rentals(count: number, seed: number): string {
  const random = generator(seed);
  const lines = Array.from({ length: count }, (_, i) => {
    const sky = ['sun', 'cloud', 'rain'][Math.floor(random() * 3)] as string;
    const warm = Math.round(random() * 300) / 10;
    const time = new Date(Date.UTC(2026, 0, 1 + Math.floor(random() * 200), Math.floor(random() * 24)));
    const hired = Math.round(2 * warm + (sky === 'rain' ? -30 : 10) + (time.getUTCHours() > 6 && time.getUTCHours() < 20 ? 40 : 0) + 30);
    return `${time.toISOString().slice(0, 16).replace('T', ' ')};${random() < 0.1 ? 'NA' : String(warm).replace('.', ',')};${sky};"note ${i}, of ${seed}";${hired};${hired > 80 ? 'busy' : 'quiet'}`;
  });
  return `when;warm;sky;note;hired;state\n${lines.join('\r\n')}\r\n`;
}

/** Starts a server before the tests of a file, and ends it after. */
export function useTableServer() {
  let count = 0;
  const place = {
    server: undefined as unknown as ServerProcess,
    address: '',
    token: '',
    api: undefined as unknown as Client,

    /** Logs in, also after a restart. */
    async logIn(): Promise<void> {
      place.address = place.server.address;
      place.token = await place.server.logIn();
      place.api = client({ address: place.address, token: place.token });
    },
    upload: (text: string | Uint8Array<ArrayBuffer>, options?: dataset.TableOptions): Promise<string> =>
      dataset.uploadTable(place.token, place.address, `table ${++count}`, new Blob([text]), () => {}, { table: options ?? {} }),
    made: async (...outputs: string[]): Promise<string> =>
      (await cluster.createCluster(place.token, place.address, `cluster ${++count}`, table.tableTemplate(outputs))).uuid,

    /** Queues a task, and waits until it has ended. */
    async ended(created: Promise<{ uuid: string; cluster_uuid?: string | undefined }>): Promise<Awaited<ReturnType<Client['getTask']>>> {
      const { uuid, cluster_uuid = '' } = await created;
      for await (const { state } of task.followTask(place.token, place.address, uuid, cluster_uuid)) {
        if (state !== 'queued' && state !== 'active') break;
      }
      return place.api.getTask({ uuid });
    },
  };
  beforeAll(async () => {
    place.server = await ServerProcess.start({ HANAMI_PROCESSING_SNAPSHOT_INTERVAL: '1' });
    await place.logIn();
  });
  afterAll(() => place.server.remove());
  return place;
}
