import { rowsOf, statement } from '../database/statement.js';

/** What room names are found by. `chat_word` has words of public rooms alone. */

/** Index chat_word(chat_id). List: rooms. */
export const DELETE_WORDS = statement({
  name: 'delete_chat_words',
  postgres: `DELETE FROM chat_word USING ${rowsOf('chat_word', '$1')} AS row
    WHERE chat_word.chat_id = row.chat_id`,
  sqlite: ['DELETE FROM chat_word WHERE chat_id = @chat_id'],
});

/** List: words of rooms. */
export const INSERT_WORDS = statement({
  name: 'insert_chat_words',
  postgres: `INSERT INTO chat_word (word, chat_id)
    SELECT word, chat_id FROM json_populate_recordset(NULL::chat_word, $1)`,
  sqlite: ['INSERT INTO chat_word (word, chat_id) VALUES (@word, @chat_id)'],
});

/** By the primary key, in bytes. Parameters: the first, what is beyond the last, limit. */
export const FIND_BY_WORD = statement({
  name: 'find_chats_by_word',
  postgres: 'SELECT chat_id FROM chat_word WHERE word >= $1 AND word < $2 LIMIT $3',
  sqlite: 'SELECT chat_id FROM chat_word WHERE word >= ? AND word < ? LIMIT +?',
});

/** Rooms that are public no more show none. */
const PUBLIC_NAME = `CASE WHEN visibility = 'public' AND deleted_at IS NULL THEN chat_name END`;

/** By the primary key. Parameter: ids. */
export const FIND_NAMES = statement({
  name: 'find_public_chat_names',
  postgres: `SELECT id, ${PUBLIC_NAME} FROM chat WHERE id = ANY($1::uuid[])`,
  sqlite: `SELECT id, ${PUBLIC_NAME} FROM chat WHERE id IN (SELECT value FROM json_each(?))`,
});

/** Index chat(visibility, id). Parameters: place, limit. */
export const LIST_PUBLIC_NAMES = statement({
  name: 'list_public_chat_names',
  postgres: `SELECT id, chat_name FROM chat
    WHERE visibility = 'public' AND deleted_at IS NULL AND id > $1 ORDER BY id LIMIT $2`,
  sqlite: `SELECT id, chat_name FROM chat
    WHERE visibility = 'public' AND deleted_at IS NULL AND id > ? ORDER BY id LIMIT +?`,
});

/**
 * Index member(user_id, chat_id). No join: before it knows the tables, PostgreSQL may go through all
 * rooms for each of the user's. Direct rooms have no name, those that are over show none. Parameters:
 * user, place, limit.
 */
export const LIST_JOINED_NAMES = statement({
  name: 'list_joined_chat_names',
  postgres: `SELECT chat_id, (SELECT chat_name FROM chat WHERE id = chat_id AND deleted_at IS NULL)
    FROM member WHERE user_id = $1 AND chat_id > $2 ORDER BY chat_id LIMIT $3`,
  sqlite: `SELECT chat_id, (SELECT chat_name FROM chat WHERE id = chat_id AND deleted_at IS NULL)
    FROM member WHERE user_id = ? AND chat_id > ? ORDER BY chat_id LIMIT +?`,
});
