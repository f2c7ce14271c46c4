import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Place } from '../place.js';
import { makeWhole } from './file-parts.js';
import type { StoredFiles } from './backed-up-store.js';
import { copyFiles, filesOf } from './stored-files.js';

export interface Backup {
  file: string;
  bytes: number;
  /** What people sent, beside it; null where files are off. */
  attachments: StoredFiles | null;
  seconds: number;
}

/**
 * Writes a backup that was read back.
 *
 * @param name undefined: one by the time, in BACKUP_DIR
 */
export async function backUp(place: Place, name: string | undefined): Promise<Backup> {
  const begun = performance.now();
  const file = resolve(name ?? nameIn(place));
  if (existsSync(file)) throw new Error(`${file} exists already`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const { files } = place;
  let attachments: StoredFiles | null = null;
  await makeWhole(file, async (draft) => {
    await copyDatabase(place, draft); // first: a file is there before a row names it
    if (files !== null) attachments = await copyFiles(files, filesOf(file));
  });
  const seconds = Math.round(performance.now() - begun) / 1000;
  return { file, bytes: statSync(file).size, attachments, seconds };
}

async function copyDatabase(place: Place, draft: string): Promise<void> {
  const { databaseUrl } = place;
  if (!databaseUrl) (await import('./sqlite-backup.js')).copySqlite(place, draft);
  else await (await import('./postgres-backup.js')).dumpPostgres(databaseUrl, draft);
}

function nameIn({ backupDir, databaseUrl }: Place): string {
  if (backupDir === undefined) throw new Error('Name a file, or set BACKUP_DIR');
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return join(backupDir, `conclave-${time}Z.${databaseUrl ? 'dump' : 'sqlite'}`);
}
