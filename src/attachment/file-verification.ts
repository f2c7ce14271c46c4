import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Statement } from '../database/statement.js';
import { FileUnreadableError, KeyUnavailableError } from '../encryption/encryption.errors.js';
import { type Findings, KeyVerification, type Verifiable } from '../encryption/key-verification.js';
import { OwnerKeys } from '../encryption/owner-keys.js';
import { FIRST_KEY } from '../encryption/wrapped-key.entity.js';
import {
  type AttachmentRow,
  findParts,
  type StoredAttachment,
  toAttachment,
} from './attachment-rows.js';
import { STILL_STORED, STORED_AFTER } from './attachment-statements.js';
import { BLOB_STORE, type BlobStore } from './blob-store.js';
import { FileFactsCipher } from './file-facts.js';
import { FileReader } from './file-reader.js';

const STEP = 100;

/** Opens every byte of every file that is whole, and of its thumbnail, for `KeyVerification`; none where files are off. */
@Injectable()
export class FileVerification implements Verifiable {
  readonly part = 'files';

  constructor(
    private readonly database: Database,
    private readonly keys: OwnerKeys,
    private readonly facts: FileFactsCipher,
    private readonly reader: FileReader,
    @Inject(BLOB_STORE) private readonly store: BlobStore | null,
    verification: KeyVerification,
  ) {
    verification.register(this);
  }

  /** @throws StoreAwayError */
  async verify(found: Findings): Promise<void> {
    if (this.store === null) return;
    let files: StoredAttachment[] = [];
    do {
      files = await this.read(STORED_AFTER, [files.at(-1)?.id ?? FIRST_KEY, STEP]);
      for (const file of files) {
        if (await this.opens(file)) found.opened++;
        else await this.lookAgain(file, found);
      }
    } while (files.length === STEP);
  }

  /** It may have ended meanwhile, with its message, its room or its sender. */
  private async lookAgain(
    { id, chatId, uploaderId }: StoredAttachment,
    found: Findings,
  ): Promise<void> {
    this.keys.forget([chatId, uploaderId]);
    const [file] = await this.read(STILL_STORED, [[id]]);
    if (!file) return;
    if (await this.opens(file)) found.opened++;
    else found.fail(id);
  }

  private async opens(file: StoredAttachment): Promise<boolean> {
    try {
      const facts = await this.facts.open(file);
      const opened = { file, facts, parts: await findParts(this.database, file.id) };
      const { size, thumbnailSize } = file;
      if ((await lengthOf(this.reader.content(opened, { start: 0, end: size }))) !== size)
        return false;
      if (thumbnailSize === null) return true;
      const thumbnail = this.reader.thumbnail(opened, { start: 0, end: thumbnailSize });
      return (await lengthOf(thumbnail)) === thumbnailSize;
    } catch (error) {
      if (error instanceof FileUnreadableError || error instanceof KeyUnavailableError)
        return false;
      throw error;
    }
  }

  private async read(
    statement: Statement,
    parameters: (string | number | string[])[],
  ): Promise<StoredAttachment[]> {
    return (await this.database.rows<AttachmentRow>(statement, parameters)).map(toAttachment);
  }
}

async function lengthOf(bytes: AsyncIterable<Buffer>): Promise<number> {
  let length = 0;
  for await (const piece of bytes) length += piece.length;
  return length;
}
