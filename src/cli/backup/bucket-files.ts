import { createReadStream, statSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StoreAwayError, StoreFullError } from '../../attachment/attachment.errors.js';
import { MissingObjectError } from '../../attachment/blob-store.js';
import { folderOf } from '../../attachment/folder-store.js';
import { S3Store, type StoredObject } from '../../attachment/s3/s3-store.js';
import type { S3Place } from '../../config/attachment-settings.js';
import { objectsIn, syncFile } from './folders.js';
import type { BackedUpStore, StoredFiles } from './backed-up-store.js';

/** Each is mostly a wait for S3. */
const AT_ONCE = 8;

/** A store that is a bucket. */
export class BucketFiles implements BackedUpStore {
  private readonly store: S3Store;

  constructor(private readonly place: S3Place) {
    this.store = new S3Store(place);
  }

  copyTo(folder: string): Promise<StoredFiles> {
    return this.asking(() => eachOf(this.store.objects(), (object) => this.fetch(object, folder)));
  }

  fillFrom(folder: string): Promise<StoredFiles> {
    const names = objectsIn(folder).map((name) => join(folder, name));
    return this.asking(() => eachOf(names.values(), (path) => this.send(path)));
  }

  async requireEmpty(): Promise<void> {
    const { bucket, prefix } = this.place;
    await this.asking(async () => {
      for await (const { fileId, name } of this.store.objects()) {
        throw new Error(
          `s3://${bucket}/${prefix} holds ${fileId}/${name}, and is not written over. Name another prefix`,
        );
      }
    });
  }

  async empty(): Promise<void> {
    await this.asking(async () => {
      for await (const { fileId, name } of this.store.objects()) {
        await this.store.remove(fileId, [name]);
      }
    });
  }

  /** @returns its bytes; undefined where it has ended meanwhile */
  private async fetch(
    { fileId, name, bytes }: StoredObject,
    folder: string,
  ): Promise<number | undefined> {
    const path = join(folderOf(folder, fileId), name);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    try {
      await writeFile(path, this.store.read(fileId, name, { start: 0, end: bytes }), {
        mode: 0o600,
      });
    } catch (error) {
      if (!(error instanceof MissingObjectError)) throw error;
      await rm(path, { force: true });
      return undefined;
    }
    const written = await syncFile(path);
    if (written !== bytes)
      throw new Error(`S3 gives ${written} of ${bytes} bytes of ${fileId}/${name}`);
    return written;
  }

  private async send(path: string): Promise<number> {
    const { size } = statSync(path);
    await this.store.put(basename(dirname(path)), basename(path), size, createReadStream(path));
    return size;
  }

  /** Tells whoever calls the command what S3 says, too. */
  private async asking<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreAwayError || error instanceof StoreFullError)) throw error;
      const why = error.cause instanceof Error ? error.cause.message : 'it is full';
      throw new Error(`The bucket of ATTACHMENT_STORE: ${why}`, { cause: error });
    }
  }
}

/** Some at once; where one fails no other is begun, and this rejects once those under way are over. */
async function eachOf<T>(
  items: AsyncGenerator<T> | IterableIterator<T>,
  work: (item: T) => Promise<number | undefined>,
): Promise<StoredFiles> {
  const done: StoredFiles = { files: 0, bytes: 0 };
  let isOver = false;
  const some = async (): Promise<void> => {
    try {
      for (let next = await items.next(); !next.done && !isOver; next = await items.next()) {
        const bytes = await work(next.value);
        if (bytes === undefined) continue;
        done.files++;
        done.bytes += bytes;
      }
    } catch (error) {
      isOver = true;
      throw error;
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: AT_ONCE }, some));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return done;
}
