import type { Range } from '../crypto/streaming-aead.js';

/**
 * Where the bytes of files lie: a folder, or a bucket. They are sealed before they come here. An object
 * is named by its file's id and its own name, and is never changed.
 *
 * @throws StoreAwayError, StoreFullError by whatever it is asked
 */
export interface BlobStore {
  /** Says why it would take nothing now. */
  requireSpace(): Promise<void>;
  /** Says what is wrong where it cannot be used now. */
  requireReady(): Promise<void>;
  /**
   * Stores an object, whole or not at all: once this resolves, no power cut loses it.
   *
   * @param size of all the bytes
   */
  put(fileId: string, name: string, size: number, bytes: AsyncIterable<Buffer>): Promise<void>;
  /** Ranges of an object one after the other, or less where it ends before. @throws MissingObjectError */
  read(fileId: string, name: string, ...ranges: Range[]): AsyncIterable<Buffer>;
  /** The names of a file's objects, and of what is left of uploads that were broken off. */
  list(fileId: string): Promise<string[]>;
  /** Removes objects; those that are not there are passed over. */
  remove(fileId: string, names: string[]): Promise<void>;
  /** Removes all that there is of a file. */
  removeAll(fileId: string): Promise<void>;
}

/** For injection: Nest has no token for an interface. Null where files are off. */
export const BLOB_STORE = Symbol('blob store');

export class MissingObjectError extends Error {
  constructor(fileId: string, name: string) {
    super(`The store has no object ${name} of the file ${fileId}`);
  }
}
