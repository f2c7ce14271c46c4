import { rowsOf, statement } from '../database/statement.js';

/** What is read and written of files, and of their uploaders' quota. */

const ATTACHMENT_COLUMNS = `id, chat_id, uploader_id, client_key, state, sealed, size, part_count,
  thumbnail_size, message_id, position, remove_at`;

const SELECT = `SELECT ${ATTACHMENT_COLUMNS} FROM attachment`;
/** Those that have not ended. */
const LIVING = `state <> 'ended'`;

/** By the primary key. Parameter: ids. */
export const FIND_ATTACHMENTS = statement({
  name: 'find_attachments',
  postgres: `${SELECT} WHERE id = ANY($1::uuid[])`,
  sqlite: `${SELECT} WHERE id IN (SELECT value FROM json_each(?))`,
});

/** The same, locked in the order of the ids: after rooms, and before users. */
export const LOCK_ATTACHMENTS = statement({
  name: 'lock_attachments',
  postgres: `${FIND_ATTACHMENTS.postgres} ORDER BY id FOR UPDATE`,
  sqlite: `${FIND_ATTACHMENTS.sqlite} ORDER BY id`,
});

/** Those that are whole. By the primary key. Parameters: the last one before them, limit. */
export const STORED_AFTER = statement({
  name: 'stored_attachments_after',
  postgres: `${SELECT} WHERE id > $1::uuid AND state = 'complete' AND sealed IS NOT NULL ORDER BY id LIMIT $2`,
  sqlite: `${SELECT} WHERE id > ? AND state = 'complete' AND sealed IS NOT NULL ORDER BY id LIMIT +?`,
});

const HAS_KEYS = `sealed IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM chat WHERE chat.id = chat_id AND deleted_at IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM users WHERE users.id = uploader_id AND erased_at IS NOT NULL)`;

/** Such as have to open: not of a deleted room or an erased sender. By the primary keys. Parameter: ids. */
export const STILL_STORED = statement({
  name: 'still_stored_attachments',
  postgres: `${FIND_ATTACHMENTS.postgres} AND ${HAS_KEYS}`,
  sqlite: `${FIND_ATTACHMENTS.sqlite} AND ${HAS_KEYS}`,
});

/** Those of messages, in the order sent. Index attachment(message_id). Parameter: messages. */
export const FIND_OF_MESSAGES = statement({
  name: 'attachments_of_messages',
  postgres: `${SELECT} WHERE message_id = ANY($1::uuid[]) AND ${LIVING} ORDER BY message_id, position`,
  sqlite: `${SELECT} WHERE message_id IN (SELECT value FROM json_each(?)) AND ${LIVING}
    ORDER BY message_id, position`,
});

/** Index attachment(chat_id, uploader_id, client_key). Parameters: room, user, key. */
export const FIND_REPEATED = statement({
  name: 'find_attachment_made_before',
  postgres: `${SELECT} WHERE chat_id = $1 AND uploader_id = $2 AND client_key = $3`,
  sqlite: `${SELECT} WHERE chat_id = ? AND uploader_id = ? AND client_key = ?`,
});

/** Index attachment(chat_id). Parameters: room, limit. */
export const LIST_OF_ROOM = statement({
  name: 'attachments_of_room',
  postgres: `SELECT id FROM attachment WHERE chat_id = $1 AND ${LIVING} LIMIT $2`,
  sqlite: `SELECT id FROM attachment WHERE chat_id = ? AND ${LIVING} LIMIT +?`,
});

/** Index attachment(uploader_id, chat_id). Parameters: user, limit. */
export const LIST_OF_USER = statement({
  name: 'attachments_of_user',
  postgres: `SELECT id FROM attachment WHERE uploader_id = $1 AND ${LIVING} LIMIT $2`,
  sqlite: `SELECT id FROM attachment WHERE uploader_id = ? AND ${LIVING} LIMIT +?`,
});

/** Those whose time is over. Index attachment(remove_at). Parameters: now, limit. */
export const LIST_DUE = statement({
  name: 'attachments_due',
  postgres: 'SELECT id FROM attachment WHERE remove_at <= $1 ORDER BY remove_at LIMIT $2',
  sqlite: 'SELECT id FROM attachment WHERE remove_at <= ? ORDER BY remove_at LIMIT +?',
});

/** Those whose check was left. Index attachment(checking_at). Parameters: since when, limit. */
export const LIST_UNCHECKED = statement({
  name: 'attachments_unchecked',
  postgres: 'SELECT id FROM attachment WHERE checking_at <= $1 ORDER BY checking_at LIMIT $2',
  sqlite: 'SELECT id FROM attachment WHERE checking_at <= ? ORDER BY checking_at LIMIT +?',
});

