import { setImmediate } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { statement } from '../database/statement.js';
import { BEFORE_ALL } from './chat.repository.js';
import { SMALL_ROOM } from './member.dto.js';

/**
 * By the primary key: without the sign SQLite goes through all that are not deleted. Parameter: ids of
 * rooms.
 */
const LAST_CHANGES = statement({
  name: 'last_changes',
  postgres: 'SELECT id, last_change FROM chat WHERE id = ANY($1::uuid[]) AND deleted_at IS NULL',
  sqlite: `SELECT id, last_change FROM chat
    WHERE id IN (SELECT value FROM json_each(?)) AND +deleted_at IS NULL`,
});

/** By the primary key. Parameter: pairs of room and user. */
const TAKEN = statement({
  name: 'taken_seats',
  postgres: `SELECT chat_id, user_id FROM unnest($1::uuid[], $2::uuid[]) AS seat (chat_id, user_id)
    JOIN member USING (chat_id, user_id)`,
  sqlite: `SELECT chat_id, user_id FROM member
    WHERE (chat_id, user_id) IN (SELECT value->>0, value->>1 FROM json_each(?))`,
});

/** Index member(user_id, chat_id). Parameter: ids of users. */
const COUNTS = statement({
  name: 'membership_counts',
  postgres: 'SELECT user_id, count(*) FROM member WHERE user_id = ANY($1::uuid[]) GROUP BY user_id',
  sqlite: `SELECT user_id, count(*) FROM member
    WHERE user_id IN (SELECT value FROM json_each(?)) GROUP BY user_id`,
});

/**
 * Index member(user_id, chat_id). No join: before it knows the tables, PostgreSQL may go through all
 * rooms for each of the user's. Parameters: user, place, limit.
 */
const SIZES = statement({
  name: 'sizes_of_joined_chats',
  postgres: `SELECT chat_id, (SELECT member_count FROM chat WHERE id = chat_id)
    FROM member WHERE user_id = $1 AND chat_id > $2 ORDER BY chat_id LIMIT $3`,
  sqlite: `SELECT chat_id, (SELECT member_count FROM chat WHERE id = chat_id)
    FROM member WHERE user_id = ? AND chat_id > ? ORDER BY chat_id LIMIT +?`,
});

/** Memberships that are read at once. */
const STEP = 500;

export type SeatRow = [chatId: string, userId: string];

/** Who is in which room, for whoever remembers it and wants to know whether it is still so. */
@Injectable()
export class Memberships {
  constructor(private readonly database: Database) {}

  /** How far rooms have come, by id; those that are over are left out. */
  async lastChanges(chatIds: string[]): Promise<Map<string, number>> {
    return new Map(await this.database.rows<[string, number]>(LAST_CHANGES, [chatIds]));
  }

  /** Those of these users and rooms of which the one is in the other. */
  taken(seats: SeatRow[]): Promise<SeatRow[]> {
    return this.database.rows<SeatRow>(TAKEN, [seats]);
  }

  /** A user's rooms where people are told of each other, some at a time; others come in between. */
  async *smallRooms(userId: string): AsyncGenerator<string[]> {
    for (let [after, isEnd] = [BEFORE_ALL, false]; !isEnd;) {
      const rows = await this.database.rows<[string, number]>(SIZES, [userId, after, STEP]);
      yield rows.filter(([, count]) => count <= SMALL_ROOM).map(([chatId]) => chatId);
      isEnd = rows.length < STEP;
      if (!isEnd) [after] = rows[STEP - 1];
      await setImmediate();
    }
  }

  /** In how many rooms users are, by id; those that are over and not yet cleared away count too. */
  async counts(userIds: string[]): Promise<Map<string, number>> {
    const rows = await this.database.rows<[string, string | number]>(COUNTS, [userIds]);
    return new Map(rows.map(([userId, count]) => [userId, Number(count)]));
  }
}
