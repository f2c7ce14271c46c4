import { statement } from '../database/statement.js';

/** Segments, and the rows that they are made of; all of one room, by the primary key or message(chat_id, seq). */

const RANGES = 'SELECT first_seq, last_seq, change FROM search_segment';
const SEGMENTS = 'SELECT first_seq, last_seq, change, key_at, data FROM search_segment';

/** Those that end at a place or after it, the first one first. Parameters: room, place, limit. */
export const RANGES_FROM = statement({
  name: 'segment_ranges_from',
  postgres: `${RANGES} WHERE chat_id = $1 AND last_seq >= $2 ORDER BY last_seq LIMIT $3`,
  sqlite: `${RANGES} WHERE chat_id = ? AND last_seq >= ? ORDER BY last_seq LIMIT +?`,
});

/** Those before the one over a place, and that one, the last one first. Parameters: room, place, limit. */
export const RANGES_DOWN_FROM = statement({
  name: 'segment_ranges_down_from',
  postgres: `${RANGES} WHERE chat_id = $1 AND last_seq <= coalesce(
      (SELECT last_seq FROM search_segment WHERE chat_id = $1 AND last_seq >= $2 ORDER BY last_seq LIMIT 1), $2)
    ORDER BY last_seq DESC LIMIT $3`,
  sqlite: `${RANGES} WHERE chat_id = ?1 AND last_seq <= coalesce(
      (SELECT last_seq FROM search_segment WHERE chat_id = ?1 AND last_seq >= ?2 ORDER BY last_seq LIMIT 1), ?2)
    ORDER BY last_seq DESC LIMIT +?3`,
});

/** The segment that ends at a place. Parameters: room, place. */
export const FIND_SEGMENT = statement({
  name: 'find_segment',
  postgres: `${SEGMENTS} WHERE chat_id = $1 AND last_seq = $2`,
  sqlite: `${SEGMENTS} WHERE chat_id = ? AND last_seq = ?`,
});

/** Of all rooms. Parameters: room and place of the last one before it. */
export const SEGMENT_AFTER = statement({
  name: 'segment_after',
  postgres: `SELECT chat_id, last_seq FROM search_segment
    WHERE (chat_id, last_seq) > ($1::uuid, $2) ORDER BY chat_id, last_seq LIMIT 1`,
  sqlite: `SELECT chat_id, last_seq FROM search_segment
    WHERE (chat_id, last_seq) > (?, ?) ORDER BY chat_id, last_seq LIMIT 1`,
});

/** Parameters: room, first and last `seq`, change, the message id that its keys serve, bytes. */
export const INSERT_SEGMENT = statement({
  name: 'insert_segment',
  postgres: `INSERT INTO search_segment (chat_id, first_seq, last_seq, change, key_at, data)
    VALUES ($1, $2, $3, $4, $5, $6)`,
  sqlite: `INSERT INTO search_segment (chat_id, first_seq, last_seq, change, key_at, data)
    VALUES (?, ?, ?, ?, ?, ?)`,
});

/** Those that end within a range. Parameters: room, first and last `seq`. */
export const DELETE_SEGMENTS = statement({
  name: 'delete_segments',
  postgres: 'DELETE FROM search_segment WHERE chat_id = $1 AND last_seq >= $2 AND last_seq <= $3',
  sqlite: 'DELETE FROM search_segment WHERE chat_id = ? AND last_seq >= ? AND last_seq <= ?',
});

/** A segment as it was read, unless another one stands there by now. Parameters: room, last `seq`, change. */
export const DELETE_SEGMENT = statement({
  name: 'delete_segment',
  postgres: 'DELETE FROM search_segment WHERE chat_id = $1 AND last_seq = $2 AND change = $3',
  sqlite: 'DELETE FROM search_segment WHERE chat_id = ? AND last_seq = ? AND change = ?',
});

/** The one over a message. Parameters: room, `seq`. */
export const DELETE_OVER = statement({
  name: 'delete_segment_over',
  postgres: `DELETE FROM search_segment WHERE chat_id = $1 AND first_seq <= $2 AND last_seq =
    (SELECT last_seq FROM search_segment WHERE chat_id = $1 AND last_seq >= $2 ORDER BY last_seq LIMIT 1)
    RETURNING last_seq`,
  sqlite: `DELETE FROM search_segment WHERE chat_id = ?1 AND first_seq <= ?2 AND last_seq =
    (SELECT last_seq FROM search_segment WHERE chat_id = ?1 AND last_seq >= ?2 ORDER BY last_seq LIMIT 1)
    RETURNING last_seq`,
});

/** Some of a room that is over. Parameters: room, limit. */
export const DELETE_OF_ROOM = statement({
  name: 'delete_segments_of_room',
  postgres: `DELETE FROM search_segment WHERE chat_id = $1 AND last_seq IN
    (SELECT last_seq FROM search_segment WHERE chat_id = $1 ORDER BY last_seq LIMIT $2) RETURNING last_seq`,
  sqlite: `DELETE FROM search_segment WHERE chat_id = ?1 AND last_seq IN
    (SELECT last_seq FROM search_segment WHERE chat_id = ?1 ORDER BY last_seq LIMIT +?2) RETURNING last_seq`,
});

/** Parameters: room, first and last `seq`, limit. */
export const ROWS_FROM = statement({
  name: 'sealed_messages_from',
  postgres: `SELECT id, seq, sender_id, ciphertext FROM message
    WHERE chat_id = $1 AND seq >= $2 AND seq <= $3 ORDER BY seq LIMIT $4`,
  sqlite: `SELECT id, seq, sender_id, ciphertext FROM message
    WHERE chat_id = ? AND seq >= ? AND seq <= ? ORDER BY seq LIMIT +?`,
});

/** A message that has changed since. Parameters: room, first and last `seq`, change. */
export const CHANGED_IN = statement({
  name: 'message_changed_in',
  postgres: `SELECT seq FROM message WHERE chat_id = $1 AND seq >= $2 AND seq <= $3 AND change > $4 LIMIT 1`,
  sqlite: `SELECT seq FROM message WHERE chat_id = ? AND seq >= ? AND seq <= ? AND change > ? LIMIT 1`,
});

/** Rooms, the newest first, deleted ones too. Parameters: the last one before them, limit. */
export const ROOMS_BEFORE = statement({
  name: 'rooms_before',
  postgres: `SELECT id, last_seq, last_change, deleted_at FROM chat WHERE id < $1 ORDER BY id DESC LIMIT $2`,
  sqlite: `SELECT id, last_seq, last_change, deleted_at FROM chat WHERE id < ? ORDER BY id DESC LIMIT +?`,
});

/** How a room stands. Parameter: room. */
export const ROOM_COUNTS = statement({
  name: 'room_counts_to_index',
  postgres: `SELECT last_seq, last_change, deleted_at FROM chat WHERE id = $1`,
  sqlite: `SELECT last_seq, last_change, deleted_at FROM chat WHERE id = ?`,
});
