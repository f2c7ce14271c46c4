import type { IncomingMessage } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { sealedSize, sealStream } from '../crypto/streaming-aead.js';
import { Database } from '../database/database.js';
import type { Transaction } from '../database/transaction.js';
import type { AuthUser } from '../http/current-user.js';
import { AttachmentAccess } from './attachment-access.js';
import {
  attachmentUpdate,
  findAttachments,
  findParts,
  lockAttachments,
  type StoredAttachment,
} from './attachment-rows.js';
import { PUT_PARTS, UPDATE_ATTACHMENTS } from './attachment-statements.js';
import {
  AttachmentNotFoundError,
  AttachmentStateError,
  PartLengthError,
  PartNumberError,
  StoreAwayError,
} from './attachment.errors.js';
import { BLOB_STORE, type BlobStore } from './blob-store.js';
import { FileFactsCipher, newObject, objectName, partKey, partSizeOf } from './file-facts.js';
import { FileChecks } from './file-checks.js';
import { incomingBytes, requireLength } from './incoming-part.js';
import { segmentTurn } from './segment-turns.js';
import { Transfers, UPLOADS } from './transfers.js';

/** A part that is in the store, and what became of the file by it. */
interface Stored {
  replaced: string | undefined;
  isLast: boolean;
}

/** Takes the parts of uploads, sealed on their way into the store. */
@Injectable()
export class PartUploads {
  private readonly logger = new Logger(PartUploads.name);
  readonly transfers = new Transfers(UPLOADS);
  /** Bytes taken since the start. */
  bytes = 0;

  constructor(
    private readonly database: Database,
    private readonly access: AttachmentAccess,
    private readonly facts: FileFactsCipher,
    private readonly checks: FileChecks,
    @Inject(BLOB_STORE) private readonly store: BlobStore,
  ) {}

  /**
   * Stores a part, or another one in its place. The last one that was missing is answered once the file
   * is complete.
   *
   * @throws AttachmentNotFoundError, AttachmentStateError, PartNumberError, PartLengthError,
   *   LengthRequiredError, LatePartError, TooManyTransfersError, TransfersOverloadedError
   * @throws StoreAwayError, StoreFullError
   */
  async put({ id: userId }: AuthUser, id: string, n: string, raw: IncomingMessage): Promise<void> {
    const length = requireLength(raw);
    const file = await this.access.requireOwn(userId, id);
    const part = requirePart(file, n, length);
    const giveBack = await this.transfers.take(userId);
    try {
      await this.store.requireSpace();
      const isLast = await this.take(file, part, raw);
      giveBack();
      if (isLast) await this.checks.check(file.id);
    } catch (error) {
      throw await this.access.faultOf(error, userId, id);
    } finally {
      giveBack(); // once is enough
    }
  }

  /** @returns whether it was the last one that was missing */
  private async take(file: StoredAttachment, part: number, raw: IncomingMessage): Promise<boolean> {
    const object = newObject();
    const size = partSizeOf(file, part);
    const key = partKey(file, await this.facts.open(file), part);
    const name = objectName(part, object);
    const bytes = sealStream(key, incomingBytes(raw, size), segmentTurn);
    try {
      await this.store.put(file.id, name, sealedSize(size), bytes);
    } catch (error) {
      const removed = this.removeQuietly(file.id, name);
      if (!(error instanceof StoreAwayError))
        await removed; // which might take as long once more
      else await this.requireUploading(file.id);
      throw error;
    }
    const { replaced, isLast } = await this.count(file.id, part, object);
    this.bytes += size;
    if (replaced) await this.removeQuietly(file.id, objectName(part, replaced));
    return isLast;
  }

  /** One that was completed meanwhile has had what was not a part of it removed. */
  private async requireUploading(id: string): Promise<void> {
    const [file] = await findAttachments(this.database, [id]);
    if (!file || file.state === 'ended') throw new AttachmentNotFoundError();
    if (file.state !== 'uploading') throw AttachmentStateError.notUploading();
  }

  /** Where the database does not tell what came of it, the object stays: it may count. */
  private async count(id: string, part: number, object: string): Promise<Stored> {
    try {
      return await this.database.write((tx) => this.note(tx, id, part, object));
    } catch (error) {
      const isRefused =
        error instanceof AttachmentNotFoundError || error instanceof AttachmentStateError;
      if (isRefused) await this.removeQuietly(id, objectName(part, object));
      throw error;
    }
  }

  /** From its commit on the object counts. */
  private async note(tx: Transaction, id: string, part: number, object: string): Promise<Stored> {
    const [file] = await lockAttachments(tx, [id]);
    if (!file || file.state === 'ended') throw new AttachmentNotFoundError();
    if (file.state !== 'uploading') throw AttachmentStateError.notUploading();
    const parts = await findParts(tx, id);
    const replaced = parts.get(part);
    parts.set(part, object);
    tx.commitWith({
      statement: PUT_PARTS,
      lists: [[{ attachment_id: id, number: part, object }]],
    });
    const isLast = parts.size === file.partCount;
    if (isLast) {
      const update = attachmentUpdate({ ...file, state: 'checking' }, Date.now());
      tx.commitWith({ statement: UPDATE_ATTACHMENTS, lists: [[update]] });
    }
    return { replaced, isLast };
  }

  /** What is left goes when the file is complete, or ends. */
  private async removeQuietly(id: string, name: string): Promise<void> {
    await this.store.remove(id, [name]).catch((err: unknown) => {
      this.logger.warn({ event: 'attachment.left_over', attachment_id: id, err });
    });
  }
}

function requirePart(file: StoredAttachment, n: string, length: number): number {
  const part = /^[1-9]\d{0,6}$/.test(n) ? Number(n) : 0;
  if (part < 1 || part > file.partCount) throw new PartNumberError(file.partCount);
  if (file.state !== 'uploading') throw AttachmentStateError.notUploading();
  const size = partSizeOf(file, part);
  if (length !== size) throw new PartLengthError(size);
  return part;
}
