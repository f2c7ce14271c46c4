import type { EntityManager } from 'typeorm';
import type { Database } from '../database/database.js';
import { beforeInsert, insertsOf } from '../database/entity-rows.js';
import { type Parameter, runSql } from '../database/plain-sql.js';
import type { Lastly } from '../database/work.js';
import { type Batch, type Draft, newMessage, pairOf, type Room } from './append-messages.js';
import { messageEvent } from './message-events.js';
import { Message } from './message.entity.js';

const MOVE_ROOM = `UPDATE chat SET last_seq = ?, last_change = ?, last_message_at = ?
  WHERE id = ? AND last_change = ?
  RETURNING (SELECT json_array(fname, lname, profile) FROM users WHERE id = ?)`;
const MOVE_MARKER = 'UPDATE member SET read_seq = ? WHERE chat_id = ? AND user_id = ?';

/** Whoever is erased leaves every room, which changes it, but for direct ones. */
const PAIR = 'pair AS (SELECT erased_at FROM users WHERE id IN ($10, $11) FOR KEY SHARE),';
const IS_PAIR = 'AND 2 = (SELECT count(*) FROM pair WHERE erased_at IS NULL)';
const IS_NEW = `AND NOT EXISTS
  (SELECT 1 FROM message WHERE chat_id = $1 AND sender_id = $5 AND client_id = $8)`;

const append = (pair: string, isPair: string, isNew: string): string => `WITH ${pair}
  room AS (UPDATE chat SET last_seq = $2, last_change = $3, last_message_at = $4
    WHERE id = $1 AND last_change = $9 ${isPair} ${isNew} RETURNING 1),
  marker AS (UPDATE member SET read_seq = $2
    WHERE chat_id = $1 AND user_id = $5 AND EXISTS (SELECT 1 FROM room)),
  sent AS (INSERT INTO message
      (chat_id, seq, change, created_at, sender_id, id, ciphertext, client_id)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8 FROM room)
  SELECT fname, lname, profile FROM users WHERE id = $5 AND EXISTS (SELECT 1 FROM room)`;

/** By whether the room is direct, and whether the message has a `client_id`. */
const APPEND = {
  direct: { named: append(PAIR, IS_PAIR, IS_NEW), unnamed: append(PAIR, IS_PAIR, '') },
  other: { named: append('', '', IS_NEW), unnamed: append('', '', '') },
};

type Names = [fname: string | null, lname: string | null, profile: string | null];

/** A message to a room whose sender is a member as long as its `lastChange` is this. */
export interface Next {
  draft: Draft;
  room: Room;
}

/**
 * Appends a message where its room is still as expected, and does nothing where it is not: by one
 * statement on PostgreSQL, which is a transaction of its own, and so one way there. The room's row is
 * locked by it, and looked at again should another transaction have held it.
 */
export async function appendAtOnce(database: Database, next: Next): Promise<Batch | undefined> {
  const { room } = next;
  const message = placed(next);
  await beforeInsert(database.reader.manager, Message, [message]); // sealed by the subscriber
  const { id, chatId, seq, change, senderId, clientId, ciphertext, createdAt } = message;
  const pair = pairOf(room);
  const sql = APPEND[pair.length > 0 ? 'direct' : 'other'][clientId === null ? 'unnamed' : 'named'];
  const parameters: Parameter[] = [
    ...[chatId, seq, change, createdAt.getTime(), senderId, id, ciphertext, clientId],
    ...[room.lastChange, ...pair],
  ];
  const [sender] = await database.writeAlone<Names>({ sql, parameters });
  return sender && batchOf(next, message, sender);
}

/** The same within a transaction of SQLite, which nobody else writes to; not for direct rooms. */
export async function appendNext(
  manager: EntityManager,
  next: Next,
  lastly: Lastly,
): Promise<Batch | undefined> {
  if (next.room.directKey !== null) return undefined;
  const message = placed(next);
  const { chatId, seq, change, senderId, createdAt } = message;
  const place = [seq, change, createdAt.getTime(), chatId, next.room.lastChange, senderId];
  const [moved] = await runSql<[sender: string]>(manager, MOVE_ROOM, place);
  if (!moved) return undefined;
  await beforeInsert(manager, Message, [message]); // sealed by the subscriber
  lastly([
    { sql: MOVE_MARKER, parameters: [seq, chatId, senderId] },
    ...insertsOf(manager, Message, [message]),
  ]);
  return batchOf(next, message, JSON.parse(moved[0]) as Names);
}

function placed({ draft, room }: Next): Message {
  const createdAt = new Date(Math.max(Date.now(), room.lastMessageAt?.getTime() ?? 0));
  return newMessage(draft, { seq: room.lastSeq + 1, change: room.lastChange + 1, createdAt });
}

function batchOf({ room: last }: Next, message: Message, names: Names): Batch {
  const { seq, change, createdAt, senderId } = message;
  const [fname, lname, profile] = names;
  const sender = { id: senderId, fname, lname, profile, erasedAt: null };
  const { id, directKey } = last;
  const room = { id, lastSeq: seq, lastChange: change, lastMessageAt: createdAt, directKey };
  return {
    outcomes: [{ message, sender, isRepeat: false }],
    events: () => [messageEvent('message.created', message, sender)],
    rooms: [{ room, before: last.lastChange, senders: [senderId] }],
  };
}
