import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Place } from '../place.js';
import { makeWhole } from './file-parts.js';

export interface Backup {
  file: string;
  bytes: number;
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
  await makeWhole(file, async (draft) => {
    const { databaseUrl } = place;
    if (!databaseUrl) return (await import('./sqlite-backup.js')).copySqlite(place, draft);
    return (await import('./postgres-backup.js')).dumpPostgres(databaseUrl, draft);
  });
  const seconds = Math.round(performance.now() - begun) / 1000;
  return { file, bytes: statSync(file).size, seconds };
}

function nameIn({ backupDir, databaseUrl }: Place): string {
  if (backupDir === undefined) throw new Error('Name a file, or set BACKUP_DIR');
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return join(backupDir, `conclave-${time}Z.${databaseUrl ? 'dump' : 'sqlite'}`);
}
