import { closeSync, openSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Codes of Node and of SQLite for a file that may not be opened as it is. */
const DENIED = /^(EACCES|EPERM|EROFS|EISDIR|ENOTDIR|EEXIST|ENOENT|SQLITE_CANTOPEN|SQLITE_READONLY)/;

/** A file or folder that this process cannot use: says whose it is, and who asks. */
export class FileAccessError extends Error {
  constructor(path: string, error: Error & { code?: string }) {
    super(
      `${path} cannot be opened (${error.code}). This process runs as uid ${process.getuid?.()}; ` +
        `${described(path)}. It needs a folder that it may write to, and its files there.`,
      { cause: error },
    );
  }
}

/** Runs what opens a file. @throws FileAccessError where that is what keeps it from it */
export function opening<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    throw isDenied(error) ? new FileAccessError(path, error) : error;
  }
}

export function isDenied(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'code' in error && DENIED.test(String(error.code));
}

/** Makes a file that nobody else may read, where there is none; SQLite gives its others the same mode. */
export function makePrivate(path: string): void {
  opening(path, () => closeSync(openSync(path, 'a', 0o600)));
}

/** Of what is there: the file, else the nearest folder above. */
function described(path: string): string {
  const found = statOf(path);
  if (!found) return described(dirname(path));
  const kind = found.isDirectory() ? 'the folder' : 'the file';
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  return `${kind} ${path} belongs to uid ${found.uid} and has mode ${mode}`;
}

/** Undefined where it is not there, or not to be seen. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}
