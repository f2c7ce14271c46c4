// Loaded into a server with KILL_AT=n: it ends as by kill -9 at its n-th step of uploads and sends. A step
// is the beginning or the end of a write, or of what is asked of the store, or a piece of a part.
import 'reflect-metadata';
import { FolderStore } from '../../../dist/attachment/folder-store.js';
import { S3Store } from '../../../dist/attachment/s3/s3-store.js';
import { Database } from '../../../dist/database/database.js';

const PIECES = 8;
let left = Number(process.env.KILL_AT);

function step() {
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
}

async function* counted(bytes) {
  let pieces = 0;
  for await (const piece of bytes) {
    if (pieces++ % PIECES === 0) step();
    yield piece;
  }
}

function stepAround(target, name, given = (args) => args) {
  const work = target.prototype[name];
  target.prototype[name] = async function (...args) {
    step();
    const result = await work.apply(this, given(args));
    step();
    return result;
  };
}

stepAround(Database, 'write');
for (const store of [FolderStore, S3Store]) {
  stepAround(store, 'put', ([id, name, size, bytes]) => [id, name, size, counted(bytes)]);
  for (const name of ['list', 'remove', 'removeAll']) stepAround(store, name);
}
