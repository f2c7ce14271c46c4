import { randomBytes } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../src/common/ids.js';
import { deriveKey, expandKey, extractKey } from '../src/encryption/derive-key.js';
import { BodyCache } from '../src/message/body-cache.js';
import { Message } from '../src/message/message.entity.js';

type Forget = (event: { ownerIds: string[] }) => void;

let destroy: Forget;
let cache: BodyCache;

function cacheOf(bodyCacheBytes: number): BodyCache {
  const bus = { on: (_type: string, handler: Forget) => (destroy = handler) };
  return new BodyCache({ bodyCacheBytes } as never, bus as never);
}

function message(fields: Partial<Message> = {}): Message {
  const own = { id: newId(), chatId: newId(), senderId: newId(), ciphertext: 'gAAAAA' };
  return Object.assign(new Message(), own, { body: 'hello' }, fields);
}

beforeEach(() => {
  cache = cacheOf(1_000_000);
});

describe('the cache of opened bodies', () => {
  it('serves exactly the row that it was given, and no other', () => {
    const row = message();
    cache.set(row, cache.epoch);
    expect(cache.get({ ...row, body: null })?.body).toBe('hello');
    for (const field of ['id', 'chatId', 'senderId', 'ciphertext'] as const) {
      expect(cache.get({ ...row, [field]: newId() }), field).toBeUndefined();
    }
    expect(cache.get({ ...row, ciphertext: null })).toBeUndefined();
  });

  it('forgets one', () => {
    const row = message();
    cache.set(row, cache.epoch);
    cache.delete(row.id);
    expect(cache.get(row)).toBeUndefined();
  });

  it('forgets what belongs to a room or an author whose key is destroyed, and nothing else', () => {
    const [inRoom, byAuthor, other] = [message(), message(), message()];
    for (const row of [inRoom, byAuthor, other]) cache.set(row, cache.epoch);
    destroy({ ownerIds: [inRoom.chatId, byAuthor.senderId] });
    expect([inRoom, byAuthor, other].map((row) => cache.get(row)?.body)).toEqual([
      undefined,
      undefined,
      'hello',
    ]);
  });

  it('does not keep what was being opened while a key was destroyed', () => {
    const row = message();
    const { epoch } = cache;
    destroy({ ownerIds: [row.chatId] });
    cache.set(row, epoch);
    expect(cache.get(row)).toBeUndefined();
    cache.set(row, cache.epoch);
    expect(cache.get(row)?.body).toBe('hello');
  });

  it('stays within its bytes, and gives up what was used least lately', () => {
    const rows = Array.from({ length: 100 }, () => message({ body: 'x'.repeat(1000) }));
    cache = cacheOf(50_000);
    for (const row of rows) {
      cache.set(row, cache.epoch);
      expect(cache.get(rows[0])).toBeDefined();
    }
    const kept = rows.filter((row) => cache.get(row) !== undefined);
    expect(kept.length).toBeLessThanOrEqual(20);
    expect(kept).toContain(rows[0]);
    expect(kept).toContain(rows[99]);
    expect(kept).not.toContain(rows[1]);
  });

  it('keeps nothing that is larger than all of it, and nothing at all at 0', () => {
    for (const bytes of [1000, 0]) {
      cache = cacheOf(bytes);
      const row = message({ body: 'x'.repeat(1000) });
      cache.set(row, cache.epoch);
      expect(cache.get(row)).toBeUndefined();
    }
  });
});

describe('HKDF in two halves', () => {
  it('gives what it gives as a whole', () => {
    for (let bytes = 16; bytes <= 128; bytes += 16) {
      const input = randomBytes(bytes);
      const info = `conclave/message/v1/${newId()}`;
      expect(expandKey(extractKey(input), info)).toEqual(deriveKey(input, info));
    }
  });
});
