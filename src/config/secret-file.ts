import { readFileSync, statSync } from 'node:fs';

const MAX_BYTES = 65_536;

/**
 * The content of a file that holds the value of a setting, without its last newline.
 *
 * @throws Error whose message says what is wrong with the file, and nothing of its path or content
 */
export function readSecretFile(path: string): string {
  try {
    if (statSync(path).size > MAX_BYTES) throw new Error('is larger than 64 KiB');
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    if (text.trim() === '') throw new Error('is empty');
    return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code ? new Error(`cannot be read (${code})`) : error;
  }
}
