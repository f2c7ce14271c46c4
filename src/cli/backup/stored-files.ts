import { constants, existsSync, readdirSync, rmSync } from 'node:fs';
import { copyFile, mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The files that people sent, sealed as they lie in the store. */
export interface StoredFiles {
  files: number;
  bytes: number;
}

/** Where the files of a backup lie: beside it. */
export function filesOf(backup: string): string {
  return `${backup}.files`;
}

/**
 * Copies a folder of sealed files into one that is not there, each on the disk before this resolves. What
 * ends meanwhile is passed over, and so are uploads of which nothing has counted yet.
 *
 * @throws Error where something is there; nothing is left of a copy that fails
 */
export async function copyFiles(from: string, to: string): Promise<StoredFiles> {
  if (existsSync(to) && readdirSync(to).length > 0) {
    throw new Error(`${to} is there, and is not written over. Move it away`);
  }
  const copied: StoredFiles = { files: 0, bytes: 0 };
  try {
    for (const name of objectsIn(from)) await copyObject(join(from, name), join(to, name), copied);
  } catch (error) {
    emptyFolder(to);
    throw error;
  }
  return copied;
}

/** The folder itself stays: something may be mounted there. */
export function emptyFolder(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

function objectsIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.part'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

async function copyObject(from: string, to: string, copied: StoredFiles): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const file = await open(to, 'r');
  try {
    await file.sync();
    copied.bytes += (await file.stat()).size;
    copied.files++;
  } finally {
    await file.close();
  }
}
