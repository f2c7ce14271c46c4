import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { Database } from '../../src/database/database.js';
import type { Draft } from '../../src/message/send/draft.js';
import { MessageWriter } from '../../src/message/send/message-writer.js';
import { TestApp } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

const numbers = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);

async function seqsOf(chatId: string): Promise<number[]> {
  const rows = await app.sql('SELECT seq FROM message WHERE chat_id = ? ORDER BY seq', [chatId]);
  return rows.map((row) => Number(row.seq));
}

describe('64 senders at once', () => {
  it('number one room 1..N, each message once, and leave no gap in its changes', async () => {
    const { chatId } = await app.givenMember();
    const users = await Promise.all(numbers(64).map(() => app.givenUser()));
    const answers = await Promise.all(
      users.flatMap((user, sender) =>
        numbers(5).map((n) =>
          app.as(user).post('/message/', { chatid: chatId, message: `${sender}/${n}` }),
        ),
      ),
    );
    expect(answers.every((answer) => answer.status === 201)).toBe(true);
    expect(await seqsOf(chatId)).toEqual(numbers(320));

    const { body: chat } = await app.as(users[0]).get(`/chat/${chatId}`);
    expect(chat).toMatchObject({ last_seq: 320, member_count: 65, last_change: 1 + 64 + 320 });
    const seen: { seq: number; message: string }[] = [];
    for (let after = 0; after < 320; after += 200) {
      const query = `chat_id=${chatId}&limit=200&after=${after}`;
      seen.push(...(await app.as(users[0]).get(`/message/?${query}`)).body.data);
    }
    const sent = answers.map(({ body }) => `${body.seq} ${body.message}`);
    expect(seen.map(({ seq, message }) => `${seq} ${message}`).sort()).toEqual(sent.sort());
  });

  it('into many rooms keep each room in order of its own', async () => {
    const users = await Promise.all(numbers(8).map(() => app.givenUser()));
    const chatIds = await Promise.all(users.map((user) => app.givenChat(user)));
    await Promise.all(
      users.flatMap((user) =>
        chatIds.flatMap((chatid) =>
          numbers(4).map((n) => app.as(user).post('/message/', { chatid, message: `${n}` })),
        ),
      ),
    );
    for (const chatId of chatIds) expect(await seqsOf(chatId)).toEqual(numbers(32));
  });

  it('share transactions', async () => {
    const { user, chatId } = await app.givenMember();
    const write = vi.spyOn(app.nest.get(Database), 'write');
    await Promise.all(
      numbers(64).map((n) => app.as(user).post('/message/', { chatid: chatId, message: `${n}` })),
    );
    expect(write.mock.calls.length).toBeLessThan(32);
    expect(await seqsOf(chatId)).toEqual(numbers(64));
  });
});

describe('one that fails', () => {
  it('fails alone, for a reason of its own', async () => {
    const { user, chatId } = await app.givenMember();
    const stranger = await app.givenUser();
    const hidden = await app.givenChat(user, { visibility: 'private' });
    const answers = await Promise.all(
      numbers(30).map((n) =>
        n % 3 === 0
          ? app.as(stranger).post('/message/', { chatid: hidden, message: `${n}` })
          : app.as(user).post('/message/', { chatid: chatId, message: `${n}` }),
      ),
    );
    expect(answers.filter((answer) => answer.status === 404)).toHaveLength(10);
    expect(await seqsOf(chatId)).toEqual(numbers(20));
  });

  it('fails alone where the database refuses it', async () => {
    const { user, chatId } = await app.givenMember();
    const writer = app.nest.get(MessageWriter);
    const draft = (body: string, id = newId()): Draft => ({
      id,
      chatId,
      senderId: user.id,
      clientId: null,
      clientKey: null,
      replyTo: null,
      attachmentIds: [],
      body,
      sealed: { ciphertext: 'gAAAA', epoch: 0 },
    });
    const twice = newId();
    const drafts = [draft('a'), draft('b', twice), draft('c'), draft('d', twice), draft('e')];
    // The first goes alone, the others wait for it and share a transaction.
    const results = await Promise.allSettled(drafts.map((one) => writer.append(one)));
    expect(results.map((result) => result.status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await seqsOf(chatId)).toEqual(numbers(4));
    expect((await app.as(user).get(`/chat/${chatId}`)).body.last_seq).toBe(4);
  });
});

describe('times', () => {
  it('never run backwards along a room', async () => {
    const { user, chatId } = await app.givenMember();
    const future = Date.now() + 60_000;
    await app.sql('UPDATE chat SET last_message_at = ? WHERE id = ?', [future, chatId]);
    const { body } = await app.as(user).post('/message/', { chatid: chatId, message: 'late' });
    expect(new Date(body.created_at).getTime()).toBe(future);
  });
});
