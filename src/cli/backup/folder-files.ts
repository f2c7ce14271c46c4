import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { emptyFolder, objectsIn, requireEmptyFolder, syncFile } from './folders.js';
import type { BackedUpStore, StoredFiles } from './backed-up-store.js';

/** A store that is a folder. */
export class FolderFiles implements BackedUpStore {
  constructor(private readonly folder: string) {}

  copyTo(folder: string): Promise<StoredFiles> {
    return copyAll(this.folder, folder);
  }

  fillFrom(folder: string): Promise<StoredFiles> {
    return copyAll(folder, this.folder);
  }

  async requireEmpty(): Promise<void> {
    await Promise.resolve(requireEmptyFolder(this.folder));
  }

  async empty(): Promise<void> {
    await Promise.resolve(emptyFolder(this.folder));
  }
}

async function copyAll(from: string, to: string): Promise<StoredFiles> {
  const copied: StoredFiles = { files: 0, bytes: 0 };
  for (const name of objectsIn(from)) await copyObject(join(from, name), join(to, name), copied);
  return copied;
}

async function copyObject(from: string, to: string, copied: StoredFiles): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  copied.bytes += await syncFile(to);
  copied.files++;
}
