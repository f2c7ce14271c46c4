import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let user: TestUser;
let reader: TestUser;
let chatId: string;
let ids: string[];
beforeAll(async () => {
  app = await TestApp.start();
});
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
  reader = await app.givenUser();
  ids = [];
  for (const message of ['"quoted"', 'plain', 'naïve 🦉\u0000\u2028']) {
    ids.push((await app.as(user).post('/message/', { chatid: chatId, message })).body.id);
  }
  await page(reader);
  await page(reader); // from here on they were shown before
});
afterAll(() => app.stop());

interface Page {
  data: Record<string, unknown>[];
}

const page = async (by: TestUser): Promise<Page> =>
  (await app.as(by).get(`/message/?chat_id=${chatId}`)).body;
const first = async (by = reader): Promise<unknown> => (await page(by)).data[0];

describe('a page that was shown before', () => {
  it('is to the letter what each of its messages is alone', async () => {
    const alone = await Promise.all(ids.map((id) => app.as(reader).get(`/message/${id}`)));
    const { headers, body } = await app.as(reader).get(`/message/?chat_id=${chatId}`);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toEqual({ data: alone.map((answer) => answer.body), has_more: false });
    expect(body).toEqual(await page(user));
    const changes = await app.as(reader).get(`/message/?chat_id=${chatId}&changed_after=0`);
    expect(changes.body).toEqual({ ...body, change: 4, history: expect.any(String) });
  });

  it('shows an edit and a deletion', async () => {
    await app.as(user).patch(`/message/${ids[0]}`, { message: 'edited' });
    expect(await first()).toMatchObject({ message: 'edited', edited_at: expect.any(String) });
    expect(await first()).toMatchObject({ message: 'edited', change: 5 });
    await app.as(user).request('DELETE', `/message/${ids[0]}`);
    expect(await first()).toMatchObject({ message: null, deleted_at: expect.any(String) });
  });

  it("shows each reader's own reactions, and that they were taken back", async () => {
    const path = `/message/${ids[0]}/reactions/${encodeURIComponent('👍')}`;
    await app.as(user).request('PUT', path);
    const shown = (me: boolean): object => ({ reactions: [{ emoji: '👍', count: 1, me }] });
    for (let round = 0; round < 2; round++) {
      expect(await first(user)).toMatchObject(shown(true));
      expect(await first(reader)).toMatchObject(shown(false));
    }
    await app.as(user).request('DELETE', path);
    expect(await first(user)).toMatchObject({ reactions: [], message: '"quoted"' });
  });

  it('shows its sender as of now, and nothing of one who is erased', async () => {
    const sender = { fname: 'Grace', lname: 'Hopper', profile: 'Amazing' };
    for (const [field, value] of Object.entries(sender)) {
      await app.as(user).patch('/userauth/me', { [field]: value });
      expect(await first()).toMatchObject({ message: '"quoted"', sender: { [field]: value } });
    }
    await app.as(reader).request('PUT', `/chat/${chatId}/members/me`);
    await app.as(user).request('DELETE', '/userauth/me', { password: PASSWORD });
    const { data } = await page(reader);
    expect(data.map(({ message }) => message)).toEqual([null, null, null]);
    expect(JSON.stringify(data)).not.toMatch(/Grace|Hopper|Amazing|quoted|plain/);
  });
});

describe('has_more', () => {
  it.each([
    ['', 3, false],
    ['&limit=3', 3, false],
    ['&limit=2', 2, true],
    ['&before=3', 2, false],
    ['&before=3&limit=1', 1, true],
    ['&before=1', 0, false],
    ['&after=0&limit=2', 2, true],
    ['&after=1&limit=2', 2, false],
    ['&after=3', 0, false],
  ])('of %s is right', async (query, count, hasMore) => {
    const { body } = await app.as(reader).get(`/message/?chat_id=${chatId}${query}`);
    expect([body.data.length, body.has_more]).toEqual([count, hasMore]);
  });
});
