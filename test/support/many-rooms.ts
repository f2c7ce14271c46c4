import { newChat } from '../../src/chat/chat-factory.js';
import { INSERT_WORDS } from '../../src/chat/name-statements.js';
import { wordRows } from '../../src/chat/name-words.js';
import { chatRow } from '../../src/chat/room-rows.js';
import { INSERT_ROOMS } from '../../src/chat/room-statements.js';
import { Database } from '../../src/database/database.js';
import { isPostgres } from './test-database.js';
import type { TestApp, TestUser } from './test-app.js';

/** Ids that sort in the order of their numbers. */
const idOf = (series: number, n: number): string =>
  `01900000-${String(series).padStart(4, '0')}-7000-8000-${String(n).padStart(12, '0')}`;

let series = 0;

/** Makes empty rooms of which a user is the one member, faster than by requests. */
export async function givenRooms(app: TestApp, user: TestUser, count: number): Promise<string[]> {
  const own = ++series;
  const ids = Array.from({ length: count }, (_, n) => idOf(own, n));
  const listed = isPostgres
    ? 'SELECT value::uuid AS id FROM json_array_elements_text(?) AS item(value)'
    : 'SELECT value AS id FROM json_each(?)';
  const list = JSON.stringify(ids);
  await app.sql(
    `INSERT INTO chat (id, chat_name, visibility, created_by, created_at, last_seq, last_change,
        last_deleted_seq, member_count)
      SELECT id, 'Room', 'private', '${user.id}', 1, 0, 1, 0, 1 FROM (${listed}) AS given`,
    [list],
  );
  await app.sql(
    `INSERT INTO member (chat_id, user_id, role, joined_at, read_seq)
      SELECT id, '${user.id}', 'owner', 1, 0 FROM (${listed}) AS given`,
    [list],
  );
  const counted = 'UPDATE users SET room_count = room_count + ? WHERE id = ?';
  await app.sql(counted, [count, user.id]);
  return ids;
}

/** Makes empty public rooms without a member, in this order, and what they are found by. */
export async function givenPublicRooms(
  app: TestApp,
  maker: TestUser,
  names: string[],
): Promise<string[]> {
  const own = ++series;
  const ids = names.map((_, n) => idOf(own, n));
  const rows = names.map((name, n) => ({ ...newChat(maker.id, 'public', name), id: ids[n] }));
  await app.nest.get(Database).write((tx) => {
    tx.commitWith(
      { statement: INSERT_ROOMS, lists: [rows.map(chatRow), [], []] },
      { statement: INSERT_WORDS, lists: [rows.flatMap(wordRows)] },
    );
    return Promise.resolve();
  });
  return ids;
}
