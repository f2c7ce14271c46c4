import { createSecretKey, randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { deriveKey, expandKey, extractKey } from '../../src/crypto/derive-key.js';
import { messageJson, MessageCache, pageJson } from '../../src/message/message-cache.js';
import type { MessageDto } from '../../src/message/message.dto.js';
import { Message } from '../../src/message/message.entity.js';
import type { Person } from '../../src/user/user.entity.js';
import { keptBody } from '../support/kept-body.js';

type Forget = (event: { ownerIds?: string[]; messageIds?: string[] }) => void;

/** What the cache listens to. */
let handlers: Record<string, Forget>;
let cache: MessageCache;

const destroy = (ownerIds: string[]): void => handlers['keys.destroyed']({ ownerIds });

function cacheOf(bodyCacheBytes: number): MessageCache {
  handlers = {};
  const bus = { on: (type: string, handler: Forget) => (handlers[type] = handler) };
  return new MessageCache({ bodyCacheBytes } as never, bus as never);
}

function message(fields: Partial<Message> = {}): Message {
  const own = {
    id: newId(),
    chatId: newId(),
    senderId: newId(),
    ciphertext: 'gAAAAA',
    attachmentCount: 0,
  };
  return Object.assign(new Message(), own, { body: 'hello' }, fields);
}

beforeEach(() => {
  cache = cacheOf(1_000_000);
});

describe('the cache of opened bodies', () => {
  it('serves exactly the row that it was given, and no other', () => {
    const row = message();
    cache.keep(row, cache.epoch);
    expect(keptBody(cache, row)).toBe('hello');
    for (const field of ['id', 'chatId', 'senderId', 'ciphertext'] as const) {
      expect(keptBody(cache, { ...row, [field]: newId() }), field).toBeUndefined();
    }
    expect(keptBody(cache, { ...row, ciphertext: null })).toBeUndefined();
  });

  it('knows the files of a message from when they were opened, if all of them were', () => {
    const row = message({ attachmentCount: 1 });
    cache.keep(row, cache.epoch);
    const files = [{ id: newId() }] as never;
    cache.keepFiles(
      Object.assign(message(row), { attachments: files, shutAttachments: [newId()] }),
    );
    cache.keepFiles(Object.assign(message(row), { attachments: files, ciphertext: 'another' }));
    const known = (): unknown => {
      const asked = message({ ...row, body: null });
      expect(cache.fill(asked)).toBe(true);
      return asked.attachments;
    };
    expect(known()).toBeUndefined();
    cache.keepFiles(Object.assign(message(row), { attachments: files }));
    expect(known()).toBe(files);
  });

  it('forgets one', () => {
    const row = message();
    cache.keep(row, cache.epoch);
    cache.delete(row.id);
    expect(keptBody(cache, row)).toBeUndefined();
  });

  it('forgets what belongs to a room or an author whose key is destroyed, and nothing else', () => {
    const [inRoom, byAuthor, other] = [message(), message(), message()];
    for (const row of [inRoom, byAuthor, other]) cache.keep(row, cache.epoch);
    destroy([inRoom.chatId, byAuthor.senderId]);
    expect([inRoom, byAuthor, other].map((row) => keptBody(cache, row))).toEqual([
      undefined,
      undefined,
      'hello',
    ]);
  });

  it('does not keep what was being opened while a key was destroyed', () => {
    const row = message();
    const { epoch } = cache;
    destroy([row.chatId]);
    cache.keep(row, epoch);
    expect(keptBody(cache, row)).toBeUndefined();
    cache.keep(row, cache.epoch);
    expect(keptBody(cache, row)).toBe('hello');
  });

  it.each([
    ['texts.destroyed', (row: Message) => ({ messageIds: [row.id] }), 'hello'],
    ['memory.stale', () => ({}), undefined],
  ])(
    'forgets on %s what it names, and keeps nothing that was being opened',
    (type, event, other) => {
      const rows = [message(), message()];
      for (const row of rows) cache.keep(row, cache.epoch);
      const { epoch } = cache;
      handlers[type](event(rows[0]));
      expect(rows.map((row) => keptBody(cache, row))).toEqual([undefined, other]);
      cache.keep(rows[0], epoch);
      expect(keptBody(cache, rows[0])).toBeUndefined();
    },
  );

  it('counts what it knew and what it did not, and how much it holds', () => {
    const [row, other] = [message(), message()];
    expect(cache.size).toBe(0);
    cache.keep(row, cache.epoch);
    const { size } = cache;
    expect(size).toBeGreaterThan(1500);
    for (const asked of [row, row, other, { ...row, ciphertext: 'gBBBB' }]) keptBody(cache, asked);
    expect(cache.lookUps).toEqual({ hits: 2, misses: 2 });
    cache.keep(other, cache.epoch);
    expect(cache.size).toBe(2 * size);
    cache.delete(row.id);
    expect(cache.size).toBe(size);
  });

  it('counts the length of the ciphertext, and that of the body four times', () => {
    const sizes = [{}, { body: 'hello!' }, { ciphertext: 'gAAAAAA' }].map((fields) => {
      const before = cache.size;
      cache.keep(message(fields), cache.epoch);
      return cache.size - before;
    });
    expect(sizes.map((size) => size - sizes[0])).toEqual([0, 4, 1]);
  });

  it('stays within its bytes, and gives up what was used least lately', () => {
    const rows = Array.from({ length: 100 }, () => message({ body: 'x'.repeat(1000) }));
    cache = cacheOf(50_000);
    for (const row of rows) {
      cache.keep(row, cache.epoch);
      expect(keptBody(cache, rows[0])).toBeDefined();
    }
    const kept = rows.filter((row) => keptBody(cache, row) !== undefined);
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(kept).toContain(rows[0]);
    expect(kept).toContain(rows[99]);
    expect(kept).not.toContain(rows[1]);
  });

  it('keeps nothing that is larger than all of it, and nothing at all at 0', () => {
    for (const bytes of [1000, 0]) {
      cache = cacheOf(bytes);
      const row = message({ body: 'x'.repeat(1000) });
      cache.keep(row, cache.epoch);
      cache.delete(row.id);
      expect(keptBody(cache, row)).toBeUndefined();
    }
    expect(handlers).toEqual({});
    expect([cache.size, cache.epoch]).toEqual([0, 0]);
  });
});

const PROFILE = { fname: 'Ada', lname: 'Lovelace', profile: null };

function sender({ senderId }: Message, fields: Partial<Person> = {}): Person {
  return { id: senderId, ...PROFILE, erasedAt: null, ...fields };
}

/** As it comes from the database once more. */
function again(row: Message, fields: Partial<Message> = {}): Message {
  const read = { ...row, body: null, ...fields };
  expect(cache.fill(read)).toBe(true);
  return read;
}

function keptMessage(fields: Partial<Message> = {}): Message {
  const times = { createdAt: new Date(), editedAt: null, deletedAt: null };
  const row = message({ change: 1, seq: 1, clientId: null, replyTo: null, ...times, ...fields });
  cache.keep(row, cache.epoch);
  return row;
}

describe('the view of a message', () => {
  const shown = (read: Message, by = sender(read), to = newId()): MessageDto | undefined =>
    cache.view(read, by, to);

  it('is the same for every reader, each time', () => {
    const row = keptMessage();
    const view = shown(again(row));
    expect(view).toMatchObject({ id: row.id, message: 'hello', sender: PROFILE, client_id: null });
    expect(shown(again(row))).toBe(view);
    expect(shown(again(row), sender(row), row.senderId)).toBe(view);
  });

  it('is made anew once its message has changed', () => {
    const row = keptMessage();
    shown(again(row));
    const view = shown(again(row, { change: 2, editedAt: new Date() }));
    expect(view).toMatchObject({ change: 2, edited_at: expect.any(String) });
  });

  it.each(['fname', 'lname', 'profile'])('is made anew once its sender has another %s', (name) => {
    const row = keptMessage();
    shown(again(row));
    const view = shown(again(row), sender(row, { [name]: 'Other' }));
    expect(view).toMatchObject({ sender: { ...PROFILE, [name]: 'Other' } });
  });

  it('names its client_id to its sender alone', () => {
    const row = keptMessage({ clientId: 'mine' });
    const mine = (): MessageDto | undefined => shown(again(row), sender(row), row.senderId);
    expect([mine(), shown(again(row)), mine()]).toMatchObject([
      { client_id: 'mine', message: 'hello' },
      { client_id: null, message: 'hello' },
      { client_id: 'mine', message: 'hello' },
    ]);
  });

  it('is none where it differs from reader to reader, is a tombstone, or was not kept', () => {
    const row = keptMessage();
    expect(shown(again(row, { reactions: [{ emoji: '👍', count: 1 }] }))).toBeUndefined();
    expect(shown(again(row), sender(row, { erasedAt: new Date() }))).toBeUndefined();
    expect(shown(row)).toBeUndefined();
    expect(shown(again(row, { reactions: [] }))).toBeDefined();
  });
});

describe('the JSON of messages', () => {
  const BODY = 'say "client_id":null, or $& and \\';

  function viewOf(row: Message, reader = newId()): MessageDto {
    return cache.view(again(row), sender(row), reader)!;
  }

  it('is that of the view, with a client_id and without', () => {
    const row = keptMessage({ clientId: '"$&\\', body: BODY });
    for (const view of [viewOf(row), viewOf(row, row.senderId), viewOf(row)]) {
      expect(messageJson(view)).toBe(JSON.stringify(view));
    }
  });

  it('is made once, where the view is kept', () => {
    const view = viewOf(keptMessage());
    const made = messageJson(view);
    view.message = 'other';
    expect(messageJson(view)).toBe(made);
    expect(messageJson({ ...view, client_id: 'x' })).toContain('hello');
  });

  it('is that of the page, of views that are kept, others, and none', () => {
    const kept = viewOf(keptMessage());
    const other: MessageDto = { ...JSON.parse(JSON.stringify(kept)), message: 'other' };
    const own = viewOf(keptMessage({ clientId: 'a', body: BODY }));
    for (const data of [[kept, other, own], [other, kept], [other, other], [kept], []]) {
      const page = { data, has_more: true, change: 4 };
      expect(pageJson(page)).toBe(JSON.stringify(page));
    }
  });
});

describe('HKDF in two halves', () => {
  it('gives what it gives as a whole', () => {
    for (let bytes = 16; bytes <= 128; bytes += 16) {
      const input = randomBytes(bytes);
      const info = `conclave/message/v1/${newId()}`;
      expect(expandKey(extractKey(createSecretKey(input)), info)).toEqual(deriveKey(input, info));
    }
  });
});
