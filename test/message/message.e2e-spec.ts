import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
beforeAll(async () => {
  app = await TestApp.start();
});
afterAll(() => app.stop());

async function givenMessages(user: TestUser, chatId: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    const sent = await app.as(user).post('/message/', { chatid: chatId, message: `m${n}` });
    expect(sent.status).toBe(201);
  }
}

describe('sending a message', () => {
  it('stores the body sealed and returns it plain', async () => {
    const { user, chatId } = await app.givenMember();
    const sent = await app.as(user).post('/message/', { chatid: chatId, message: 'hello' });
    const [row] = await app.sql('SELECT ciphertext FROM message WHERE id = ?', [sent.body.id]);
    expect(sent.status).toBe(201);
    expect(sent.body.message).toBe('hello');
    expect(row.ciphertext).toMatch(/^gAAAA/);
  });

  it('answers with the whole message, its place and its sender', async () => {
    const user = await app.givenUser({ fname: 'Ada', lname: 'Lovelace', profile: 'engines' });
    const chatId = await app.givenChat(user);
    const { body } = await app.as(user).post('/message/', {
      chatid: chatId,
      message: 'hello',
      client_id: 'c1',
    });
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      chat_id: chatId,
      seq: 1,
      change: 2,
      sender: { id: user.id, fname: 'Ada', lname: 'Lovelace', profile: 'engines' },
      message: 'hello',
      client_id: 'c1',
      reply_to: null,
      reactions: [],
      attachments: [],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      edited_at: null,
      deleted_at: null,
    });
    expect((await app.as(user).get(`/message/${body.id}`)).body).toEqual(body);
    expect((await app.as(user).get(`/message/?chat_id=${chatId}`)).body.data).toEqual([body]);
  });

  it('makes anyone who posts to a public room its member', async () => {
    const { user: owner, chatId } = await app.givenMember();
    const guest = await app.givenUser();
    const sent = await app.as(guest).post('/message/', { chatid: chatId, message: 'hi' });
    expect(sent.body).toMatchObject({ seq: 1, change: 3 }); // the join took change 2
    expect((await app.as(guest).get(`/chat/${chatId}`)).body).toMatchObject({
      role: 'member',
      member_count: 2,
      read_seq: 1,
      unread_count: 0,
      last_seq: 1,
      last_change: 3,
      last_message_at: sent.body.created_at,
    });
    expect((await app.as(owner).get(`/chat/${chatId}`)).body).toMatchObject({
      read_seq: 0,
      unread_count: 1,
    });
  });

  it('hides a private room and its messages from everyone else, for reading and for writing', async () => {
    const owner = await app.givenUser();
    const stranger = await app.givenUser();
    const chatId = await app.givenChat(owner, { visibility: 'private' });
    const nowhere = '01890000-0000-7000-8000-000000000000';
    const sent = await app.as(owner).post('/message/', { chatid: chatId, message: 'secret' });
    for (const [hidden, missing] of [
      [`/chat/${chatId}`, `/chat/${nowhere}`],
      [`/message/?chat_id=${chatId}`, `/message/?chat_id=${nowhere}`],
      [`/message/${sent.body.id}`, `/message/${nowhere}`],
    ]) {
      const [one, other] = [
        await app.as(stranger).get(hidden),
        await app.as(stranger).get(missing),
      ];
      expect(one.status).toBe(404);
      expect({ ...one.body, request_id: '' }).toEqual({ ...other.body, request_id: '' });
    }
    const post = { chatid: chatId, message: 'let me in' };
    expect((await app.as(stranger).post('/message/', post)).status).toBe(404);
    expect(await app.sql('SELECT id FROM message WHERE chat_id = ?', [chatId])).toHaveLength(1);
  });
});

