import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { MasterKeys } from '../../src/encryption/master-keys.js';
import { OwnerKeys } from '../../src/encryption/owner-keys.js';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { type Answer, Client } from '../support/client.js';
import { EventSource } from '../support/event-source.js';
import { Listener } from '../support/socket.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

let app: TestApp;
let user: TestUser;
let reader: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
});
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
  reader = await app.givenUser();
  await reader.client.request('PUT', `/chat/${chatId}/members/me`);
});
afterAll(() => app.stop());

function send(clientId: string, message = 'hello', client = user.client): Promise<Answer> {
  return client.post('/message/', { chatid: chatId, message, client_id: clientId });
}

async function stored(id: string): Promise<Record<string, string | null>> {
  const [row] = await app.sql<Record<string, string | null>>(
    'SELECT client_id, client_key FROM message WHERE id = ?',
    [id],
  );
  return row;
}

async function count(): Promise<number> {
  return (await app.sql('SELECT id FROM message WHERE chat_id = ?', [chatId])).length;
}

/** What the documentation says, made by nothing of ours but the author's key. */
function expectedKey(authorKey: Buffer, clientId: string): string {
  const key = Buffer.from(hkdfSync('sha256', authorKey, '', 'conclave/client-id/v1', 32));
  const room = Buffer.from(chatId.replaceAll('-', ''), 'hex');
  const mac = createHmac('sha256', key).update(room).update(clientId, 'utf8').digest();
  return mac.subarray(0, 16).toString('base64url');
}

describe('a client_id is shown to its sender alone', () => {
  it.each(['the sender', 'another reader'])('whoever reads it first: %s', async (who) => {
    const { body: sent } = await send('mine');
    expect(sent.client_id).toBe('mine');
    const both = who === 'the sender' ? [user, reader] : [reader, user];
    for (const by of [...both, ...both, ...both]) {
      const expected = { ...sent, client_id: by === user ? 'mine' : null };
      for (const query of ['', '&changed_after=0']) {
        const { body } = await by.client.get(`/message/?chat_id=${chatId}${query}`);
        expect(body.data).toEqual([expected]);
      }
      expect((await by.client.get(`/message/${sent.id}`)).body).toEqual(expected);
      const synced = await by.client.post('/sync', { rooms: { [chatId]: 0 } });
      expect(synced.body.messages).toEqual([expected]);
    }
  });

  it('to the letter, whatever stands in it and in its message', async () => {
    const odd = '"client_id":null';
    await user.client.patch('/userauth/me', { fname: odd, profile: odd });
    const names = ['plain', odd, '"},{"', '$& $1 \\', '😀'];
    for (const name of names) await send(name, odd);
    for (let round = 0; round < 3; round++) {
      for (const by of [reader, user]) {
        const { body } = await by.client.get(`/message/?chat_id=${chatId}`);
        const shown = body.data.map((message: Record<string, unknown>) => message.client_id);
        expect(shown).toEqual(by === user ? names : names.map(() => null));
        for (const { message, sender } of body.data) {
          expect([message, sender.fname, sender.profile]).toEqual([odd, odd, odd]);
        }
      }
    }
  });

  it('after an edit and among reactions, and to nobody once it is deleted', async () => {
    const { body: sent } = await send('mine');
    const path = `/message/${sent.id}`;
    const shown = async (by: TestUser): Promise<unknown> =>
      (await by.client.get(path)).body.client_id;
    const edited = await user.client.patch(path, { message: 'hello again' });
    expect(edited.body.client_id).toBe('mine');
    expect([await shown(user), await shown(reader)]).toEqual(['mine', null]);
    await reader.client.request('PUT', `${path}/reactions/${encodeURIComponent('👍')}`);
    expect([await shown(user), await shown(reader)]).toEqual(['mine', null]);
    await user.client.request('DELETE', path);
    expect([await shown(user), await shown(reader)]).toEqual([null, null]);
  });

  it('not in events, which are the same for all', async () => {
    const sockets = await Promise.all(
      [user, reader].map(({ accessToken }) => Listener.connect(app.url, accessToken)),
    );
    const { body: sent } = await send('mine');
    await user.client.patch(`/message/${sent.id}`, { message: 'hello again' });
    const place = { chatId, lastEventId: 0 };
    const stream = await EventSource.open(app.url, user.accessToken, place);
    await stream.until(({ data }) => data.message?.id === sent.id);
    const replayed = stream.events.find(({ data }) => data.message)!.data;
    expect(replayed.message).toMatchObject({ message: 'hello again', client_id: null });
    for (const socket of sockets) {
      await socket.until(({ name }) => name === 'message.updated');
      for (const { payload } of socket.events.filter((event) => event.payload.message)) {
        expect(payload.message).toMatchObject({ id: sent.id, client_id: null });
      }
      socket.socket.close();
    }
    stream.close();
  });
});

