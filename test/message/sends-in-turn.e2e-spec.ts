import { QueryFailedError } from 'typeorm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from '../../src/database/database.js';
import type { Answer } from '../support/client.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

let app: TestApp;
let user: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
});
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
  await send('the first');
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

function send(message: string, fields: object = {}, by = user): Promise<Answer> {
  return app.as(by).post('/message/', { chatid: chatId, message, ...fields });
}

async function givenFriend(): Promise<TestUser> {
  const friend = await app.givenUser();
  await app.as(user).request('PUT', `/chat/${chatId}/members/${friend.id}`, { role: 'member' });
  return friend;
}

const room = async (by = user): Promise<Answer['body']> =>
  (await app.as(by).get(`/chat/${chatId}`)).body;

/** As another process does, of which nothing is heard here. */
const changeElsewhere = (): Promise<unknown> =>
  app.sql('UPDATE chat SET last_change = last_change + 1 WHERE id = ?', [chatId]);

describe('messages that come one after another', () => {
  it('stand in the room as they were answered, and are read by their sender', async () => {
    const friend = await givenFriend();
    await send('from a friend', {}, friend);
    const answers = [await send('second'), await send('', {}), await send('third')];
    expect(answers.map(({ status }) => status)).toEqual([201, 400, 201]);
    const { data } = (await app.as(user).get(`/message/?chat_id=${chatId}`)).body;
    const sent = [answers[0].body, answers[2].body];
    expect(data.slice(-2)).toEqual(sent);
    expect(sent.map(({ seq, change }) => [seq, change])).toEqual([
      [3, 5],
      [4, 6],
    ]);
    const last = { last_seq: 4, last_change: 6, last_message_at: sent[1].created_at };
    expect(await room()).toMatchObject({ ...last, read_seq: 4, unread_count: 0 });
    expect(await room(friend)).toMatchObject({ ...last, read_seq: 2, unread_count: 2 });
  });

  it('never go back in time', async () => {
    const before = (await send('now')).body.created_at;
    vi.spyOn(Date, 'now').mockReturnValue(Date.parse(before) - 60_000);
    expect((await send('a minute before')).body.created_at).toBe(before);
  });

  it('show their sender as of now', async () => {
    await app.as(user).patch('/userauth/me', { fname: 'Grace' });
    expect((await send('with a new name')).body.sender.fname).toBe('Grace');
  });

  it('are one under the same client_id, which stands for one text', async () => {
    const first = await send('once', { client_id: 'a' });
    const [again, other] = [
      await send('once', { client_id: 'a' }),
      await send('twice', { client_id: 'a' }),
    ];
    expect([first.status, again.status, other.status]).toEqual([201, 200, 422]);
    expect(again.body).toEqual(first.body);
    expect((await send('next', { client_id: 'b' })).body.seq).toBe(first.body.seq + 1);
  });
});

describe('after a change of the room', () => {
  it('made here, the next one takes the next change', async () => {
    const { id } = (await send('to be edited')).body;
    await app.as(user).patch(`/message/${id}`, { message: 'edited' });
    const { seq, change } = (await send('after the edit')).body;
    await app.as(user).request('PUT', `/message/${id}/reactions/👍`);
    expect((await send('after the reaction')).body).toMatchObject({
      seq: seq + 1,
      change: change + 2,
    });
  });

  it('made elsewhere, the next one takes the next change, and the others go on', async () => {
    const { seq, change } = (await send('before')).body;
    await changeElsewhere();
    const after = [await send('after'), await send('and again')].map(({ body }) => body);
    expect(after.map((message) => [message.seq, message.change])).toEqual([
      [seq + 1, change + 2],
      [seq + 2, change + 3],
    ]);
  });

  it('made elsewhere, who was removed by it may no longer send', async () => {
    const friend = await givenFriend();
    await app.as(user).patch(`/chat/${chatId}`, { visibility: 'private' });
    expect((await send('still here', {}, friend)).status).toBe(201);
    expect((await send('and again', {}, friend)).status).toBe(201);
    const gone = [chatId, friend.id];
    await app.sql('DELETE FROM member WHERE chat_id = ? AND user_id = ?', gone);
    await changeElsewhere();
    expect((await send('gone', {}, friend)).status).toBe(404);
    expect((await send('I am not')).status).toBe(201);
    expect((await send('gone', {}, friend)).status).toBe(404);
  });

  it('which ends it, nobody sends to it', async () => {
    await app.as(user).request('DELETE', `/chat/${chatId}`);
    expect((await send('too late')).status).toBe(404);
  });
});

