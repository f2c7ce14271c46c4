import { Inject, Injectable } from '@nestjs/common';
import { InvalidSealError, openRange, type Range } from '../crypto/streaming-aead.js';
import { FileUnreadableError } from '../encryption/encryption.errors.js';
import type { Parts, StoredAttachment } from './attachment-rows.js';
import { BLOB_STORE, type BlobStore, MissingObjectError } from './blob-store.js';
import { type FileFacts, objectName, PART_BYTES, partKey, partSizeOf } from './file-facts.js';
import { segmentTurn } from './segment-turns.js';

/** A file, what is known of it, and the objects of its parts. */
export interface OpenedFile {
  file: StoredAttachment;
  facts: FileFacts;
  parts: Parts;
}

/** Reads and opens the bytes of files, a segment at a time. */
@Injectable()
export class FileReader {
  constructor(@Inject(BLOB_STORE) private readonly store: BlobStore) {}

  /** @throws FileUnreadableError, before any byte that is another one; StoreAwayError */
  async *content(opened: OpenedFile, { start, end }: Range): AsyncGenerator<Buffer> {
    for (let at = start; at < end;) {
      const part = Math.floor(at / PART_BYTES) + 1;
      const offset = (part - 1) * PART_BYTES;
      const size = partSizeOf(opened.file, part);
      const to = Math.min(end - offset, size);
      yield* this.part(opened, part, size, { start: at - offset, end: to });
      at = offset + to;
    }
  }

  thumbnail(opened: OpenedFile, range: Range): AsyncGenerator<Buffer> {
    return this.part(opened, 0, opened.file.thumbnailSize!, range);
  }

  private async *part(
    { file, facts, parts }: OpenedFile,
    part: number,
    size: number,
    range: Range,
  ): AsyncGenerator<Buffer> {
    const object = parts.get(part);
    try {
      if (object === undefined) throw new MissingObjectError(file.id, objectName(part, '…'));
      const name = objectName(part, object);
      const read = (...ranges: Range[]) => this.store.read(file.id, name, ...ranges);
      yield* openRange(partKey(file, facts, part), size, range, read, segmentTurn);
    } catch (error) {
      const isShut = error instanceof InvalidSealError || error instanceof MissingObjectError;
      throw isShut ? new FileUnreadableError(file.id, { cause: error }) : error;
    }
  }
}
