import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

interface Posted {
  user: TestUser;
  chatId: string;
  id: string;
  change: number;
}

async function givenMessage(visibility = 'public'): Promise<Posted> {
  const user = await app.givenUser();
  const chatId = await app.givenChat(user, { visibility });
  const { body } = await app.as(user).post('/message/', { chatid: chatId, message: 'hello' });
  return { user, chatId, id: body.id, change: body.change };
}

function react(user: TestUser, id: string, emoji: string, method = 'PUT'): Promise<Answer> {
  return app.as(user).request(method, `/message/${id}/reactions/${encodeURIComponent(emoji)}`);
}

async function statusOf(...request: Parameters<typeof react>): Promise<number> {
  return (await react(...request)).status;
}

async function read(user: TestUser, id: string): Promise<Answer['body']> {
  const { body } = await app.as(user).get(`/message/${id}`);
  const list = await app.as(user).get(`/message/?chat_id=${body.chat_id}`);
  expect(list.body.data.find((message: { id: string }) => message.id === id)).toEqual(body);
  return body;
}

async function reactionsOf(user: TestUser, id: string): Promise<unknown> {
  return (await read(user, id)).reactions;
}

describe('what is one emoji', () => {
  it.each([
    ['👍', 'a plain one'],
    ['👍🏽', 'a skin tone'],
    ['❤️', 'text by default'],
    ['1️⃣', 'a keycap'],
    ['🇺🇦', 'a flag'],
    ['🏴󠁧󠁢󠁳󠁣󠁴󠁿', 'a flag of tags'],
    ['🏳️‍🌈', 'a sequence'],
    ['👩‍👩‍👧‍👦', 'a family'],
    ['👩🏻‍❤️‍💋‍👩🏿', 'a long sequence'],
  ])('%s: %s', async (emoji) => {
    const { user, id } = await givenMessage();
    expect(await statusOf(user, id, emoji)).toBe(204);
    expect(await reactionsOf(user, id)).toEqual([{ emoji, count: 1, me: true }]);
    expect(await statusOf(user, id, emoji, 'DELETE')).toBe(204);
    expect(await reactionsOf(user, id)).toEqual([]);
  });

  it.each([
    ['❤️', '❤'],
    ['👍', '👍\ufe0f'],
    ['1️⃣', '1\u20e3'],
    ['🏳️‍🌈', '🏳\u200d🌈'],
    ['🕵🏽‍♂️', '🕵🏽\u200d♂'],
  ])('%s is the same with and without its variation selector', async (emoji, other) => {
    const { user, id, change } = await givenMessage();
    for (const form of [other, emoji]) expect(await statusOf(user, id, form)).toBe(204);
    expect(await read(user, id)).toMatchObject({
      change: change + 1,
      reactions: [{ emoji, count: 1, me: true }],
    });
    expect(await statusOf(user, id, other, 'DELETE')).toBe(204);
    expect(await reactionsOf(user, id)).toEqual([]);
  });

  it('tells skin tones apart', async () => {
    const { user, id } = await givenMessage();
    for (const emoji of ['👍', '👍🏽']) await react(user, id, emoji);
    expect(await reactionsOf(user, id)).toHaveLength(2);
  });

  it.each([
    ['two', '👍👍'],
    ['two that are text by default', '❤❤'],
    ['text', 'thumbsup'],
    ['a short name', ':+1:'],
    ['a digit', '1'],
    ['a digit with a variation selector', '1\ufe0f'],
    ['a space', ' '],
    ['an emoji and a space', '👍 '],
    ['an emoji and a line break', '👍\n'],
    ['half a flag', '🇺'],
    ['an unfinished sequence', '👩\u200d'],
    ['a variation selector', '\ufe0f'],
    ['the one for text', '❤\ufe0e'],
    ['NUL', '\0'],
  ])('is not %s', async (_what, text) => {
    const { user, id, change } = await givenMessage();
    expectInvalid(await react(user, id, text), 'emoji');
    expectInvalid(await react(user, id, text, 'DELETE'), 'emoji');
    expect(await read(user, id)).toMatchObject({ change, reactions: [] });
  });

  it('is not nothing, broken UTF-8 or what is too long', async () => {
    const { user, id } = await givenMessage();
    for (const [raw, status] of [
      ['', 404], // a trailing slash: another route
      ['%F0%9F%91', 400],
      ['a'.repeat(300), 414],
    ] as const) {
      const answer = await app.as(user).request('PUT', `/message/${id}/reactions/${raw}`);
      expectProblem(answer, status);
    }
  });
});

