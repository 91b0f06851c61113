import { isBucket } from '../../config.ts';
import { DiskObjects } from './disk.ts';
import { EncryptedObjects } from './encrypted.ts';
import { masterKey, mustHaveNoKeys, ProjectKeys } from './keys.ts';
import type { Objects, StoragePlaces, StoredObjects } from './objects.ts';
import { S3Objects } from './s3.ts';

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

/** Looks at the keys of projects and changes nothing. @throws ConfigError unless the settings have the key that wraps them, if there are any. */
export const verifyKeys = (places: StoragePlaces): Promise<void> =>
  places.encryption_key === '' ? mustHaveNoKeys(storedObjects(places)) : projectKeys(places).verify();

/** Seconds more that a call may take, for which the store is waited for. */
export const patienceOf = ({ location, retry_time }: StoragePlaces): number => (isBucket(location) ? 2 * retry_time : 0);

/** The same without encryption: objects as they are stored. */
export const storedObjects = (places: StoragePlaces): StoredObjects =>
  isBucket(places.location) ? new S3Objects(places) : new DiskObjects(places);
