// Copies the SQLite database into one file, also while the server runs and writes.
//
//   DATA_DIR=/var/lib/conclave npm run backup -- /var/backups/conclave.sqlite
//
// The copy holds what was committed at one moment. In the server nothing waits for it but the emptying of the
// write-ahead log. The name of the database's line of history stays behind: who restores a copy begins a new one,
// and clients notice it.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';

/** Node 24 ends a process in which one of these is collected as garbage (nodejs/node#65446). */
const kept = [];

const [target, ...more] = process.argv.slice(2);
if (target === undefined || more.length > 0) {
  console.error('Usage: npm run backup -- FILE');
  process.exitCode = 2;
} else {
  try {
    backUp(join(process.env.DATA_DIR || './data', 'conclave.sqlite'), resolve(target));
  } catch (error) {
    console.error(`No backup was made: ${error.message}`);
    process.exitCode = 1;
  }
}

/** Under its own name the file appears only once it is complete, sound and on the disk. */
function backUp(database, file) {
  if (existsSync(file)) throw new Error(`${file} exists already`);
  if (!existsSync(database)) {
    const rule =
      'set DATA_DIR as the server has it; on PostgreSQL use pg_dump, see docs/operations.md';
    throw new Error(`${resolve(database)} cannot be seen: ${rule}`);
  }
  process.umask(0o077);
  const draft = `${file}.partial`;
  rmSync(draft, { force: true });
  try {
    copy(database, draft);
    leaveHistoryOut(draft);
    requireSound(draft);
    sync(draft);
    renameSync(draft, file);
    sync(dirname(file));
  } finally {
    rmSync(draft, { force: true });
  }
  console.log(`Wrote ${file}, ${statSync(file).size} bytes.`);
}

function copy(database, draft) {
  const db = new Sqlite(database, { readonly: true, fileMustExist: true });
  const statement = db.prepare('VACUUM INTO ?');
  kept.push(db, statement);
  statement.run(draft);
  db.close();
}

function leaveHistoryOut(draft) {
  const db = new Sqlite(draft);
  db.pragma('journal_mode = MEMORY'); // no file beside the draft
  db.pragma('secure_delete = ON');
  db.exec('DELETE FROM installation');
  db.close();
}

function requireSound(draft) {
  const db = new Sqlite(draft, { readonly: true });
  const statement = db.prepare('PRAGMA quick_check').pluck();
  kept.push(db, statement);
  const found = statement.get();
  db.close();
  if (found !== 'ok') throw new Error(`the copy is damaged: ${found}`);
}

function sync(path) {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
