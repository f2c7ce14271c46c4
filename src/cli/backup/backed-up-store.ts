/** The files that people sent, sealed as they lie in the store. */
export interface StoredFiles {
  files: number;
  bytes: number;
}

/** A store, from which a backup is filled and into which it is put back. */
export interface BackedUpStore {
  /**
   * Copies all objects into a folder, each on the disk before this resolves. What ends meanwhile is
   * passed over, and so are uploads of which nothing has counted yet.
   */
  copyTo(folder: string): Promise<StoredFiles>;
  /** The other way. */
  fillFrom(folder: string): Promise<StoredFiles>;
  /** @throws Error where something is there */
  requireEmpty(): Promise<void>;
  /** Takes back what was put into it when it was empty. */
  empty(): Promise<void>;
}
