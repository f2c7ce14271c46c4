import { isAbsolute, join } from 'node:path';
import type { EnvReader } from './env-reader.js';

export interface AttachmentSettings {
  /** Absolute path of the folder that they lie in. */
  folder: string;
  /** Of one file. */
  maxBytes: number;
  /** Of all files of one user. */
  quotaBytes: number;
}

const MIB = 2 ** 20;
const MOST_BYTES = 2 ** 40;

/**
 * Null where it is off: by the setting, or because several processes would each keep files in a folder
 * of their own.
 */
export function readAttachments(
  read: EnvReader,
  { dataDir, redisUrl }: { dataDir: string; redisUrl: string | undefined },
): AttachmentSettings | null {
  const place = read.text('ATTACHMENT_STORE', redisUrl ? 'off' : join(dataDir, 'attachments'));
  const maxBytes = read.integer('ATTACHMENT_MAX_BYTES', { min: 1, max: MOST_BYTES }, 100 * MIB);
  const quota = { min: maxBytes, max: 2 ** 50 };
  const quotaBytes = read.integer('ATTACHMENT_QUOTA_BYTES', quota, Math.max(1024 * MIB, maxBytes));
  if (place === 'off') return null;
  if (isAbsolute(place)) return { folder: place, maxBytes, quotaBytes };
  return read.fault('ATTACHMENT_STORE must be the absolute path of a folder, or off', null);
}
