import { rowsOf, statement } from '../database/statement.js';
import { CHAT_COLUMNS, MEMBER_COLUMNS } from './room-rows.js';

/** What the transactions read and write that lock rooms. */

/** In the order of the ids, by the primary key. Parameter: ids. */
export const LOCK_CHATS = statement({
  name: 'lock_chats',
  postgres: `SELECT ${CHAT_COLUMNS} FROM chat WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
  sqlite: `SELECT ${CHAT_COLUMNS} FROM chat WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
});

/** By the primary key. Parameter: pairs of room and user. */
export const FIND_MEMBERS = statement({
  name: 'find_members',
  postgres: `SELECT ${MEMBER_COLUMNS} FROM unnest($1::uuid[], $2::uuid[]) AS seat (chat_id, user_id)
    JOIN member ON member.chat_id = seat.chat_id AND member.user_id = seat.user_id`,
  sqlite: `SELECT ${MEMBER_COLUMNS} FROM member
    WHERE (chat_id, user_id) IN (SELECT value->>0, value->>1 FROM json_each(?))`,
});

/** Index member(chat_id, user_id). Parameters: room, limit. */
export const LIST_MEMBERS = statement({
  name: 'list_members',
  postgres: `SELECT ${MEMBER_COLUMNS} FROM member WHERE chat_id = $1 ORDER BY user_id LIMIT $2`,
  sqlite: `SELECT ${MEMBER_COLUMNS} FROM member WHERE chat_id = ? ORDER BY user_id LIMIT +?`,
});

