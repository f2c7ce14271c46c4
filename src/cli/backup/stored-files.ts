import type { StorePlace } from '../../config/attachment-settings.js';
import type { BackedUpStore, StoredFiles } from './backed-up-store.js';
import { BucketFiles } from './bucket-files.js';
import { FolderFiles } from './folder-files.js';
import { emptyFolder, requireEmptyFolder } from './folders.js';

/** Where the files of a backup lie: beside it, as in a folder that is a store. */
export function filesOf(backup: string): string {
  return `${backup}.files`;
}

export function storeAt(place: StorePlace): BackedUpStore {
  return place.kind === 's3' ? new BucketFiles(place) : new FolderFiles(place.path);
}

/** Fills the folder of a backup, where nothing may be; nothing is left of a copy that fails. */
export async function copyFiles(place: StorePlace, folder: string): Promise<StoredFiles> {
  requireEmptyFolder(folder);
  try {
    return await storeAt(place).copyTo(folder);
  } catch (error) {
    emptyFolder(folder);
    throw error;
  }
}

/** Fills a store, where nothing may be, from the folder of a backup; the same. */
export async function fillStore(place: StorePlace, folder: string): Promise<StoredFiles> {
  const store = storeAt(place);
  await store.requireEmpty();
  try {
    return await store.fillFrom(folder);
  } catch (error) {
    await store.empty();
    throw error;
  }
}