describe('what is stored of a client_id', () => {
  it('is a MAC under a key of the author, to the letter of the documentation', async () => {
    const authorKey = (await app.nest.get(OwnerKeys).firstOf(user.id)).export();
    for (const clientId of ['web-7f3a-42', 'é', 'é'.normalize('NFD'), '👩‍👧'.repeat(12)]) {
      const { body } = await send(clientId);
      expect(await stored(body.id)).toEqual({
        client_id: clientId,
        client_key: expectedKey(authorKey, clientId),
      });
    }
    expect(expectedKey(authorKey, 'x')).toMatch(/^[\w-]{22}$/);
  });

  it('is nothing where there is none', async () => {
    for (const client_id of [undefined, null]) {
      const body = { chatid: chatId, message: 'x', client_id };
      const { body: sent } = await user.client.post('/message/', body);
      expect(sent.client_id).toBeNull();
      expect(await stored(sent.id)).toEqual({ client_id: null, client_key: null });
    }
  });

  it('is the MAC alone once the message is deleted', async () => {
    const { body } = await send('mine');
    const before = await stored(body.id);
    await user.client.request('DELETE', `/message/${body.id}`);
    expect(await stored(body.id)).toEqual({ ...before, client_id: null });
    expect(before.client_key).toHaveLength(22);
  });

  it('is the MAC alone once the author is erased', async () => {
    const { body } = await send('mine');
    const before = await stored(body.id);
    await user.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    await app.nest.get(ErasureTask).settle();
    expect(await stored(body.id)).toEqual({ ...before, client_id: null });
    const { body: shown } = await reader.client.get(`/message/${body.id}`);
    expect(shown).toMatchObject({ client_id: null, message: null });
  });
});

describe('a repeat', () => {
  it('of a deleted message answers its tombstone, with whatever text', async () => {
    const { body: sent } = await send('once');
    await user.client.request('DELETE', `/message/${sent.id}`);
    const tombstone = (await user.client.get(`/message/${sent.id}`)).body;
    for (const message of ['hello', 'something else']) {
      expect(await send('once', message)).toMatchObject({ status: 200, body: tombstone });
    }
    expect(await count()).toBe(1);
  });

  it('is found after a restart, and when the author has a new key', async () => {
    const { body: sent } = await send('once');
    const renewed = app.nest.get(MasterKeys).wrap(user.id, randomBytes(32));
    await app.sql(
      'INSERT INTO wrapped_key (owner_id, kind, since, key_id, token) VALUES (?, ?, ?, ?, ?)',
      [user.id, 'author', newId(), renewed.keyId, renewed.token],
    );
    await app.close();
    app = await TestApp.start({}, app.database);
    const again = new Client(app.url, user.accessToken);
    expect(await send('once', 'hello', again)).toMatchObject({ status: 200, body: sent });
    expect((await send('once', 'something else', again)).status).toBe(422);
    const { body: second } = await send('twice', 'hello', again); // under the new key
    expect(await send('twice', 'hello', again)).toMatchObject({ status: 200, body: second });
  });

  it('tells apart what Unicode holds for equal, and what is longer', async () => {
    const names = ['é', 'é'.normalize('NFD'), 'E', 'e', 'ee', ' e'];
    for (const name of names) expect((await send(name)).status).toBe(201);
    for (const name of names) expect((await send(name)).status).toBe(200);
    expect(await count()).toBe(names.length);
  });

  it('answers 200 to all but one of many at once, deleted or not, and 422 to another text', async () => {
    const sends = Array.from({ length: 40 }, (_, n) => send('race', n % 2 ? 'one' : 'other'));
    const answers = await Promise.all(sends);
    const by = (status: number): number => answers.filter((a) => a.status === status).length;
    expect([by(201), by(200), by(422)]).toEqual([1, 19, 20]);
    const { id } = answers.find(({ status }) => status === 201)!.body;
    const [, ...others] = await Promise.all([
      user.client.request('DELETE', `/message/${id}`),
      ...Array.from({ length: 20 }, () => send('race', 'third')),
    ]);
    for (const { status } of others) expect([200, 422]).toContain(status);
    expect((await send('race', 'third')).status).toBe(200);
    expect(await count()).toBe(1);
  });
});

describe.skipIf(!isPostgres)('two processes', () => {
  let other: TestApp;
  beforeEach(async () => {
    other = await TestApp.start({}, app.database);
  });
  afterEach(() => other.close());

  it('make one message of many repeats at both at once', async () => {
    const elsewhere = new Client(other.url, user.accessToken);
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        Array.from({ length: 30 }, (_, n) =>
          send(`race ${round}`, 'hello', n % 2 ? user.client : elsewhere),
        ),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(29);
      expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    }
    expect(await count()).toBe(5);
    const { id } = (await send('race 0')).body;
    await user.client.request('DELETE', `/message/${id}`);
    expect(await send('race 0', 'hello', elsewhere)).toMatchObject({ status: 200, body: { id } });
  });
});
