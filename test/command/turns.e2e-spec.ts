import { afterEach, beforeEach, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { beside, conclaveJson } from '../support/command.js';
import { givenKeys } from '../support/given-keys.js';
import { givenRooms } from '../support/many-rooms.js';
import { type TestUser, TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';
import { expectShortTurns } from '../support/turns.js';

const MESSAGES = 10_000;
const ROOMS = 1000;
const KEYS = 2000;

let app: TestApp;
beforeEach(async () => {
  app = await TestApp.start();
});
afterEach(() => app.stop());

/** Puts so many messages into an empty room, faster than by requests; they do not open. */
async function givenMessages(user: TestUser, chatId: string): Promise<void> {
  const numbers = isPostgres
    ? `SELECT n, gen_random_uuid() AS id FROM generate_series(1, ${MESSAGES}) AS n`
    : `WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < ${MESSAGES})
        SELECT n, printf('%s%012d', '${chatId.slice(0, 24)}', n) AS id FROM counted`;
  await app.sql(
    `INSERT INTO message (id, chat_id, seq, change, sender_id, ciphertext, attachment_count, created_at)
      SELECT id, ?, n, n + 1, ?, ?, 0, 1 FROM (${numbers}) AS numbered`,
    [chatId, user.id, 'gAAAA'.padEnd(400, 'x')],
  );
  await app.sql('UPDATE chat SET last_seq = ?, last_change = ? WHERE id = ?', [
    MESSAGES,
    MESSAGES + 1,
    chatId,
  ]);
}

const call = (args: string[], input?: string): Promise<unknown> =>
  conclaveJson(beside(app.database), args, input);

it('conclave rooms delete stops nobody, of a room with many messages', async () => {
  await expectShortTurns(async () => {
    const { user, chatId } = await app.givenMember();
    await givenMessages(user, chatId);
    return async () => {
      await call(['rooms', 'delete', chatId]);
      await app.nest.get(RoomPurge).settle();
    };
  });
});

it('conclave users set-password stops nobody', async () => {
  const { user } = await app.givenMember();
  await expectShortTurns(() =>
    Promise.resolve(() => call(['users', 'set-password', user.email], 'seven wax seals on a door')),
  );
});

it('conclave users erase stops nobody, of a user with many rooms and messages', async () => {
  await expectShortTurns(async () => {
    const { user, chatId } = await app.givenMember();
    await givenMessages(user, chatId);
    await givenRooms(app, user, ROOMS);
    return async () => {
      await call(['users', 'erase', user.email], user.email);
      await app.nest.get(ErasureTask).settle();
    };
  });
});

it('conclave keys renew stops nobody, of many keys', async () => {
  await givenKeys(app, KEYS);
  await expectShortTurns(() =>
    Promise.resolve(async () => {
      expect(await call(['keys', 'renew', '--all'])).toMatchObject({ renewed: KEYS });
    }),
  );
});
