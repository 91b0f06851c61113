import type { Task } from '@openhanami/contract';
import type { CallOptions } from './call.ts';
import { type Client, client } from './client.ts';
import type { Token } from './credentials.ts';
import { deleteDataset, type TableOptions, uploadTable } from './functions/dataset.ts';
import type { Uploadable, UploadProgress } from './upload.ts';

/** Where a table comes from, and who wants to know how far it is. */
export interface TableRunOptions extends CallOptions {
  /** What is known of the table. */
  readonly table?: TableOptions;
  readonly onUpload?: UploadProgress;
  /** Called with the task as soon as it is queued, and a few times a second while it runs. */
  readonly onProgress?: (task: Task) => void;
}

/** A table on the server, for as long as `work` runs. */
export async function withTable<Answer>(
  token: Token,
  address: string,
  file: Uploadable,
  { table, onUpload = () => {}, ...options }: TableRunOptions,
  work: (api: Client, uuid: string) => Promise<Answer>,
): Promise<Answer> {
  const name = `table ${new Date().toISOString().replace(/[^0-9]/g, '')}`;
  const uuid = await uploadTable(token, address, name, file, onUpload, {
    ...options,
    // Where this is interrupted, nobody else deletes it.
    temporary: true,
    table: { repair_header: true, ...table },
  });
  try {
    return await work(client({ address, token, ...options }), uuid);
  } finally {
    await deleteDataset(token, address, uuid, { force: true, ...options }).catch(() => {});
  }
}
