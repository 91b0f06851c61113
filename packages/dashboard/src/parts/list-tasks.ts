import type { Client, Task } from '@openhanami/sdk';

/** Tasks as a list finds them, but for those that were deleted since it was made. */
export async function listTasks(api: Client, query: Parameters<Client['listTasks']>[0]): Promise<Task[]> {
  const { body } = await api.listTasks(query);
  const found = await Promise.all(body.map(([uuid]) => api.getTask({ uuid: String(uuid) }).catch(() => undefined)));
  return found.filter((task) => task !== undefined);
}
