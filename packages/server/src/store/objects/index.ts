import { DiskObjects } from './disk.ts';
import type { Objects, StoragePlaces } from './objects.ts';

export * from './objects.ts';

/** Opens the store that the settings name; all threads and processes of a server open the same. */
export function openObjects(places: StoragePlaces): Objects {
  return new DiskObjects(places);
}
