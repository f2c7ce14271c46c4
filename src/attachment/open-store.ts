import type { Settings } from '../config/settings.js';
import type { BlobStore } from './blob-store.js';
import { FolderStore } from './folder-store.js';

/** The store that the settings name; null where files are off. */
export function openStore({ attachments }: Settings): BlobStore | null {
  return attachments && new FolderStore(attachments.folder);
}
