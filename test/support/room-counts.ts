import { expect } from 'vitest';
import type { TestApp } from './test-app.js';

/** That the counters of all users are those of their memberships. */
export async function expectCounted(app: TestApp): Promise<void> {
  const rows = await app.sql<Record<string, string | number>>(
    `SELECT id, room_count, invited_count,
      (SELECT count(*) FROM member WHERE user_id = users.id) AS rooms,
      (SELECT count(*) FROM member WHERE user_id = users.id AND invited_by IS NOT NULL) AS invited
      FROM users`,
  );
  expect(rows.length).toBeGreaterThan(0);
  const stored = rows.map(({ id, room_count, invited_count }) => [id, room_count, invited_count]);
  const counted = rows.map(({ id, rooms, invited }) => [id, Number(rooms), Number(invited)]);
  expect(stored).toEqual(counted);
}
