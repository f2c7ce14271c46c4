import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionOf } from '../../src/database/sqlite/typeorm-internals.js';
import { statement, statements } from '../../src/database/statement.js';
import { scansOfPostgres, scansOfSqlite } from '../support/full-scans.js';
import { OpenedDatabase } from '../support/opened-database.js';
import { isPostgres } from '../support/test-database.js';

const SRC = fileURLToPath(new URL('../../src', import.meta.url));
const MADE = /[^\w.]statement\(\{\s*name: '(\w+)'/g;

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join(SRC, file));
const named = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(MADE)].map(([, name]) => ({ name, file })),
);
for (const file of new Set(named.map((one) => one.file))) await import(/* @vite-ignore */ file);

let opened: OpenedDatabase;
beforeAll(async () => {
  opened = await OpenedDatabase.open();
  if (isPostgres) await fill();
});
afterAll(() => opened.drop());

/** Enough rows that a plan which goes through them looks as dear as it is. */
async function fill(): Promise<void> {
  const id = (series: number, n: string): string =>
    `('0190000${series}-0000-7000-8000-' || lpad((${n})::text, 12, '0'))::uuid`;
  const rows = (count: number): string => `FROM generate_series(1, ${count}) AS n`;
  await opened.database.write(async ({ manager }) => {
    for (const sql of [
      `INSERT INTO users (id, email_key, password_hash, created_at, room_count, invited_count,
          attachment_bytes, upload_count)
        SELECT ${id(1, 'n')}, n, '', 1, 10, 0, 0, 0 ${rows(5000)}`,
      `INSERT INTO wrapped_key (owner_id, kind, since, key_id, token)
        SELECT ${id(1, 'n')}, 'author', ${id(0, '0')}, n % 3, 'x' ${rows(5000)}`,
      `INSERT INTO chat (id, visibility, created_by, created_at, last_seq, last_change,
          last_deleted_seq, member_count)
        SELECT ${id(2, 'n')}, CASE n % 2 WHEN 0 THEN 'public' ELSE 'private' END,
          ${id(1, '1')}, 1, 10, 11, 0, 10 ${rows(5000)}`,
      `INSERT INTO chat_word (word, chat_id)
        SELECT 'w' || n, ${id(2, '1 + n / 10')} ${rows(49_990)}`,
      `INSERT INTO member (chat_id, user_id, role, joined_at, read_seq)
        SELECT ${id(2, '1 + n / 10')}, ${id(1, '1 + n % 5000')}, 'member', 1, 0 ${rows(49_990)}`,
      `INSERT INTO message (id, chat_id, seq, change, sender_id, client_key, ciphertext,
          attachment_count, created_at)
        SELECT ${id(3, 'n')}, ${id(2, '1 + n / 10')}, 1 + n % 10, 1 + n % 10,
          ${id(1, '1 + n % 5000')}, n, 'x', 0, 1 ${rows(49_990)}`,
      `INSERT INTO attachment (id, chat_id, uploader_id, state, sealed, size, part_count, message_id,
          created_at)
        SELECT ${id(4, 'n')}, ${id(2, '1 + n / 10')}, ${id(1, '1 + n % 5000')}, 'complete', 'x', 1, 1,
          ${id(3, 'n')}, 1 ${rows(49_990)}`,
      `INSERT INTO attachment_part (attachment_id, number, object)
        SELECT ${id(4, 'n')}, 1, 'x' ${rows(49_990)}`,
      `INSERT INTO search_segment (chat_id, first_seq, last_seq, change, key_at, data)
        SELECT ${id(2, '1 + n / 10')}, 1 + n % 10, 1 + n % 10, 1, ${id(3, 'n')}, 'x' ${rows(49_990)}`,
    ]) {
      await manager.query(sql);
    }
  });
  await opened.database.write(({ manager }) => manager.query('ANALYZE'));
}

/** What SQLite takes for the marks of a text, none of which says anything. */
function nulls(sql: string): unknown[] {
  const names = [...sql.matchAll(/@(\w+)|\?(\d+)/g)].map(([, name, number]) => name ?? number);
  if (names.length > 0) return [Object.fromEntries(names.map((name) => [name, null]))];
  return Array<null>(sql.split('?').length - 1).fill(null);
}

function explainOnSqlite(sql: string): string[] {
  const connection = connectionOf(opened.database.reader);
  const plan = connection.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...nulls(sql));
  return scansOfSqlite(plan as { detail: string }[]);
}

/** As planned once for whatever is asked later. */
async function explainOnPostgres(sql: string): Promise<string[]> {
  const count = Math.max(0, ...[...sql.matchAll(/\$(\d+)/g)].map(([, n]) => Number(n)));
  const given = count > 0 ? `(${Array<string>(count).fill('NULL').join()})` : '';
  return opened.database.reader.transaction(async (manager) => {
    await manager.query('SET LOCAL plan_cache_mode = force_generic_plan');
    await manager.query('SET LOCAL enable_seqscan = off');
    await manager.query(`PREPARE asked AS ${sql}`);
    try {
      const explained = await manager.query(`EXPLAIN (FORMAT JSON) EXECUTE asked${given}`);
      return scansOfPostgres(explained[0]['QUERY PLAN'][0].Plan);
    } finally {
      await manager.query('DEALLOCATE asked').catch(() => undefined);
    }
  });
}

describe('the written-out statements', () => {
  it('are all known to this test, each by a name of its own', () => {
    const ours = [...statements.keys()].filter((name) => !name.startsWith('test_'));
    expect(named.map(({ name }) => name).sort()).toEqual(ours.sort());
    expect(statements.size).toBeGreaterThan(25);
    const again = { ...statements.get('find_message')! };
    expect(() => statement(again)).toThrow('Two statements are named find_message');
  });

  it('do not change', () => {
    for (const known of statements.values()) expect(Object.isFrozen(known)).toBe(true);
  });

  /** A handful of rows, which PostgreSQL reads whole. */
  const small = /of (job|installation|key_report|master_key)$/;
  /** Of any number of people at once, which in a small database is as well all rooms. */
  const ofMany = ['list_joined_changes'];

  it.each(named.map(({ name }) => name))(
    '%s is taken, and stands behind an index',
    async (name) => {
      const { postgres, sqlite } = statements.get(name)!;
      if (isPostgres) {
        const scans = (await explainOnPostgres(postgres)).filter((scan) => !small.test(scan));
        return expect(ofMany.includes(name) ? [] : scans).toEqual([]);
      }
      for (const sql of [sqlite].flat()) expect(explainOnSqlite(sql)).toEqual([]);
    },
  );

  it.each([
    'SELECT id FROM message WHERE sender_id = $1',
    'SELECT id FROM message WHERE ciphertext = $1 ORDER BY id LIMIT 1',
    'SELECT id FROM chat WHERE deleted_at IS NULL AND id IN (SELECT chat_id FROM member)',
  ])('this test notices: %s', async (sql) => {
    const scans = isPostgres
      ? await explainOnPostgres(sql)
      : explainOnSqlite(sql.replace('$1', '?'));
    expect(scans).not.toEqual([]);
  });
});
