import { Injectable } from '@nestjs/common';
import type { Row, Statement } from '../database/statement.js';
import type { Transaction } from '../database/transaction.js';
import { attachmentUpdate, lockAttachments, type StoredAttachment } from './attachment-rows.js';
import {
  GIVE_SPACE_BACK,
  LIST_OF_ROOM,
  LIST_OF_USER,
  UPDATE_ATTACHMENTS,
} from './attachment-statements.js';

const BATCH_SIZE = 200;
/** So long after its end a part may still be on its way into the store. */
const IN_FLIGHT_MS = 90_000;

/**
 * Ends files: from its commit on nothing opens their bytes, and their space is given back. Their objects
 * are removed afterwards.
 */
@Injectable()
export class AttachmentEnds {
  private onEnded: () => void = () => undefined;

  /** Calls back when something has ended. */
  watch(onEnded: () => void): void {
    this.onEnded = onEnded;
  }

  /** @param files locked; those that have ended are passed over */
  end(tx: Transaction, files: StoredAttachment[]): void {
    const living = files.filter(({ state }) => state !== 'ended');
    if (living.length === 0) return;
    const now = Date.now();
    const updates = living.map((file) => {
      const removeAt = new Date(file.state === 'complete' ? now : now + IN_FLIGHT_MS);
      return attachmentUpdate({ ...file, state: 'ended', sealed: null, removeAt });
    });
    tx.commitWith(
      { statement: UPDATE_ATTACHMENTS, lists: [updates] },
      { statement: GIVE_SPACE_BACK, lists: [spaceOf(living)] },
    );
    tx.onCommit(this.onEnded);
  }

  /** Those of a room that is over. @returns whether there were any */
  async endOfRoom(tx: Transaction, chatId: string): Promise<boolean> {
    return this.endListed(tx, LIST_OF_ROOM, chatId);
  }

  /** Those of a user who is erased. @returns whether there were any */
  async endOfUser(tx: Transaction, userId: string): Promise<boolean> {
    return this.endListed(tx, LIST_OF_USER, userId);
  }

  private async endListed(tx: Transaction, list: Statement, ownerId: string): Promise<boolean> {
    const rows = await tx.rows<[string]>(list, [ownerId, BATCH_SIZE]);
    const ids = rows.map(([id]) => id);
    this.end(tx, await lockAttachments(tx, ids));
    return ids.length > 0;
  }
}

/** By user, in the order of their ids. */
function spaceOf(files: StoredAttachment[]): Row[] {
  const users = new Map<string, { attachment_bytes: number; upload_count: number }>();
  for (const { uploaderId, size, state } of files) {
    const sum = users.get(uploaderId) ?? { attachment_bytes: 0, upload_count: 0 };
    sum.attachment_bytes += size;
    if (state !== 'complete') sum.upload_count++;
    users.set(uploaderId, sum);
  }
  return [...users]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, sum]) => ({ id, ...sum }));
}
