import type { Settings } from '../config/settings.js';
import type { BlobStore } from './blob-store.js';
import { FolderStore } from './folder-store.js';
import { S3Store } from './s3/s3-store.js';

/** The store that the settings name; null where files are off. */
export function openStore({ attachments }: Pick<Settings, 'attachments'>): BlobStore | null {
  if (attachments === null) return null;
  const { store } = attachments;
  return store.kind === 's3' ? new S3Store(store) : new FolderStore(store.path);
}
