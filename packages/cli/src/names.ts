import { type Client, Conflict, NotFound } from '@openhanami/sdk';

/** Kinds of resources that have names. */
export type Kind = 'dataset' | 'cluster' | 'checkpoint';

const LISTS = { dataset: 'listDatasets', cluster: 'listClusters', checkpoint: 'listCheckpoints' } as const;
const WORDS = { dataset: 'data set', cluster: 'cluster', checkpoint: 'checkpoint' };
export const UUID = /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

/** Most uuids in a message. */
const TOLD = 5;

/**
 * The uuid of a resource that is given by uuid or name.
 * @throws NotFound for an unknown name, Conflict for an ambiguous one.
 */
export async function uuidOf({ api }: { readonly api: Client }, kind: Kind, given: string): Promise<string> {
  if (UUID.test(given)) return given;
  const { header, body } = await api[LISTS[kind]]({ name: given, order: 'newest' });
  const [name, uuid] = [header.indexOf('name'), header.indexOf('uuid')];
  const found = body.filter((row) => row[name] === given).map((row) => String(row[uuid]));
  const [only, ...others] = found;
  if (only === undefined) throw new NotFound(`there is no ${WORDS[kind]} '${given}'; give its uuid or its name`);
  if (others.length > 0) {
    throw new Conflict(
      `${found.length} ${WORDS[kind]}s are named '${given}'; give the uuid of one, the newest first: ${found.slice(0, TOLD).join(', ')}`,
    );
  }
  return only;
}
