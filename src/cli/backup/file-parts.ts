import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Has a file made under another name, which becomes its own only once it is complete, checked and on the
 * disk; where that fails nothing is left.
 */
export async function makeWhole(
  file: string,
  make: (draft: string) => void | Promise<void>,
): Promise<void> {
  const draft = `${file}.partial`;
  rmSync(draft, { force: true });
  try {
    await make(draft);
    sync(draft);
    renameSync(draft, file);
    sync(dirname(file));
  } finally {
    rmSync(draft, { force: true });
  }
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}
