import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MessageCipher } from '../../src/encryption/message-cipher.js';
import { expectProblem } from '../support/expect-problem.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

/** The longest message there is: 64 KiB of text, 85 KiB sealed. Twelve of them pass 1 MiB. */
const LONGEST = '😀'.repeat(16_384);
const FIT = 12;

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start({ BODY_CACHE_BYTES: '0' });
});
afterAll(() => app.stop());

interface Shown {
  id: string;
  seq: number;
  message: string | null;
}

const send = async (user: TestUser, chatId: string, message: string): Promise<string> =>
  (await user.client.post('/message/', { chatid: chatId, message })).body.id;

async function byIds(user: TestUser, chatId: string, ids: string[]): Promise<[Shown[], boolean]> {
  const { status, body } = await user.client.get(`/message/?chat_id=${chatId}&ids=${ids.join()}`);
  expect([status, Object.keys(body)]).toEqual([200, ['data', 'has_more']]);
  return [body.data, body.has_more];
}

describe('messages by their ids', () => {
  it('come by seq, each once, as in a page; those of other rooms and of none are left out', async () => {
    const { user, chatId } = await app.givenMember();
    const other = await app.givenChat(user);
    const [first, second, third, elsewhere] = [
      await send(user, chatId, 'first'),
      await send(user, chatId, 'second'),
      await send(user, chatId, 'third'),
      await send(user, other, 'elsewhere'),
    ];
    await user.client.request('PUT', `/message/${third}/reactions/%F0%9F%91%8D`);
    await user.client.request('DELETE', `/message/${second}`);
    const { body: page } = await user.client.get(`/message/?chat_id=${chatId}`);
    const asked = [third, elsewhere, second, randomUUID(), first, third];
    expect(await byIds(user, chatId, asked)).toEqual([page.data, false]);
    expect(page.data.map(({ id }: Shown) => id)).toEqual([first, second, third]);
    expect(page.data[2].reactions).toEqual([{ emoji: '👍', count: 1, me: true }]);
    expect(await byIds(user, chatId, [elsewhere])).toEqual([[], false]);
  });

  it('are not ended by a limit', async () => {
    const { user, chatId } = await app.givenMember();
    const ids: string[] = [];
    for (let n = 0; n < 100; n++) ids.push(await send(user, chatId, `m${n}`));
    const [data, hasMore] = await byIds(user, chatId, [...ids].reverse());
    expect(data.map(({ id }) => id)).toEqual(ids);
    expect(hasMore).toBe(false);
  });

  it('are those of a room that one may read, whatever the ids', async () => {
    const { user, chatId } = await app.givenMember();
    const stranger = await app.givenUser();
    const hidden = await app.givenChat(user, { visibility: 'private' });
    const secret = await send(user, hidden, 'secret');
    expect(await byIds(stranger, chatId, [secret])).toEqual([[], false]);
    for (const id of [secret, randomUUID()]) {
      const answer = await stranger.client.get(`/message/?chat_id=${hidden}&ids=${id}`);
      expectProblem(answer, 404, 'not-found');
    }
  });

  it('are tombstones once their author is erased', async () => {
    const { user, chatId } = await app.givenMember();
    const author = await app.givenUser();
    const id = await send(author, chatId, 'mine');
    await author.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    const [[message]] = await byIds(user, chatId, [id]);
    expect(message).toMatchObject({ id, message: null, deleted_at: expect.any(String) });
  });

  it('end with the one whose text passes 1 MiB; who asks for the rest gets it', async () => {
    const { user, chatId } = await app.givenMember();
    const ids: string[] = [];
    for (let n = 0; n < 2 * FIT + 1; n++) ids.push(await send(user, chatId, LONGEST));
    const open = vi.spyOn(app.nest.get(MessageCipher), 'open');
    const answers: number[][] = [];
    for (let [rest, hasMore] = [[...ids, randomUUID()], true]; hasMore;) {
      const [data, isFull] = await byIds(user, chatId, rest);
      answers.push(data.map(({ seq }) => seq));
      expect(data.every(({ message }) => message === LONGEST)).toBe(true);
      const had = new Set(data.map(({ id }) => id));
      rest = rest.filter((id) => !had.has(id));
      hasMore = isFull;
    }
    expect(answers.map((it) => it.length)).toEqual([FIT, FIT, 1]);
    expect(answers.flat()).toEqual(ids.map((_, n) => n + 1));
    expect(open).toHaveBeenCalledTimes(ids.length);
    expect((await byIds(user, chatId, ids.slice(0, FIT)))[1]).toBe(false);
  });
});
