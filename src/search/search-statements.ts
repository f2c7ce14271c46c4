import { statement } from '../database/statement.js';
import { MESSAGE_COLUMNS } from '../message/message-rows.js';

/**
 * The last messages of a range that may fit, the newest first: with a text, of a living author, in
 * a room that is not over: else none of them would open. Index message(chat_id, seq). Parameters: room, from and up to which `seq`, sender or null, times, limit.
 */
export const SEARCHABLE_ROWS = statement({
  name: 'searchable_messages',
  postgres: `SELECT ${MESSAGE_COLUMNS} FROM message
    WHERE chat_id = $1 AND seq BETWEEN $2 AND $3 AND ciphertext IS NOT NULL
      AND ($4::uuid IS NULL OR sender_id = $4) AND created_at >= $5 AND created_at < $6
      AND (SELECT erased_at FROM users WHERE users.id = sender_id) IS NULL
      AND (SELECT deleted_at FROM chat WHERE chat.id = $1) IS NULL
    ORDER BY seq DESC LIMIT $7`,
  sqlite: `SELECT ${MESSAGE_COLUMNS} FROM message
    WHERE chat_id = ?1 AND seq BETWEEN ?2 AND ?3 AND ciphertext IS NOT NULL
      AND (?4 IS NULL OR sender_id = ?4) AND created_at >= ?5 AND created_at < ?6
      AND (SELECT erased_at FROM users WHERE users.id = sender_id) IS NULL
      AND (SELECT deleted_at FROM chat WHERE chat.id = ?1) IS NULL
    ORDER BY seq DESC LIMIT +?7`,
});

/**
 * Rooms that a user has joined and how far each has come, the newest id first; null where one is over.
 * Index member(user_id, chat_id). No join: before it knows the tables, PostgreSQL may go through all rooms
 * for each of the user's. Parameters: user, the greatest id, limit.
 */
export const JOINED_DOWN_FROM = statement({
  name: 'joined_chats_down_from',
  postgres: `SELECT chat_id, (SELECT last_seq FROM chat WHERE id = chat_id AND deleted_at IS NULL)
    FROM member WHERE user_id = $1 AND chat_id <= $2 ORDER BY chat_id DESC LIMIT $3`,
  sqlite: `SELECT chat_id, (SELECT last_seq FROM chat WHERE id = chat_id AND deleted_at IS NULL)
    FROM member WHERE user_id = ? AND chat_id <= ? ORDER BY chat_id DESC LIMIT +?`,
});
