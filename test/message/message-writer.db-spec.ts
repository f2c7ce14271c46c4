import { afterEach, beforeAll, afterAll, describe, expect, it, vi } from 'vitest';
import { ChatNotFoundError, RoomFullError, TooManyRoomsError } from '../../src/chat/chat.errors.js';
import type { Chat } from '../../src/chat/chat.entity.js';
import { newId } from '../../src/crypto/ids.js';
import { KeyUnavailableError } from '../../src/encryption/encryption.errors.js';
import { WrappedKey } from '../../src/encryption/wrapped-key.entity.js';
import { ClientIdReusedError, UnknownReplyToError } from '../../src/message/message.errors.js';
import { Message } from '../../src/message/message.entity.js';
import type { Appended } from '../../src/message/send/append-messages.js';
import type { Draft } from '../../src/message/send/draft.js';
import { AccountGoneError, UserNotFoundError } from '../../src/user/user.errors.js';
import { Gate } from '../support/gate.js';
import { keptBody } from '../support/kept-body.js';
import { SendPath } from '../support/send-path.js';

let path: SendPath;
let owner: string;
let chat: Chat;
beforeAll(async () => {
  path = await SendPath.open();
  owner = await path.givenUser();
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => path.drop());

const draft = (fields: Partial<Draft> = {}, senderId = owner): Promise<Draft> =>
  path.draft(chat.id, senderId, fields);

async function givenRoom(fields: Partial<Chat> = {}): Promise<Chat> {
  return (chat = await path.givenChat(owner, fields));
}

/** The answers to drafts that are sent at once: messages, or why not. */
async function append(drafts: Draft[]): Promise<(Appended | Error)[]> {
  const sends = drafts.map((one) => path.writer.append(one).catch((error: Error) => error));
  return Promise.all(sends);
}

const placesOf = (answers: (Appended | Error)[]): unknown[] =>
  answers.map((one) => (one instanceof Error ? one.constructor : one.message.seq));

interface ChatRow {
  last_seq: number;
  last_change: number;
  member_count: number;
}

async function stored(): Promise<{ texts: unknown[]; row: ChatRow }> {
  const messages = await path.database.manager.find(Message, {
    where: { chatId: chat.id },
    order: { seq: 'ASC' },
  });
  await path.sealer.openAll(messages);
  const [row] = await path.table<ChatRow>('chat', 'id', `id = '${chat.id}'`);
  return { texts: messages.map(({ seq, change, body }) => [seq, change, body]), row };
}

describe('sends at once', () => {
  it('get their places in the order of their coming, and what is stored says so', async () => {
    await givenRoom();
    const drafts = await Promise.all(['one', 'two', 'three'].map((body) => draft({ body })));
    expect(placesOf(await append(drafts))).toEqual([1, 2, 3]);
    const { texts, row } = await stored();
    expect(texts).toEqual([
      [1, 2, 'one'],
      [2, 3, 'two'],
      [3, 4, 'three'],
    ]);
    expect(row).toMatchObject({ last_seq: 3, last_change: 4, member_count: 1 });
    const where = `chat_id = '${chat.id}'`;
    expect(await path.table('member', 'user_id', where)).toMatchObject([{ read_seq: 3 }]);
  });

  it('that come while a transaction is under way share the next one, 200 at most', async () => {
    await givenRoom();
    const gate = new Gate();
    const { database } = path;
    const write = database.write.bind(database);
    const held = vi.spyOn(database, 'write').mockImplementationOnce((work) =>
      write(async (tx) => {
        const value = await work(tx);
        await gate.pass();
        return value;
      }),
    );
    const sizes: number[] = [];
    path.writer.observe((size) => sizes.push(size));
    const first = path.writer.append(await draft());
    await gate.reached;
    const drafts = await Promise.all(Array.from({ length: 250 }, () => draft()));
    const others = append(drafts);
    expect(path.writer.queueLength).toBe(250);
    gate.open();
    await first;
    expect(placesOf(await others)).toEqual(drafts.map((_, n) => n + 2));
    expect(sizes).toEqual([1, 200, 50]);
    expect(held).toHaveBeenCalledTimes(3);
  });

  it('are told in the order of the changes, whoever joins before what they say', async () => {
    await givenRoom();
    const [newcomer, other] = [await path.givenUser(), await path.givenUser()];
    path.told.length = 0;
    const drafts = [await draft({}, newcomer), await draft(), await draft({}, other)];
    await append(drafts);
    await new Promise(setImmediate);
    const told = path.told.map(({ name, change }) => [name, change]);
    expect(told).toEqual([
      ['member.changed', 2],
      ['message.created', 3],
      ['message.created', 4],
      ['member.changed', 5],
      ['message.created', 6],
    ]);
    expect((await stored()).row).toMatchObject({ last_seq: 3, last_change: 6, member_count: 3 });
  });

  it('of which some may not be sent take no place for these, and the others are stored', async () => {
    await givenRoom();
    const elsewhere = await path.givenChat(owner, { visibility: 'private' });
    const [answered] = await append([await path.draft(elsewhere.id, owner)]);
    const [stranger, gone] = [
      await path.givenUser(),
      await path.givenUser({ erasedAt: new Date() }),
    ];
    const full = await path.givenChat(owner, { lastSeq: 2 ** 31 - 1 });
    const almost = await path.givenChat(owner, { lastChange: 2 ** 31 - 2 });
    const busy = await path.givenUser({ roomCount: 5000 });
    const answers = await append([
      await draft(),
      await path.draft(elsewhere.id, stranger),
      await draft({}, gone),
      await draft({ replyTo: (answered as Appended).message.id }),
      await draft({ replyTo: newId() }),
      await path.draft(newId(), owner),
      await path.draft(full.id, owner),
      await path.draft(almost.id, stranger), // there is one change left, and joining takes it
      await path.draft(almost.id, owner),
      await draft({}, busy),
      await draft({ sealed: new Error('no key') }),
      await draft(),
    ]);
    expect(placesOf(answers)).toEqual([
      1,
      ChatNotFoundError,
      AccountGoneError,
      UnknownReplyToError,
      UnknownReplyToError,
      ChatNotFoundError,
      RoomFullError,
      RoomFullError,
      1,
      TooManyRoomsError,
      Error,
      2,
    ]);
    const { texts, row } = await stored();
    expect(texts).toHaveLength(2);
    expect(row).toMatchObject({ last_seq: 2, last_change: 3, member_count: 1 });
  });

  it('are never older than what stands before them, whatever the clock does', async () => {
    const lastMessageAt = new Date(Date.now() + 3_600_000);
    await givenRoom({ lastMessageAt });
    const [first] = (await append([await draft()])) as Appended[];
    expect(first.message.createdAt).toEqual(lastMessageAt);
  });

  it('may answer what stands in the room, also in what others sent just before', async () => {
    await givenRoom();
    const [first] = (await append([await draft()])) as Appended[];
    const [second] = (await append([await draft({ replyTo: first.message.id })])) as Appended[];
    expect(second.message.replyTo).toBe(first.message.id);
  });

  it('to one whose account has ended are refused in their direct room, not elsewhere', async () => {
    await givenRoom();
    const [peer, gone] = [await path.givenUser(), await path.givenUser({ erasedAt: new Date() })];
    const direct = (other: string): Promise<Chat> => {
      const directKey = [owner, other].sort().join(' ');
      const fields = { visibility: 'direct' as const, chatName: null, directKey };
      return path.givenChat(owner, fields, [{ userId: other }]);
    };
    const [living, ended] = [await direct(peer), await direct(gone)];
    const answers = await append([
      await path.draft(living.id, owner),
      await path.draft(ended.id, owner),
      await draft(),
    ]);
    expect(placesOf(answers)).toEqual([1, UserNotFoundError, 1]);
  });
});

describe('a send under a `client_id`', () => {
  const named = (body: string, clientKey = 'key', senderId = owner): Promise<Draft> =>
    draft({ body, clientId: 'mine', clientKey }, senderId);

  it('stands once, whether the repeat comes at once or later', async () => {
    await givenRoom();
    const drafts = [await named('one'), await named('one'), await named('two', 'else')];
    const write = vi.spyOn(path.database, 'write');
    const first = await append(drafts);
    expect(write).toHaveBeenCalledTimes(1); // none was refused by the database
    expect(placesOf(first)).toEqual([1, 1, 2]);
    expect(first.map((one) => (one as Appended).isRepeat)).toEqual([false, true, false]);
    const [again] = (await append([await named('one')])) as Appended[];
    expect(again).toMatchObject({ isRepeat: true, message: { seq: 1, body: 'one' } });
    expect((await stored()).row).toMatchObject({ last_seq: 2, last_change: 3 });
  });

  it('is refused with another text, or another answered one, and not of another person', async () => {
    await givenRoom();
    const other = await path.givenUser();
    const [first] = (await append([await named('one')])) as Appended[];
    const replyTo = first.message.id;
    const answers = await append([
      await named('two'),
      { ...(await named('one')), replyTo },
      await named('two', 'key', other),
    ]);
    expect(placesOf(answers)).toEqual([ClientIdReusedError, ClientIdReusedError, 2]);
  });

  it('answers with the message as it stands, once that was edited or deleted', async () => {
    await givenRoom();
    await append([await named('one'), await named('two', 'other')]);
    const { manager } = path.database;
    const messages = await manager.findBy(Message, { chatId: chat.id });
    await path.database.write(async (tx) => {
      for (const { id, seq } of messages) {
        const at = { deletedAt: new Date(), ciphertext: null };
        await tx.manager.update(Message, id, seq === 1 ? { editedAt: new Date() } : at);
      }
    });
    const answers = await append([await named('changed'), await named('changed', 'other')]);
    expect(placesOf(answers)).toEqual([1, 2]);
    expect((answers as Appended[]).map(({ message }) => message.body)).toEqual(['one', null]);
  });

  it('is a repeat too where the first cannot be opened any more', async () => {
    await givenRoom();
    await append([await named('one')]);
    await path.database.write(({ manager }) =>
      manager.update(Message, { chatId: chat.id }, { ciphertext: 'gAAAAAbroken' }),
    );
    expect(placesOf(await append([await named('one')]))).toEqual([1]);
  });
});

describe('a repeat of what this process cannot open', () => {
  it('is told so, whatever may have stood there', async () => {
    await givenRoom();
    const sender = await path.givenUser();
    const named = { clientId: 'mine', clientKey: 'key' };
    const drafts = [await draft(named, sender), await draft(named, sender)];
    const [first] = (await append([drafts[0]])) as Appended[];
    await path.database.write(({ manager }) =>
      manager.update(WrappedKey, { ownerId: sender }, { keyId: '0123456789abcdef' }),
    );
    path.keys.forgetAll();
    path.sealer.forget(first.message.id);
    expect(placesOf(await append([drafts[1]]))).toEqual([KeyUnavailableError]);
  });
});

describe('what is remembered of a send', () => {
  it('is its body as it was sealed, and nothing of a repeat or of what was refused', async () => {
    await givenRoom();
    const remembered = vi.spyOn(path.sealer, 'remember');
    const one = { clientId: 'mine', clientKey: 'key' };
    await append([await draft(one), await draft(one), await draft({ replyTo: newId() })]);
    expect(remembered).toHaveBeenCalledTimes(1);
    const [message] = remembered.mock.calls[0];
    expect(keptBody(path.cache, message)).toBe('hello');
  });
});

describe('a database that refuses', () => {
  /** Lets so many writes fail before they begin. */
  function refuse(times: number, error: Error): { calls: number } {
    const seen = { calls: 0 };
    const { database } = path;
    const write = database.write.bind(database);
    vi.spyOn(database, 'write').mockImplementation((work) => {
      return ++seen.calls > times ? write(work) : Promise.reject(error);
    });
    return seen;
  }
  const three = async (): Promise<Draft[]> => [await draft(), await draft(), await draft()];

  it('is asked once more with the whole batch', async () => {
    await givenRoom();
    const seen = refuse(1, new Error('no'));
    expect(placesOf(await append(await three()))).toEqual([1, 2, 3]);
    expect(seen.calls).toBe(2);
  });

  it('tells nobody of what it did not keep', async () => {
    await givenRoom();
    path.told.length = 0;
    const { database } = path;
    const write = database.write.bind(database);
    vi.spyOn(database, 'write').mockImplementationOnce((work) =>
      write(async (tx) => {
        await work(tx);
        throw new Error('no');
      }),
    );
    expect(placesOf(await append([await draft()]))).toEqual([1]);
    await new Promise(setImmediate);
    expect(path.told.map(({ name }) => name)).toEqual(['message.created']);
  });

  it('is then asked one by one, and only who is refused hears of it', async () => {
    await givenRoom();
    const seen = refuse(3, new Error('no')); // the batch twice, and its first alone
    expect(placesOf(await append(await three()))).toEqual([Error, 1, 2]);
    expect(seen.calls).toBe(5);
  });

  it('is asked no more where it does not answer at all', async () => {
    await givenRoom();
    const seen = refuse(1, Object.assign(new Error('away'), { code: 'ECONNREFUSED' }));
    expect(placesOf(await append(await three()))).toEqual([Error, Error, Error]);
    expect(seen.calls).toBe(1);
    expect(placesOf(await append([await draft()]))).toEqual([1]);
  });
});
