import { DiskObjects } from './disk.ts';
import type { Objects, StoragePlaces } from './objects.ts';

export * from './objects.ts';

/** The store that the settings name; every thread and process of a server opens the same. */
export function openObjects(places: StoragePlaces): Objects {
  return new DiskObjects(places);
}
