import { DiskObjects, type StoragePlaces } from './disk.ts';
import type { Objects } from './objects.ts';

export type { StoragePlaces } from './disk.ts';
export * from './objects.ts';

/** The store that the settings name; every thread and process of a server opens the same. */
export function openObjects(places: StoragePlaces): Objects {
  return new DiskObjects(places);
}