describe('reacting', () => {
  it('takes the next change, once', async () => {
    const { user, chatId, id, change } = await givenMessage();
    const before = (await app.as(user).get(`/chat/${chatId}`)).body;
    for (const method of ['PUT', 'PUT']) expect(await statusOf(user, id, '👍', method)).toBe(204);
    expect(await read(user, id)).toMatchObject({ seq: 1, change: change + 1, edited_at: null });
    for (const method of ['DELETE', 'DELETE']) {
      expect(await statusOf(user, id, '👍', method)).toBe(204);
    }
    expect(await read(user, id)).toMatchObject({ change: change + 2, reactions: [] });
    const after = (await app.as(user).get(`/chat/${chatId}`)).body;
    const last_message = await read(user, id);
    expect(after).toEqual({ ...before, last_change: change + 2, last_message });
  });

  it('leaves the text as it is sealed', async () => {
    const { user, id } = await givenMessage();
    const sealed = await app.sql('SELECT ciphertext FROM message WHERE id = ?', [id]);
    await react(user, id, '👍');
    expect(await app.sql('SELECT ciphertext FROM message WHERE id = ?', [id])).toEqual(sealed);
    expect((await read(user, id)).message).toBe('hello');
  });

  it('counts for all, and tells each reader which are theirs', async () => {
    const { user, id } = await givenMessage();
    const other = await app.givenUser();
    await react(user, id, '👍');
    await react(other, id, '👍');
    await react(other, id, '🎉');
    expect(await reactionsOf(user, id)).toEqual([
      { emoji: '👍', count: 2, me: true },
      { emoji: '🎉', count: 1, me: false },
    ]);
    expect(await reactionsOf(other, id)).toEqual([
      { emoji: '👍', count: 2, me: true },
      { emoji: '🎉', count: 1, me: true },
    ]);
    await react(other, id, '👍', 'DELETE');
    expect(await reactionsOf(other, id)).toMatchObject([
      { emoji: '👍', count: 1, me: false },
      { emoji: '🎉', count: 1, me: true },
    ]);
  });

  it('keeps the order of first use', async () => {
    const { user, id } = await givenMessage();
    const other = await app.givenUser();
    const emojis = async (): Promise<string[]> =>
      (await read(user, id)).reactions.map(({ emoji }: { emoji: string }) => emoji);
    for (const emoji of ['🚀', '👍', '❤️']) await react(user, id, emoji);
    await react(other, id, '❤️');
    expect(await emojis()).toEqual(['🚀', '👍', '❤️']);
    await react(user, id, '🚀', 'DELETE');
    await react(user, id, '❤️', 'DELETE'); // the other one's stays
    await react(user, id, '🚀');
    expect(await emojis()).toEqual(['👍', '❤️', '🚀']);
  });

  it('survives an edit', async () => {
    const { user, id } = await givenMessage();
    await react(user, id, '👍');
    const { body } = await app.as(user).patch(`/message/${id}`, { message: 'other' });
    expect(body.reactions).toEqual([{ emoji: '👍', count: 1, me: true }]);
    expect(await read(user, id)).toEqual(body);
  });

  it('loses nothing when 50 react at once', async () => {
    const { user, chatId, id, change } = await givenMessage();
    const users = await Promise.all(Array.from({ length: 50 }, () => app.givenUser()));
    const statuses = await Promise.all(users.map((each) => statusOf(each, id, '👍')));
    expect(new Set(statuses)).toEqual(new Set([204]));
    const expected = { emoji: '👍', count: 50, me: false };
    expect(await read(user, id)).toMatchObject({ change: change + 100, reactions: [expected] });
    expect(await app.sql('SELECT * FROM reaction WHERE message_id = ?', [id])).toHaveLength(50);
    expect((await app.as(user).get(`/chat/${chatId}`)).body).toMatchObject({
      member_count: 51,
      last_change: change + 100, // 50 joined and 50 reacted
    });
  });

  it('counts one of many of the same user at once', async () => {
    const { user, id, change } = await givenMessage();
    await Promise.all(Array.from({ length: 20 }, () => react(user, id, '👍')));
    expect(await read(user, id)).toMatchObject({
      change: change + 1,
      reactions: [{ emoji: '👍', count: 1, me: true }],
    });
    await Promise.all(Array.from({ length: 20 }, () => react(user, id, '👍', 'DELETE')));
    expect(await read(user, id)).toMatchObject({ change: change + 2, reactions: [] });
  });
});

