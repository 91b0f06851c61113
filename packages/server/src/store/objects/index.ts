import { ConfigError } from '../../config.ts';
import { DiskObjects } from './disk.ts';
import { EncryptedObjects } from './encrypted.ts';
import { masterKey, ProjectKeys } from './keys.ts';
import type { Objects, StoragePlaces } from './objects.ts';

export * from './objects.ts';

/**
 * Opens the store that the settings name; all threads and processes of a server open the same.
 * @throws ConfigError if storage.encryption_key is set and no key.
 */
export function openObjects(places: StoragePlaces): Objects {
  if (places.encryption_key === '') return storedObjects(places);
  // Others get the key itself, which is asked for once.
  const known = { ...places, encryption_key: masterKey(places.encryption_key).toString('hex') };
  return new EncryptedObjects(storedObjects(places), projectKeys(known), { ...known, former_encryption_key: '' });
}

/** The keys of projects, where encryption is on. @throws ConfigError if a setting is no key. */
function projectKeys(places: StoragePlaces): ProjectKeys {
  const { encryption_key, former_encryption_key: former } = places;
  return new ProjectKeys(storedObjects(places), masterKey(encryption_key), former === '' ? undefined : masterKey(former));
}

/** @throws ConfigError unless the settings have the key that wraps the keys of projects, if there are any. */
export async function verifyKeys(places: StoragePlaces): Promise<void> {
  if (places.encryption_key !== '') return projectKeys(places).verify();
  const [key] = (await storedObjects(places).list('keys')).filter((object) => object.endsWith('.key'));
  if (key !== undefined)
    throw new ConfigError(
      `files are encrypted with the keys in ${places.key_location}: set storage.encryption_key to the key that wraps these (hanami decrypt undoes it)`,
    );
}

/** The same without decrypting anything: objects as they are stored. */
export const storedObjects = (places: StoragePlaces): Objects => new DiskObjects(places);
