import type { Row } from '../database/statement.js';
import { Message, type ReactionCount } from './message.entity.js';

/** Messages as statements read and write them: columns, and what becomes of a row. */

export const MESSAGE_COLUMNS = `id, chat_id, seq, change, sender_id, client_id, reply_to, ciphertext,
  reactions, attachment_count, created_at, edited_at, deleted_at`;

/** The same, where they are joined with something. */
export const QUALIFIED_COLUMNS = MESSAGE_COLUMNS.replace(/\w+/g, 'message.$&');

/** Milliseconds since 1970; PostgreSQL answers bigint as text. */
type Time = string | number;

export type MessageRow = [
  id: string,
  chatId: string,
  seq: number,
  change: number,
  senderId: string,
  clientId: string | null,
  replyTo: string | null,
  ciphertext: string | null,
  reactions: string | null,
  attachmentCount: number,
  createdAt: Time,
  editedAt: Time | null,
  deletedAt: Time | null,
];

/** Sealed: its body is not opened yet. Its `clientKey` is asked for by sends alone. */
export function toMessage(row: MessageRow): Message {
  const message = new Message();
  message.id = row[0];
  message.chatId = row[1];
  message.seq = row[2];
  message.change = row[3];
  message.senderId = row[4];
  message.clientId = row[5];
  message.replyTo = row[6];
  message.ciphertext = row[7];
  message.reactions = row[8] === null ? null : (JSON.parse(row[8]) as ReactionCount[]);
  message.attachmentCount = row[9];
  message.createdAt = new Date(Number(row[10]));
  message.editedAt = row[11] === null ? null : new Date(Number(row[11]));
  message.deletedAt = row[12] === null ? null : new Date(Number(row[12]));
  message.body = null;
  return message;
}

/** Of a new message. */
export function messageRow(message: Message): Row {
  return {
    id: message.id,
    chat_id: message.chatId,
    seq: message.seq,
    change: message.change,
    sender_id: message.senderId,
    client_id: message.clientId,
    client_key: message.clientKey,
    reply_to: message.replyTo,
    ciphertext: message.ciphertext,
    attachment_count: message.attachmentCount,
    created_at: message.createdAt.getTime(),
  };
}