describe('how many different ones', () => {
  const faces = Array.from({ length: 80 }, (_, n) => String.fromCodePoint(0x1f600 + n));
  const FULL = faces.slice(0, 50);

  it('a message bears: 50, and more of a known one always', async () => {
    const { user, chatId, id } = await givenMessage();
    const other = await app.givenUser();
    for (const face of FULL) expect(await statusOf(user, id, face)).toBe(204);
    const before = await read(user, id);
    for (const by of [user, other]) {
      const refused = await react(by, id, faces[50]);
      expect(expectProblem(refused, 409).type).toBe('urn:conclave:problem:too-many-reactions');
    }
    expect(await read(user, id)).toEqual(before);
    expect((await app.as(other).get(`/chat/${chatId}`)).body.role).toBeNull(); // joined not
    expect(await statusOf(user, id, faces[0])).toBe(204); // a repeat
    expect(await statusOf(other, id, faces[49])).toBe(204);
    expect(await statusOf(user, id, faces[49], 'DELETE')).toBe(204); // the other's is left
    expect(await statusOf(user, id, faces[50])).toBe(409);
    expect(await statusOf(user, id, faces[7], 'DELETE')).toBe(204);
    expect(await statusOf(user, id, faces[50])).toBe(204);
    expect(await statusOf(user, id, faces[7])).toBe(409);
    expect(await reactionsOf(user, id)).toHaveLength(50);
  });

  it('a message bears when many react at once', async () => {
    const { user, id } = await givenMessage();
    for (const face of faces.slice(0, 45)) await react(user, id, face);
    const users = await Promise.all(Array.from({ length: 10 }, () => app.givenUser()));
    const statuses = await Promise.all(
      faces.slice(45, 75).map((face, n) => statusOf(users[n % 10], id, face)),
    );
    expect(statuses.filter((status) => status === 204)).toHaveLength(5);
    expect(statuses.filter((status) => status === 409)).toHaveLength(25);
    expect(await reactionsOf(user, id)).toHaveLength(50);
    expect(await app.sql('SELECT * FROM reaction WHERE message_id = ?', [id])).toHaveLength(50);
  });
});

describe('who may react', () => {
  it('anyone, in a public room, and joins by it', async () => {
    const { chatId, id, change } = await givenMessage();
    const guest = await app.givenUser();
    expect(await statusOf(guest, id, '👍', 'DELETE')).toBe(204); // takes nothing back, joins not
    expect((await app.as(guest).get(`/chat/${chatId}`)).body).toMatchObject({
      role: null,
      last_change: change,
    });
    expect(await statusOf(guest, id, '👍')).toBe(204);
    expect(await read(guest, id)).toMatchObject({ change: change + 2 });
    expect((await app.as(guest).get(`/chat/${chatId}`)).body).toMatchObject({
      role: 'member',
      member_count: 2,
      read_seq: 1,
      unread_count: 0,
      last_seq: 1,
      last_change: change + 2,
    });
  });

  it.each(['PUT', 'DELETE'])('no stranger of a private room: %s', async (method) => {
    const { user, id, change } = await givenMessage('private');
    const stranger = await app.givenUser();
    const hidden = await react(stranger, id, '👍', method);
    const missing = await react(stranger, '01890000-0000-7000-8000-000000000000', '👍', method);
    expectProblem(hidden, 404);
    expect({ ...hidden.body, request_id: '' }).toEqual({ ...missing.body, request_id: '' });
    expect(await read(user, id)).toMatchObject({ change, reactions: [] });
  });

  it('nobody, once the message is deleted, but taking back is done already', async () => {
    const { user, id } = await givenMessage();
    const guest = await app.givenUser();
    await react(user, id, '👍');
    await app.as(user).request('DELETE', `/message/${id}`);
    const tombstone = await read(user, id);
    expectProblem(await react(user, id, '👍'), 409);
    expectProblem(await react(guest, id, '👍'), 409);
    expect(await statusOf(user, id, '👍', 'DELETE')).toBe(204);
    expect(await read(user, id)).toEqual(tombstone);
  });

  it('nobody, once its sender is erased, before and after that is written into its row', async () => {
    const { user, chatId, id } = await givenMessage();
    const guest = await app.givenUser();
    await app.as(guest).post('/message/', { chatid: chatId, message: 'hello' });
    // As an erasure leaves it between its transaction and the background task.
    await app.sql('UPDATE users SET erased_at = ? WHERE id = ?', [Date.now(), user.id]);
    const before = await read(guest, id);
    expect(expectProblem(await react(guest, id, '👍'), 409).type).toMatch(/:message-deleted$/);
    expect(await read(guest, id)).toEqual(before);
    expect(await app.sql('SELECT * FROM reaction WHERE message_id = ?', [id])).toEqual([]);
  });
});
