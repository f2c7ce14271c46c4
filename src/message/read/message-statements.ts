import { statement } from '../../database/statement.js';
import { MESSAGE_COLUMNS, QUALIFIED_COLUMNS } from '../message-rows.js';

/** Reads of messages, sealed as they are. */

const SELECT = `SELECT ${MESSAGE_COLUMNS} FROM message`;

/** By the primary key. Parameter: id. */
export const FIND = statement({
  name: 'find_message',
  postgres: `${SELECT} WHERE id = $1`,
  sqlite: `${SELECT} WHERE id = ?`,
});

/** Where messages stand. By the primary key. Parameter: ids. */
export const FIND_PLACES = statement({
  name: 'places_of_messages',
  postgres: 'SELECT chat_id, seq FROM message WHERE id = ANY($1::uuid[])',
  sqlite: 'SELECT chat_id, seq FROM message WHERE id IN (SELECT value FROM json_each(?))',
});

/**
 * The first messages after a place, for one who may know of the room. Index message(chat_id, seq).
 * Parameters: room, place, user, limit.
 */
export const PAGE_AFTER = statement({
  name: 'page_of_messages_after',
  postgres: `${SELECT} WHERE chat_id = $1 AND seq > $2 AND EXISTS (
      SELECT 1 FROM chat WHERE id = $1 AND deleted_at IS NULL AND (visibility = 'public'
        OR EXISTS (SELECT 1 FROM member WHERE chat_id = $1 AND user_id = $3)))
    ORDER BY seq LIMIT $4`,
  sqlite: `${SELECT} WHERE chat_id = ?1 AND seq > ?2 AND EXISTS (
      SELECT 1 FROM chat WHERE id = ?1 AND deleted_at IS NULL AND (visibility = 'public'
        OR EXISTS (SELECT 1 FROM member WHERE chat_id = ?1 AND user_id = ?3)))
    ORDER BY seq LIMIT +?4`, // without the sign it is planned anew each time
});

/** The last messages up to a place, the newest first; else as `PAGE_AFTER`. */
export const PAGE_UP_TO = statement({
  name: 'page_of_messages_up_to',
  postgres: `${SELECT} WHERE chat_id = $1 AND seq <= $2 AND EXISTS (
      SELECT 1 FROM chat WHERE id = $1 AND deleted_at IS NULL AND (visibility = 'public'
        OR EXISTS (SELECT 1 FROM member WHERE chat_id = $1 AND user_id = $3)))
    ORDER BY seq DESC LIMIT $4`,
  sqlite: `${SELECT} WHERE chat_id = ?1 AND seq <= ?2 AND EXISTS (
      SELECT 1 FROM chat WHERE id = ?1 AND deleted_at IS NULL AND (visibility = 'public'
        OR EXISTS (SELECT 1 FROM member WHERE chat_id = ?1 AND user_id = ?3)))
    ORDER BY seq DESC LIMIT +?4`,
});

/**
 * What changed in a room, in that order. Index message(chat_id, change); no upper bound: with two,
 * PostgreSQL may fetch the whole range and sort it. Parameters: room, change, limit.
 */
export const CHANGED_AFTER = statement({
  name: 'messages_changed_after',
  postgres: `${SELECT} WHERE chat_id = $1 AND change > $2 ORDER BY change LIMIT $3`,
  sqlite: `${SELECT} WHERE chat_id = ? AND change > ? ORDER BY change LIMIT +?`,
});

/** Index message(chat_id, seq). Parameter: pairs of room and `seq`. */
export const FIND_AT = statement({
  name: 'messages_at',
  postgres: `SELECT ${QUALIFIED_COLUMNS} FROM unnest($1::uuid[], $2::int[]) AS place (chat_id, seq)
    JOIN message ON message.chat_id = place.chat_id AND message.seq = place.seq`,
  sqlite: `${SELECT} WHERE (chat_id, seq) IN (SELECT value->>0, value->>1 FROM json_each(?))`,
});

/** The same, but for those whose text is long. Further parameter: bytes of it at most. */
export const FIND_SHORT_AT = statement({
  name: 'short_messages_at',
  postgres: `${FIND_AT.postgres} AND (ciphertext IS NULL OR octet_length(ciphertext) <= $3)`,
  sqlite: `${FIND_AT.sqlite} AND (ciphertext IS NULL OR octet_length(ciphertext) <= ?)`,
});