describe('a client_id', () => {
  it('answers a retry with the first message, and refuses another text', async () => {
    const { user, chatId } = await app.givenMember();
    const send = (message: string) =>
      app.as(user).post('/message/', { chatid: chatId, message, client_id: 'once' });
    const first = await send('hello');
    const again = await send('hello');
    const other = await send('something else');
    expect([first.status, again.status, other.status]).toEqual([201, 200, 422]);
    expect(again.body).toEqual(first.body);
    expect(other.body).toMatchObject({ type: 'urn:conclave:problem:client-id-reused' });
    expect((await app.as(user).get(`/message/?chat_id=${chatId}`)).body.data).toHaveLength(1);
  });

  it('counts for its sender in its room alone', async () => {
    const { user, chatId } = await app.givenMember();
    const other = await app.givenUser();
    const elsewhere = await app.givenChat(user);
    for (const [sender, chatid] of [
      [user, chatId],
      [other, chatId],
      [user, elsewhere],
    ] as const) {
      const body = { chatid, message: 'hello', client_id: 'same' };
      expect((await app.as(sender).post('/message/', body)).status).toBe(201);
    }
  });

  it('makes one message of many retries at once', async () => {
    const { user, chatId } = await app.givenMember();
    const body = { chatid: chatId, message: 'hello', client_id: 'race' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => app.as(user).post('/message/', body)),
    );
    expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(49);
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
    expect(await app.sql('SELECT id FROM message WHERE chat_id = ?', [chatId])).toHaveLength(1);
  });
});

describe('reading messages', () => {
  it('pages backwards from the newest and forwards from the first', async () => {
    const { user, chatId } = await app.givenMember();
    await givenMessages(user, chatId, 7);
    const page = async (query: string): Promise<[number[], boolean]> => {
      const { body } = await app.as(user).get(`/message/?chat_id=${chatId}&limit=3${query}`);
      return [body.data.map((message: { seq: number }) => message.seq), body.has_more];
    };
    expect(await page('')).toEqual([[5, 6, 7], true]);
    expect(await page('&before=5')).toEqual([[2, 3, 4], true]);
    expect(await page('&before=2')).toEqual([[1], false]);
    expect(await page('&before=1')).toEqual([[], false]);
    expect(await page('&after=0')).toEqual([[1, 2, 3], true]);
    expect(await page('&after=4')).toEqual([[5, 6, 7], false]);
    expect(await page('&after=7')).toEqual([[], false]);
    expect(await page('&before=2147483647')).toEqual([[5, 6, 7], true]);
  });

  it('answers 50 messages where no limit is given', async () => {
    const { user, chatId } = await app.givenMember();
    const texts = Array.from({ length: 51 }, (_, n) => ({ chatid: chatId, message: `${n}` }));
    await Promise.all(texts.map((text) => app.as(user).post('/message/', text)));
    const { body } = await app.as(user).get(`/message?chat_id=${chatId}`);
    expect(body.data).toHaveLength(50);
    expect(body.has_more).toBe(true);
  });

  it('shows who wrote each, whoever wrote what was read before, under the name of now', async () => {
    const { user: owner, chatId } = await app.givenMember();
    const names = async (): Promise<string[]> => {
      const { body } = await app.as(owner).get(`/message/?chat_id=${chatId}`);
      return body.data.map(({ sender }: { sender: { fname: string } }) => sender.fname);
    };
    await app.as(owner).patch('/userauth/me', { fname: 'Ada' });
    await givenMessages(owner, chatId, 2);
    expect(await names()).toEqual(['Ada', 'Ada']);
    const guests = await Promise.all(
      ['Grace', 'Alan'].map((fname) => app.givenUser({ fname, lname: 'x', profile: 'y' })),
    );
    for (const guest of guests) await givenMessages(guest, chatId, 1);
    expect(await names()).toEqual(['Ada', 'Ada', 'Grace', 'Alan']);
    await app.as(guests[0]).patch('/userauth/me', { fname: 'Rear Admiral' });
    expect(await names()).toEqual(['Ada', 'Ada', 'Rear Admiral', 'Alan']);
  });

  it('lets everyone who is signed in read a public room', async () => {
    const { user, chatId } = await app.givenMember();
    await givenMessages(user, chatId, 1);
    const reader = await app.givenUser();
    const { status, body } = await app.as(reader).get(`/message/?chat_id=${chatId}`);
    expect(status).toBe(200);
    expect(body.data[0]).toMatchObject({ message: 'm1', sender: { id: user.id } });
    expect((await app.as(reader).get(`/chat/${chatId}`)).body.role).toBeNull();
  });
});
