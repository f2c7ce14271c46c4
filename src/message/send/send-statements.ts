import { PUT_MEMBERS, UPDATE_COUNTS } from '../../chat/room-statements.js';
import { statement } from '../../database/statement.js';
import { MESSAGE_COLUMNS, QUALIFIED_COLUMNS } from '../message-rows.js';

const INSERT_COLUMNS = `id, chat_id, seq, change, sender_id, client_id, client_key, reply_to,
  ciphertext, attachment_count, created_at`;

/**
 * Messages by their `client_id`s, each after its `client_key`. The unique index. Parameter: room,
 * sender and `client_key` of each.
 */
export const FIND_KNOWN = statement({
  name: 'find_sent_before',
  postgres: `SELECT message.client_key, ${QUALIFIED_COLUMNS}
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS asked (chat_id, sender_id, client_key)
    JOIN message ON message.chat_id = asked.chat_id AND message.sender_id = asked.sender_id
      AND message.client_key = asked.client_key AND message.client_key IS NOT NULL`,
  // Said twice that it is not null: else SQLite does not see that the index holds all of these.
  sqlite: `SELECT client_key, ${MESSAGE_COLUMNS} FROM message
    WHERE (chat_id, sender_id, client_key) IN (SELECT value->>0, value->>1, value->>2 FROM json_each(?))
      AND client_key IS NOT NULL`,
});

/** The rooms of messages that are answered. By the primary key. Parameter: ids. */
export const FIND_ANSWERED = statement({
  name: 'find_answered',
  postgres: 'SELECT id, chat_id FROM message WHERE id = ANY($1::uuid[])',
  sqlite: 'SELECT id, chat_id FROM message WHERE id IN (SELECT value FROM json_each(?))',
});

const INSERT_ROW = `INSERT INTO message (${INSERT_COLUMNS}) VALUES
  (@id, @chat_id, @seq, @change, @sender_id, @client_id, @client_key, @reply_to, @ciphertext,
    @attachment_count, @created_at)`;

/** List: messages. */
export const INSERT_MESSAGES = statement({
  name: 'insert_messages',
  postgres: `INSERT INTO message (${INSERT_COLUMNS}) SELECT ${INSERT_COLUMNS}
    FROM json_populate_recordset(NULL::message, $1)`,
  sqlite: [INSERT_ROW],
});

/**
 * What sends write as a rule, as one: each statement costs PostgreSQL about as much as what it does.
 * Lists: the rooms' counts, their senders' memberships, the messages.
 */
export const WRITE_SENDS = statement({
  name: 'write_sends',
  postgres: `WITH counts AS (${UPDATE_COUNTS.postgres}), members AS (${PUT_MEMBERS.postgres})
    INSERT INTO message (${INSERT_COLUMNS}) SELECT ${INSERT_COLUMNS}
    FROM json_populate_recordset(NULL::message, $3)`,
  sqlite: [UPDATE_COUNTS.sqlite, PUT_MEMBERS.sqlite, INSERT_ROW],
});