describe('in a direct room', () => {
  let friend: TestUser;
  beforeEach(async () => {
    friend = await app.givenUser();
    const { body } = await app.as(user).post('/chat/direct', { user_id: friend.id });
    chatId = body.id;
  });

  it('both send in turn', async () => {
    const answers: Answer[] = [];
    for (const by of [user, friend, user, friend]) answers.push(await send('hello', {}, by));
    expect(answers.map(({ body }) => body.seq)).toEqual([1, 2, 3, 4]);
  });

  it('nobody writes to one who is erased', async () => {
    await send('hello');
    await send('hello?');
    await app.as(friend).request('DELETE', '/userauth/me', { password: PASSWORD });
    expect((await send('are you there?')).status).toBe(404);
    expect((await room()).last_seq).toBe(2);
  });
});

describe('at the same moment', () => {
  it('a message and the removal of its sender have an order', async () => {
    const friend = await givenFriend();
    await app.as(user).patch(`/chat/${chatId}`, { visibility: 'private' });
    for (let n = 0; n < 15; n++) {
      const member = `/chat/${chatId}/members/${friend.id}`;
      expect((await send('in', {}, friend)).status).toBe(201);
      const { last_seq: seq } = await room();
      const [sent, removed] = await Promise.all([
        send('still in?', {}, friend),
        app.as(user).request('DELETE', member),
      ]);
      expect(removed.status).toBe(204);
      expect([201, 404]).toContain(sent.status);
      expect((await room()).last_seq).toBe(sent.status === 201 ? seq + 1 : seq);
      await app.as(user).request('PUT', member, { role: 'member' });
    }
  });

  it.skipIf(!isPostgres)('two processes number the messages of one room', async () => {
    const other = await TestApp.start({}, app.database);
    const there = (
      await other.anonymous.post('/userauth/userLogin', {
        email: user.email,
        password: PASSWORD,
      })
    ).body.access_token as string;
    const sendThere = (message: string): Promise<Answer> =>
      other.anonymous.request(
        'POST',
        '/message/',
        { chatid: chatId, message },
        {
          authorization: `Bearer ${there}`,
        },
      );
    const seqs: number[] = [];
    for (let n = 0; n < 10; n++) {
      const answers = await Promise.all([send(`here ${n}`), sendThere(`there ${n}`)]);
      answers.push(await send('here alone'), await sendThere('there alone'));
      seqs.push(...answers.map(({ body }) => body.seq as number));
    }
    await other.close();
    expect(seqs.sort((one, two) => one - two)).toEqual(Array.from({ length: 40 }, (_, n) => n + 2));
  });
});

describe('a transaction that fails', () => {
  const failWith = (fields: object): void => {
    const error = new QueryFailedError('', [], Object.assign(new Error('failed'), fields));
    vi.spyOn(app.nest.get(Database), 'write').mockRejectedValueOnce(error);
  };

  it('is tried again', async () => {
    failWith({ code: '40P01' });
    expect((await send('after a deadlock')).body.seq).toBe(2);
    expect((await send('next')).body.seq).toBe(3);
  });

  it('for want of a database is answered 503', async () => {
    failWith({ code: '57P01' });
    expect((await send('nobody there', { client_id: 'a' })).status).toBe(503);
    expect((await send('nobody there', { client_id: 'a' })).status).toBe(201);
  });
});
