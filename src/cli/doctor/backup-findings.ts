import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('backup');
const DAY_MS = 86_400_000;
const LATE_DAYS = 2;
const LOST_DAYS = 7;
const BACKUP = /\.(sqlite|dump)$/;

/** How old the newest backup is. */
export function backupFindings(backupDir: string | undefined, now: Date): Finding[] {
  const write = 'conclave backup; have a timer do it every night.';
  if (backupDir === undefined) {
    return [
      advice(
        'BACKUP_DIR is not set, so nobody knows how old the last backup is.',
        'Set it to where they lie.',
      ),
    ];
  }
  const times = existsSync(backupDir)
    ? readdirSync(backupDir).filter(isBackup).map(timeIn(backupDir))
    : [];
  if (times.length === 0) return [danger(`There is no backup in ${backupDir}.`, write)];
  const days = (now.getTime() - Math.max(...times)) / DAY_MS;
  const what = `The last backup in ${backupDir} is ${days.toFixed(1)} days old.`;
  if (days > LOST_DAYS) return [danger(what, write)];
  return days > LATE_DAYS ? [advice(what, write)] : [];
}

function isBackup(name: string): boolean {
  return BACKUP.test(name);
}

function timeIn(folder: string): (name: string) => number {
  return (name) => statSync(join(folder, name)).mtimeMs;
}
