import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';

const PROMISED_MS = 30_000;
/** A reader that holds the log, as a backup does. */
const READER_MS = 5000;

const mark = (kind: string): string => `${kind}-${randomBytes(9).toString('base64url')}`;

describe.skipIf(isPostgres)('what was deleted or replaced', () => {
  let app: TestApp;
  let ada: TestUser;
  beforeEach(async () => {
    app = await TestApp.start();
    ada = await app.givenUser();
  });
  afterEach(() => app.stop());

  /** Those that some file of DATA_DIR holds. */
  function found(traces: Record<string, string>): string[] {
    const { dataDir } = app.database;
    const entries = readdirSync(dataDir, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    return Object.keys(traces).filter((name) =>
      files.some((bytes) => bytes.includes(traces[name])),
    );
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  const ask = async (user: TestUser, method: string, path: string, body?: object): Promise<any> => {
    const answer = await user.client.request(method, path, body);
    expect(answer.status, `${method} ${path} ${JSON.stringify(answer.body)}`).toBeLessThan(300);
    return answer.body;
  };

  async function ciphertext(id: string): Promise<string> {
    const [row] = await app.sql<Record<string, string>>(
      'SELECT ciphertext FROM message WHERE id = ?',
      [id],
    );
    return row.ciphertext;
  }

  async function token(ownerId: string): Promise<string> {
    const sql = 'SELECT token FROM wrapped_key WHERE owner_id = ?';
    return (await app.sql<{ token: string }>(sql, [ownerId]))[0].token;
  }

  function readerOf(dataDir: string): Sqlite.Database {
    const reader = new Sqlite(join(dataDir, 'conclave.sqlite'), { readonly: true });
    reader.exec('BEGIN');
    reader.prepare('SELECT COUNT(*) FROM users').get();
    return reader;
  }

  it('stands in no file 30 s later, however much is read meanwhile', async () => {
    const chatId = await app.givenChat(ada, { chat_name: mark('room') });
    const send = (message: string, client_id?: string): Promise<{ id: string }> =>
      ask(ada, 'POST', '/message/', { chatid: chatId, message, client_id });
    const gone = await app.givenUser({ fname: mark('fname'), lname: mark('lname') });
    const over = await app.givenChat(gone, { chat_name: mark('over') });
    const profile = { fname: mark('first'), lname: mark('last'), profile: mark('profile') };
    await ask(ada, 'PATCH', '/userauth/me', profile);
    const [deleted, edited] = [
      await send('to be deleted', mark('client')),
      await send('to be edited'),
    ];
    const emoji = '🦉';
    await ask(ada, 'PUT', `/message/${deleted.id}/reactions/${encodeURIComponent(emoji)}`);
    const rooms = await ask(gone, 'GET', `/chat/${over}`);
    const me = await ask(gone, 'GET', '/userauth/me');
    const theirs = { chatid: chatId, message: 'to be erased', client_id: mark('client') };
    const erased = await ask(gone, 'POST', '/message/', theirs);
    const traces = {
      deleted: await ciphertext(deleted.id),
      edited: await ciphertext(edited.id),
      erased: await ciphertext(erased.id),
      client_id: (await ask(ada, 'GET', `/message/${deleted.id}`)).client_id,
      'erased client_id': theirs.client_id,
      'chat key': await token(over),
      'author key': await token(gone.id),
      emoji,
      room: (await ask(ada, 'GET', `/chat/${chatId}`)).chat_name,
      'deleted room': rooms.chat_name,
      'e-mail': gone.email,
      'erased fname': me.fname,
      'erased lname': me.lname,
      ...profile,
    };
    expect(found(traces)).toEqual(Object.keys(traces));

    await ask(ada, 'DELETE', `/message/${deleted.id}`);
    await ask(ada, 'PATCH', `/message/${edited.id}`, { message: 'edited' });
    await ask(ada, 'PATCH', '/userauth/me', { fname: 'A', lname: 'B', profile: 'C' });
    await ask(ada, 'PATCH', `/chat/${chatId}`, { chat_name: 'Renamed' });
    await ask(gone, 'DELETE', '/userauth/me', { password: PASSWORD });
    await app.nest.get(RoomPurge).settle();
    await app.nest.get(ErasureTask).settle();
    const begin = Date.now();
    await send('more'); // so that the log has something in it again
    expect(found({ edited: await ciphertext(edited.id) })).not.toEqual([]);
    const reader = readerOf(app.database.dataDir);
    setTimeout(() => reader.close(), READER_MS);
    while (Date.now() - begin < PROMISED_MS) {
      await Promise.all([
        ask(ada, 'POST', '/sync', { rooms: { [chatId]: 0 } }),
        ask(ada, 'GET', `/message/?chat_id=${chatId}`),
        sleep(50),
      ]);
    }
    expect(found(traces)).toEqual([]);
    expect(found({ still: await ciphertext(edited.id) })).toEqual(['still']);
  });

  it('never stops the process while another reads', async () => {
    const rooms = [await app.givenChat(ada), await app.givenChat(ada), await app.givenChat(ada)];
    let lag = 0;
    let last = Date.now();
    const timer = setInterval(() => {
      lag = Math.max(lag, Date.now() - last);
      last = Date.now();
    }, 10);
    try {
      for (const chatId of rooms) {
        await ask(ada, 'PATCH', `/chat/${chatId}`, { chat_name: 'To be read from the log' });
        const reader = readerOf(app.database.dataDir);
        setTimeout(() => reader.close(), 300);
        await ask(ada, 'DELETE', `/chat/${chatId}`);
      }
    } finally {
      clearInterval(timer);
    }
    expect(lag).toBeLessThan(2500);
  });
});
