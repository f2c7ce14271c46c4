import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { KeyRenewal } from '../../src/encryption/key-renewal.js';
import { KeyVerification, type VerifiedPart } from '../../src/encryption/key-verification.js';
import { FIRST_KEY } from '../../src/encryption/wrapped-key.entity.js';
import { EventBus } from '../../src/events/event-bus.js';
import { keysOf, Segments, sendAll } from '../support/segments.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let segments: Segments;
let user: TestUser;
let chatId: string;
beforeEach(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info' });
  segments = new Segments(app);
  ({ user, chatId } = await app.givenMember());
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.stop();
});

const readable = async (): Promise<string> => segments.readable(await keysOf(app));

async function verified(): Promise<VerifiedPart> {
  const { parts } = await app.nest.get(KeyVerification).verify({ messages: true });
  return parts.find(({ part }) => part === 'segments')!;
}

describe('keys', () => {
  it('of before a renewal open no segment of what is newer', async () => {
    await sendAll(user, chatId, ['old', 'old', 'old', 'old', 'old', 'old']);
    const thief = await keysOf(app);
    await app.nest.get(KeyRenewal).renew('all');
    const ownerIds = [chatId, user.id];
    for (const ownerId of ownerIds) {
      const sql = 'UPDATE wrapped_key SET since = ? WHERE since > ? AND owner_id = ?';
      await app.sql(sql, [newId(), FIRST_KEY, ownerId]);
    }
    app.nest.get(EventBus).publish({ type: 'keys.changed', ownerIds });
    await sendAll(user, chatId, ['new', 'new']);
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([
      [1, 4],
      [5, 8],
    ]);
    expect((await segments.readable(thief)).match(/\w+/g)).toEqual(Array(4).fill('old'));
    await sendAll(user, chatId, Array<string>(8).fill('new'));
    await segments.index();
    expect(await segments.ranges(chatId)).toEqual([[1, 16]]);
    expect(await segments.readable(thief)).toBe('');
    expect((await readable()).match(/new/g)).toHaveLength(10);
    expect(await verified()).toMatchObject({ opened: 1, failed: 0 });
  });

  it('are verified with every part that they seal, each in its place', async () => {
    const { user: ben } = await app.givenMember();
    for (let n = 0; n < 4; n++) {
      await sendAll(user, chatId, ['ada']);
      await sendAll(ben, chatId, ['ben']);
    }
    await segments.index();
    expect(await verified()).toEqual({ part: 'segments', opened: 4, failed: 0, failures: [] });
    const [{ data }] = await app.sql<{ data: Buffer }>(
      'SELECT data FROM search_segment WHERE last_seq = 4',
    );
    await app.sql('UPDATE search_segment SET data = ? WHERE last_seq = 8', [data]);
    const places = [user.id, ben.id].map((id) => `${chatId}/8/${id}`);
    expect(await verified()).toMatchObject({ opened: 2, failed: 2, failures: places });
    await app.sql('UPDATE search_segment SET data = ? WHERE last_seq = 8', [Buffer.from([9])]);
    expect(await verified()).toMatchObject({ opened: 2, failed: 1, failures: [`${chatId}/8`] });
  });
});
