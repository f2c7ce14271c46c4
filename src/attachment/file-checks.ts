import { Inject, Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import {
  attachmentUpdate,
  findAttachments,
  findParts,
  lockAttachments,
} from './attachment-rows.js';
import { GIVE_SPACE_BACK, UPDATE_ATTACHMENTS } from './attachment-statements.js';
import { BLOB_STORE, type BlobStore } from './blob-store.js';
import { type FileFacts, FileFactsCipher, objectName, UNKNOWN_TYPE } from './file-facts.js';
import { FileReader, type OpenedFile } from './file-reader.js';
import { HEAD_BYTES, SHOWN_TYPES, typeOfBytes } from './file-types.js';

/** What a check has found. */
interface Found {
  facts: FileFacts;
}

/** Looks at files of which all parts are there, and completes them. */
@Injectable()
export class FileChecks {
  constructor(
    private readonly database: Database,
    private readonly facts: FileFactsCipher,
    private readonly reader: FileReader,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
  ) {}

  /**
   * Completes a file; one that is complete, or has ended, stays as it is. No part is put any more: what
   * else there is of it was left by uploads that were broken off, and goes.
   */
  async check(id: string): Promise<void> {
    const [file] = await findAttachments(this.database, [id]);
    if (file?.state !== 'checking') return;
    const [facts, parts] = [await this.facts.open(file), await findParts(this.database, id)];
    const found = await this.look({ file, facts, parts });
    const sealed = await this.facts.seal(file, found.facts);
    await this.database.write((tx) => this.complete(tx, id, sealed));
    const named = [...parts].map(([part, object]) => objectName(part, object));
    const left = (await this.store.list(id)).filter((name) => !named.includes(name));
    if (left.length > 0) await this.store.remove(id, left);
  }

  private async look(opened: OpenedFile): Promise<Found> {
    const { facts } = opened;
    const type = typeOfBytes(await this.head(opened));
    return { facts: { ...facts, content_type: type ?? honest(facts.content_type) } };
  }

  private async head(opened: OpenedFile): Promise<Buffer> {
    const range = { start: 0, end: Math.min(HEAD_BYTES, opened.file.size) };
    const pieces: Buffer[] = [];
    for await (const piece of this.reader.content(opened, range)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  private async complete(tx: Transaction, id: string, sealed: string): Promise<void> {
    const [file] = await lockAttachments(tx, [id]);
    if (file?.state !== 'checking') return;
    const update = attachmentUpdate({ ...file, state: 'complete', sealed });
    const space = { id: file.uploaderId, attachment_bytes: 0, upload_count: 1 };
    tx.commitWith(
      { statement: UPDATE_ATTACHMENTS, lists: [[update]] },
      { statement: GIVE_SPACE_BACK, lists: [[space]] },
    );
  }
}

/** What is said to be shown and is not by its bytes, is nothing that is known. */
function honest(declared: string): string {
  return SHOWN_TYPES.some((type) => type === declared) ? UNKNOWN_TYPE : declared;
}
