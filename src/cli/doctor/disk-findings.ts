import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Finding, findingsOf } from './finding.js';

const { danger, advice } = findingsOf('disk');
const MIB = 2 ** 20;
/** Below it a busy hour may fill the disk. */
const LEAST_BYTES = 256 * MIB;
const SCARCE_BYTES = 2048 * MIB;
const FULL = 0.02;
const SCARCE = 0.1;

/** Whether there is room where SQLite lies, and for the next backup. */
export function diskFindings(dataDir: string, backupDir: string | undefined): Finding[] {
  const found = ofFolder(dataDir);
  const database = join(dataDir, 'conclave.sqlite');
  if (backupDir === undefined || !existsSync(database)) return found;
  const { free } = spaceOf(backupDir);
  const needed = statSync(database).size;
  if (free > needed) return found;
  const what = `${backupDir} has ${mib(free)} MiB free, and the next backup takes up to ${mib(needed)}.`;
  return [...found, danger(what, 'Move old backups away, or name another BACKUP_DIR.')];
}

function ofFolder(folder: string): Finding[] {
  const { free, total } = spaceOf(folder);
  const what = `The disk of ${folder} has ${mib(free)} MiB free of ${mib(total)}.`;
  if (free < LEAST_BYTES || free < total * FULL) {
    return [
      danger(what, 'Make room: on a full disk nothing can be written, and sends are answered 503.'),
    ];
  }
  const isScarce = free < SCARCE_BYTES || free < total * SCARCE;
  return isScarce ? [advice(what, 'Make room before it is full.')] : [];
}

/** Of the folder, or the nearest above it that is there. */
function spaceOf(folder: string): { free: number; total: number } {
  if (!existsSync(folder)) return spaceOf(dirname(folder));
  const { bavail, blocks, bsize } = statfsSync(folder);
  return { free: bavail * bsize, total: blocks * bsize };
}

function mib(bytes: number): number {
  return Math.floor(bytes / MIB);
}
