import type { Row } from '../database/statement.js';
import type { Reads, Transaction } from '../database/transaction.js';
import {
  FIND_ATTACHMENTS,
  FIND_OF_MESSAGES,
  LIST_PARTS,
  LOCK_ATTACHMENTS,
} from './attachment-statements.js';
import type { Attachment, AttachmentState } from './attachment.entity.js';

/** A file as statements read it. */
export type StoredAttachment = Omit<Attachment, 'createdAt' | 'checkingAt'>;

export type AttachmentRow = [
  id: string,
  chatId: string,
  uploaderId: string,
  clientKey: string | null,
  state: AttachmentState,
  sealed: string | null,
  size: string | number,
  partCount: number,
  thumbnailSize: number | null,
  messageId: string | null,
  position: number | null,
  removeAt: string | number | null,
];

/** The object of each part, by its number; 0 is the thumbnail. */
export type Parts = Map<number, string>;

export function toAttachment(row: AttachmentRow): StoredAttachment {
  return {
    id: row[0],
    chatId: row[1],
    uploaderId: row[2],
    clientKey: row[3],
    state: row[4],
    sealed: row[5],
    size: Number(row[6]),
    partCount: row[7],
    thumbnailSize: row[8],
    messageId: row[9],
    position: row[10],
    removeAt: row[11] === null ? null : new Date(Number(row[11])),
  };
}

/** For `UPDATE_ATTACHMENTS`. @param checkingAt since when it is being checked */
export function attachmentUpdate(attachment: StoredAttachment, checkingAt?: number): Row {
  return {
    id: attachment.id,
    state: attachment.state,
    sealed: attachment.sealed,
    remove_at: attachment.removeAt?.getTime() ?? null,
    checking_at: checkingAt ?? null,
    thumbnail_size: attachment.thumbnailSize,
    message_id: attachment.messageId,
    position: attachment.position,
  };
}

export async function findAttachments(reads: Reads, ids: string[]): Promise<StoredAttachment[]> {
  return (await reads.rows<AttachmentRow>(FIND_ATTACHMENTS, [ids])).map(toAttachment);
}

/** In the order of their ids, for the rest of the transaction. */
export async function lockAttachments(tx: Transaction, ids: string[]): Promise<StoredAttachment[]> {
  return (await tx.rows<AttachmentRow>(LOCK_ATTACHMENTS, [ids])).map(toAttachment);
}

/** Those that have not ended, message by message in the order sent. */
export async function findOfMessages(reads: Reads, ids: string[]): Promise<StoredAttachment[]> {
  return (await reads.rows<AttachmentRow>(FIND_OF_MESSAGES, [ids])).map(toAttachment);
}

export async function findParts(reads: Reads, id: string): Promise<Parts> {
  const rows = await reads.rows<[string, number, string]>(LIST_PARTS, [[id]]);
  return new Map(rows.map(([, number, object]) => [number, object]));
}
