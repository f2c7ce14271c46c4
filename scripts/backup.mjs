// Copies the SQLite database into one file, also while the server runs and writes.
//
//   DATA_DIR=/var/lib/conclave npm run backup -- /var/backups/conclave.sqlite
//
// The copy holds what was committed at one moment. Nothing in the server waits for it.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';

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
  process.umask(0o077);
  const draft = `${file}.partial`;
  rmSync(draft, { force: true });
  try {
    copy(database, draft);
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
  db.prepare('VACUUM INTO ?').run(draft);
  db.close();
}

function requireSound(draft) {
  const db = new Sqlite(draft, { readonly: true });
  const found = db.pragma('quick_check', { simple: true });
  db.close();
  if (found !== 'ok') throw new Error(`the copy is damaged: ${found}`);
}

function sync(path) {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
