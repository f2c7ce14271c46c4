import { accessSync, constants, lstatSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readAttachments, type StorePlace } from '../config/attachment-settings.js';
import { EnvReader } from '../config/env-reader.js';
import { readDatabaseUrl } from '../config/service-urls.js';

/** Where an installation is: all that a backup needs to know of it. */
export interface Place {
  /** Absolute path. */
  dataDir: string;
  /** Undefined: SQLite in `dataDir`. */
  databaseUrl: string | undefined;
  /** Where backups lie that are given no name. */
  backupDir: string | undefined;
  /** Where the files that people sent are; null where they are off. */
  files: StorePlace | null;
}

const SECRETS = ['DATABASE_URL', 'REDIS_URL', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'];

/** @throws SettingsError where `DATABASE_URL` or `ATTACHMENT_STORE` cannot be used */
export function placeOf(env: NodeJS.ProcessEnv): Place {
  const read = new EnvReader(env, SECRETS);
  const databaseUrl = readDatabaseUrl(read);
  const dataDir = dataDirOf(env);
  const files = readAttachments(read, { dataDir, redisUrl: read.text('REDIS_URL') });
  read.throwFaults();
  return { dataDir, databaseUrl, backupDir: backupDirOf(env), files: files && files.store };
}

export function dataDirOf(env: NodeJS.ProcessEnv): string {
  return resolve(new EnvReader(env).text('DATA_DIR', './data'));
}

export function backupDirOf(env: NodeJS.ProcessEnv): string | undefined {
  return new EnvReader(env).text('BACKUP_DIR');
}

export class WrongUserError extends Error {
  constructor(path: string, owner: number) {
    super(
      `${path} belongs to uid ${owner}, and this is uid ${process.getuid?.()}. Run it as its owner, root too: ` +
        `setpriv --reuid ${owner} --regid … --clear-groups, or sudo -u '#${owner}'. ` +
        'What another user makes there the server could not open.',
    );
  }
}

/**
 * That this process runs as whom the installation belongs to: what stands in DATA_DIR, and where nothing
 * does, the folder itself, which an image may have made for several.
 *
 * @throws WrongUserError
 */
export function requireOwner(dataDir: string): void {
  const uid = process.getuid?.();
  for (const name of ['conclave.sock', 'conclave.sqlite', 'conclave.lock', '.']) {
    const path = join(dataDir, name);
    const owner = ownerOf(path);
    if (owner === undefined) continue;
    if (uid === undefined || owner === uid || (name === '.' && isMadeFor(uid, path))) return;
    throw new WrongUserError(path, owner);
  }
}

/** Whether an empty folder is there for this user too, as that of the image is. Root may write everywhere. */
function isMadeFor(uid: number, folder: string): boolean {
  if (uid === 0) return false;
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Undefined where it is not there; of what may not be looked at that of the folder it is in. */
function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.uid;
  } catch {
    return lstatSync(dirname(path)).uid;
  }
}