/** In the order of the ids, by the primary key. Parameter: ids. */
export const LOCK_COUNTS = statement({
  name: 'lock_room_counts',
  postgres: `SELECT id, room_count, invited_count, erased_at FROM users
    WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
  sqlite: `SELECT id, room_count, invited_count, erased_at FROM users
    WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id`,
});

/** Index member(user_id, invited_by). Parameters: user, who has put them into rooms, limit. */
export const COUNT_INVITED_BY = statement({
  name: 'count_invited_by',
  postgres: `SELECT count(*) FROM (SELECT 1 FROM member
    WHERE user_id = $1 AND invited_by = $2 LIMIT $3) AS bounded`,
  sqlite: `SELECT count(*) FROM (SELECT 1 FROM member
    WHERE user_id = ? AND invited_by = ? LIMIT +?) AS bounded`,
});

/** Of rooms in which only this has changed: with every message, and no index holds any of it. */
export const UPDATE_COUNTS = {
  postgres: `UPDATE chat SET last_seq = row.last_seq, last_change = row.last_change,
    last_message_at = row.last_message_at, last_deleted_seq = row.last_deleted_seq,
    member_count = row.member_count
    FROM ${rowsOf('chat', '$1')} AS row WHERE chat.id = row.id`,
  sqlite: `UPDATE chat SET last_seq = @last_seq, last_change = @last_change,
    last_message_at = @last_message_at, last_deleted_seq = @last_deleted_seq,
    member_count = @member_count WHERE id = @id`,
};

const UPDATE_CHATS = {
  postgres: `UPDATE chat SET last_seq = row.last_seq, last_change = row.last_change,
    last_message_at = row.last_message_at, last_deleted_seq = row.last_deleted_seq,
    member_count = row.member_count, chat_name = row.chat_name, visibility = row.visibility,
    deleted_at = row.deleted_at
    FROM ${rowsOf('chat', '$3')} AS row WHERE chat.id = row.id`,
  sqlite: `UPDATE chat SET last_seq = @last_seq, last_change = @last_change,
    last_message_at = @last_message_at, last_deleted_seq = @last_deleted_seq,
    member_count = @member_count, chat_name = @chat_name, visibility = @visibility,
    deleted_at = @deleted_at WHERE id = @id`,
};

/** A read marker moves without the room's lock, and never back. */
export const PUT_MEMBERS = {
  postgres: `INSERT INTO member (chat_id, user_id, role, joined_at, read_seq, invited_by)
    SELECT chat_id, user_id, role, joined_at, read_seq, invited_by
    FROM json_populate_recordset(NULL::member, $2)
    ON CONFLICT (chat_id, user_id) DO UPDATE SET role = excluded.role,
      read_seq = GREATEST(excluded.read_seq, member.read_seq)`,
  sqlite: `INSERT INTO member (chat_id, user_id, role, joined_at, read_seq, invited_by)
    VALUES (@chat_id, @user_id, @role, @joined_at, @read_seq, @invited_by)
    ON CONFLICT (chat_id, user_id) DO UPDATE SET role = excluded.role,
      read_seq = max(excluded.read_seq, read_seq)`,
};

/** Of those whom nobody has put into the room any more: an index holds who has put whom. */
const TAKE_UP = {
  postgres: `UPDATE member SET invited_by = NULL, role = row.role,
      read_seq = GREATEST(row.read_seq, member.read_seq)
    FROM ${rowsOf('member', '$4')} AS row
    WHERE member.chat_id = row.chat_id AND member.user_id = row.user_id`,
  sqlite: `UPDATE member SET invited_by = NULL, role = @role, read_seq = max(@read_seq, read_seq)
    WHERE chat_id = @chat_id AND user_id = @user_id`,
};

const DELETE_MEMBERS = {
  postgres: `DELETE FROM member USING ${rowsOf('member', '$5')} AS row
    WHERE member.chat_id = row.chat_id AND member.user_id = row.user_id`,
  sqlite: 'DELETE FROM member WHERE chat_id = @chat_id AND user_id = @user_id',
};

const ADD_COUNTS = `UPDATE users SET room_count = room_count + @room_count,
  invited_count = invited_count + @invited_count WHERE id = @id`;

/**
 * What changes rooms, members, and how many rooms users are in; all by primary keys. Lists: rooms of
 * which the counts have changed, members, rooms of which more has, members who took up what others
 * put them into, members who left, and what is added to the counts of users.
 */
export const WRITE_ROOMS = statement({
  name: 'write_rooms',
  postgres: `WITH counts AS (${UPDATE_COUNTS.postgres}), members AS (${PUT_MEMBERS.postgres}),
    chats AS (${UPDATE_CHATS.postgres}), taken AS (${TAKE_UP.postgres}),
    removed AS (${DELETE_MEMBERS.postgres})
    UPDATE users SET room_count = users.room_count + row.room_count,
      invited_count = users.invited_count + row.invited_count
    FROM ${rowsOf('users', '$6')} AS row WHERE users.id = row.id`,
  sqlite: [
    UPDATE_COUNTS.sqlite,
    PUT_MEMBERS.sqlite,
    UPDATE_CHATS.sqlite,
    TAKE_UP.sqlite,
    DELETE_MEMBERS.sqlite,
    ADD_COUNTS,
  ],
});

/** Lists: new rooms, their first members, and what is added to the counts of users. */
export const INSERT_ROOMS = statement({
  name: 'insert_rooms',
  postgres: `WITH chats AS (INSERT INTO chat (id, chat_name, visibility, created_by, created_at,
      last_message_at, last_seq, last_change, last_deleted_seq, member_count, direct_key, deleted_at)
      SELECT id, chat_name, visibility, created_by, created_at, last_message_at, last_seq,
      last_change, last_deleted_seq, member_count, direct_key, deleted_at
      FROM json_populate_recordset(NULL::chat, $1)),
    members AS (${PUT_MEMBERS.postgres})
    UPDATE users SET room_count = users.room_count + row.room_count,
      invited_count = users.invited_count + row.invited_count
    FROM ${rowsOf('users', '$3')} AS row WHERE users.id = row.id`,
  sqlite: [
    `INSERT INTO chat (id, chat_name, visibility, created_by, created_at, last_message_at, last_seq,
      last_change, last_deleted_seq, member_count, direct_key, deleted_at)
    VALUES (@id, @chat_name, @visibility, @created_by, @created_at, @last_message_at, @last_seq,
      @last_change, @last_deleted_seq, @member_count, @direct_key, @deleted_at)`,
    PUT_MEMBERS.sqlite,
    ADD_COUNTS,
  ],
});
