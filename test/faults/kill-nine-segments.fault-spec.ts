import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { Database } from '../../src/database/database.js';
import { KeyVerification } from '../../src/encryption/key-verification.js';
import { MessageCipher } from '../../src/encryption/message-cipher.js';
import { Segments } from '../support/segments.js';
import { ServerProcess } from '../support/server-process.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres, TestDatabase } from '../support/test-database.js';
import { isShort, note } from './support/figures.js';
import { randomFrom, seed } from '../support/random.js';

/** So many are to come within it, of at most five times as many. */
const KILLS = isShort ? 2 : 10;
/** Two segments, each of sixteen. */
const MESSAGES = 8192;
/** At least as long as it takes to make them. */
const LONGEST_MS = 6000;
const NAME = `kill -9 within the making of segments, ${isPostgres ? 'PostgreSQL' : 'SQLite'}`;
const SIZES = { messages: 256, merged: 16 };
const ALL = [
  [1, 4096],
  [4097, 8192],
];

let database: TestDatabase;
beforeEach(async () => {
  database = await TestDatabase.create();
});
afterEach(async () => {
  await ServerProcess.killAll();
  await database?.drop();
});

async function fill(app: TestApp): Promise<string> {
  const { user, chatId } = await app.givenMember();
  const cipher = app.nest.get(MessageCipher);
  for (let from = 0; from < MESSAGES; from += 512) {
    const seqs = Array.from({ length: 512 }, (_, n) => from + n + 1);
    const rows = await Promise.all(
      seqs.map(async (seq) => {
        const message = { id: newId(), chatId, senderId: user.id };
        const token = await cipher.seal(message, `word${seq} of the message`);
        return `('${message.id}', '${chatId}', ${seq}, ${seq + 1}, '${user.id}', '${token}', 0, ${Date.now()})`;
      }),
    );
    await app.nest.get(Database).write(({ manager }) =>
      manager.query(`INSERT INTO message (id, chat_id, seq, change, sender_id, ciphertext, attachment_count,
        created_at) VALUES ${rows.join()}`),
    );
  }
  await app.sql('UPDATE chat SET last_seq = ?, last_change = ? WHERE id = ?', [
    MESSAGES,
    MESSAGES + 1,
    chatId,
  ]);
  return chatId;
}

/** What a process that was killed had is free at once. */
const release = (app: TestApp): Promise<unknown> =>
  isPostgres ? app.sql('UPDATE job SET until = 0, owner = NULL') : Promise.resolve();

it(`${NAME}: each message is in one segment or in none, and all in the end, seed ${seed}`, async () => {
  const random = randomFrom(seed);
  let app = await TestApp.start({}, database);
  const chatId = await fill(app);
  let [kills, within, merges] = [0, 0, 0];
  let longestMs = LONGEST_MS;
  while (within < KILLS && kills++ < 5 * KILLS) {
    await app.sql('DELETE FROM search_segment');
    await release(app);
    await app.close();
    const server = await ServerProcess.start(database.environment);
    const waitMs = random() * longestMs;
    await sleep(waitMs);
    await server.stop('SIGKILL');
    app = await TestApp.start({}, database);
    const ranges = await new Segments(app, SIZES).ranges(chatId);
    if (isDeepStrictEqual(ranges, ALL)) longestMs = waitMs;
    else if (ranges.length > 0) within++;
    if (ranges.some(([first, last]) => last - first > 256)) merges++;
    const seqs = ranges.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, i) => first + i),
    );
    expect(new Set(seqs).size).toBe(seqs.length);
    const { failed } = await app.nest.get(KeyVerification).verify({ messages: true });
    expect(failed).toBe(0);
  }
  await release(app);
  await app.close();
  app = await TestApp.start({}, database);
  const segments = new Segments(app, SIZES);
  await segments.index();
  expect(await segments.ranges(chatId)).toEqual(ALL);
  const { parts, failed } = await app.nest.get(KeyVerification).verify({ messages: true });
  expect(failed).toBe(0);
  expect(parts.find(({ part }) => part === 'segments')).toMatchObject({ opened: 2 });
  await app.close();
  note(`${NAME}: ${within} of ${kills} within it, ${merges} after a merge, nothing lost or twice`);
  expect(within).toBe(KILLS);
});