/** By the primary key. Parameter: files. */
export const LIST_PARTS = statement({
  name: 'parts_of_attachments',
  postgres: `SELECT attachment_id, number, object FROM attachment_part
    WHERE attachment_id = ANY($1::uuid[]) ORDER BY attachment_id, number`,
  sqlite: `SELECT attachment_id, number, object FROM attachment_part
    WHERE attachment_id IN (SELECT value FROM json_each(?)) ORDER BY attachment_id, number`,
});

/** List: new files. */
export const INSERT_ATTACHMENT = statement({
  name: 'insert_attachment',
  postgres: `INSERT INTO attachment (id, chat_id, uploader_id, client_key, state, sealed, size, part_count,
      created_at, remove_at)
    SELECT id, chat_id, uploader_id, client_key, state, sealed, size, part_count, created_at, remove_at
    FROM json_populate_recordset(NULL::attachment, $1)`,
  sqlite: [
    `INSERT INTO attachment (id, chat_id, uploader_id, client_key, state, sealed, size, part_count,
      created_at, remove_at)
    VALUES (@id, @chat_id, @uploader_id, @client_key, @state, @sealed, @size, @part_count, @created_at,
      @remove_at)`,
  ],
});

/** List: parts; another object takes the place of the one before. */
export const PUT_PARTS = statement({
  name: 'put_attachment_parts',
  postgres: `INSERT INTO attachment_part (attachment_id, number, object)
    SELECT attachment_id, number, object FROM json_populate_recordset(NULL::attachment_part, $1)
    ON CONFLICT (attachment_id, number) DO UPDATE SET object = excluded.object`,
  sqlite: [
    `INSERT INTO attachment_part (attachment_id, number, object)
    VALUES (@attachment_id, @number, @object)
    ON CONFLICT (attachment_id, number) DO UPDATE SET object = excluded.object`,
  ],
});

/** List: files with what becomes of them. By the primary key. */
export const UPDATE_ATTACHMENTS = statement({
  name: 'update_attachments',
  postgres: `UPDATE attachment SET state = row.state, sealed = row.sealed, remove_at = row.remove_at,
      checking_at = row.checking_at, thumbnail_size = row.thumbnail_size, message_id = row.message_id,
      position = row.position
    FROM ${rowsOf('attachment', '$1')} AS row WHERE attachment.id = row.id`,
  sqlite: [
    `UPDATE attachment SET state = @state, sealed = @sealed, remove_at = @remove_at,
      checking_at = @checking_at, thumbnail_size = @thumbnail_size, message_id = @message_id,
      position = @position WHERE id = @id`,
  ],
});

/** By the primary keys. Parameter: files. */
export const DELETE_PARTS = statement({
  name: 'delete_attachment_parts',
  postgres: 'DELETE FROM attachment_part WHERE attachment_id = ANY($1::uuid[])',
  sqlite: 'DELETE FROM attachment_part WHERE attachment_id IN (SELECT value FROM json_each(?))',
});

/** The same. */
export const DELETE_ATTACHMENTS = statement({
  name: 'delete_attachments',
  postgres: `DELETE FROM attachment WHERE id = ANY($1::uuid[]) AND state = 'ended'`,
  sqlite: `DELETE FROM attachment WHERE id IN (SELECT value FROM json_each(?)) AND state = 'ended'`,
});

/**
 * Reserves space for one more file, where there is enough. By the primary key. Parameters: user, bytes,
 * the quota in bytes, and how many may be unfinished.
 */
export const RESERVE_SPACE = statement({
  name: 'reserve_attachment_space',
  postgres: `UPDATE users SET attachment_bytes = attachment_bytes + $2::bigint, upload_count = upload_count + 1
    WHERE id = $1 AND attachment_bytes + $2::bigint <= $3::bigint AND upload_count < $4::int RETURNING id`,
  sqlite: `UPDATE users SET attachment_bytes = attachment_bytes + ?2, upload_count = upload_count + 1
    WHERE id = ?1 AND attachment_bytes + ?2 <= ?3 AND upload_count < ?4 RETURNING id`,
});

/** List: users, in the order of their ids, with what is given back of their space and their uploads. */
export const GIVE_SPACE_BACK = statement({
  name: 'give_attachment_space_back',
  postgres: `UPDATE users SET attachment_bytes = users.attachment_bytes - row.attachment_bytes,
      upload_count = users.upload_count - row.upload_count
    FROM ${rowsOf('users', '$1')} AS row WHERE users.id = row.id`,
  sqlite: [
    `UPDATE users SET attachment_bytes = attachment_bytes - @attachment_bytes,
      upload_count = upload_count - @upload_count WHERE id = @id`,
  ],
});
