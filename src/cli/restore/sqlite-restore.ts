import { copyFileSync, chmodSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirLock } from '../../database/sqlite/data-dir-lock.js';
import { makeWhole } from '../backup/file-parts.js';
import { SqliteFile } from '../backup/sqlite-file.js';
import { COUNTS, emptied, type Restored, toRestored } from './restored.js';

/**
 * Puts a backup into a folder that has no database, under the lock that a server would hold.
 *
 * @param copyFirst brings what the rows name, once nobody else can be there
 */
export async function restoreSqlite(
  dataDir: string,
  file: string,
  isKept: boolean,
  copyFirst: () => Promise<void>,
): Promise<Restored> {
  const lock = DataDirLock.acquire(dataDir);
  try {
    requireNone(dataDir);
    await copyFirst();
    let restored: Restored | undefined;
    await makeWhole(join(dataDir, 'conclave.sqlite'), (draft) => {
      copyFileSync(file, draft);
      chmodSync(draft, 0o600);
      restored = prepare(draft, isKept);
    });
    return restored!;
  } finally {
    lock.release();
  }
}

/** A log of another database would be read into the restored one, so nothing of one may be left. */
function requireNone(dataDir: string): void {
  const [found] = readdirSync(dataDir).filter((name) => /^conclave\.sqlite(-|$)/.test(name));
  if (found === undefined) return;
  throw new Error(
    `${join(dataDir, found)} is there, and is not written over. Move it away, with what begins with its name, or set another DATA_DIR`,
  );
}

function prepare(draft: string, isKept: boolean): Restored {
  if (existsSync(`${draft}-wal`)) throw new Error(`${draft}-wal is there: move it away`);
  const copy = SqliteFile.open(draft, 'read-write');
  try {
    copy.requireSound();
    const has = (table: string): boolean =>
      copy.get(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '${table}'`) === 1;
    if (!has('installation') || !has('message')) throw new Error('It is no backup of Conclave');
    for (const table of emptied(isKept).filter(has)) copy.run(`DELETE FROM ${table}`);
    copy.requireSound();
    return toRestored(copy.row(COUNTS));
  } finally {
    copy.close();
  }
}
