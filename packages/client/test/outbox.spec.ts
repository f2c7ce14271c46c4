import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox, type Outgoing } from '../src/outbox.js';
import { type ClientStorage, memoryStorage } from '../src/storage.js';
import type { Message } from '../src/types.js';
import { Answered, refusal } from './support/calls.js';
import { ME, message, person } from './support/given.js';
import { Locks } from './support/locks.js';
import { ManualTimers, settled } from './support/manual-timers.js';

let timers: ManualTimers;
let storage: ClientStorage;
let server: Answered<Outgoing, Message>;
let outbox: Outbox;
const onSent = vi.fn();
const onChange = vi.fn();
const upload = vi.fn();
const given = (): Outbox =>
  new Outbox({ storage, timers, send: server.call, upload, onSent, onChange });
const asked = (): string[] => server.asked.map(({ text }) => text);
const states = (): string[] => outbox.of('room').map(({ text, state }) => `${text} ${state}`);
const stored = async (): Promise<string[]> => {
  const boxes = await Promise.all((await storage.keys()).map(async (key) => storage.get(key)));
  return boxes.flatMap((box) => (JSON.parse(box!) as Outgoing[]).map(({ text }) => text));
};

beforeEach(async () => {
  vi.resetAllMocks();
  timers = new ManualTimers();
  storage = memoryStorage();
  server = new Answered();
  outbox = given();
  await outbox.open(ME);
});
afterEach(() => vi.unstubAllGlobals());

describe('a message', () => {
  it('is there at once, and until it is answered', async () => {
    const item = outbox.add('room', 'hello', 'm1');
    expect(outbox.of('room')).toEqual([item]);
    expect(item).toMatchObject({ text: 'hello', replyTo: 'm1', state: 'pending', problem: null });
    expect(item.clientId).toMatch(/^[0-9a-f]{32}$/);
    expect(onChange.mock.calls).toEqual([['room']]);
    await settled();
    expect(await stored()).toEqual(['hello']);
    await server.answer(message(4));
    expect(onSent.mock.calls).toEqual([[item, message(4)]]);
    expect(outbox.of('room')).toEqual([]);
    expect(await storage.keys()).toEqual([]);
  });

  it('is sent after those before it of its room, beside those of others', async () => {
    for (const text of ['one', 'two']) outbox.add('room', text, null);
    outbox.add('other', 'three', null);
    await settled();
    expect(asked()).toEqual(['one', 'three']);
    await server.answer(message(4));
    expect(asked()).toEqual(['one', 'three', 'two']);
  });

  it('is sent again after growing pauses, by the same id, before those after it', async () => {
    outbox.add('room', 'one', null);
    outbox.add('room', 'two', null);
    await settled();
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      await server.fail(refusal(503, 'busy'));
      const [ms] = timers.pending;
      expect(ms / 1000 / seconds).toBeGreaterThanOrEqual(0.9);
      expect(ms / 1000 / seconds).toBeLessThanOrEqual(1.1);
      await timers.pass(ms);
    }
    expect(asked()).toEqual(Array(8).fill('one'));
    expect(new Set(server.asked.map(({ clientId }) => clientId)).size).toBe(1);
    expect(states()).toEqual(['one pending', 'two pending']);
  });

  it('is sent again when the server wants it', async () => {
    outbox.add('room', 'one', null);
    await server.fail(refusal(429, 'busy', 20));
    expect(timers.pending).toEqual([20_000]);
  });

  it('is sent again where something unknown went wrong', async () => {
    outbox.add('room', 'one', null);
    await server.fail(new TypeError('what?'));
    expect(states()).toEqual(['one pending']);
  });

  it('is sent again at once when the server can be reached', async () => {
    outbox.add('room', 'one', null);
    await server.fail(refusal(503, 'busy'));
    outbox.wake();
    await settled();
    expect(asked()).toEqual(['one', 'one']);
    expect(timers.pending).toEqual([]);
  });
});

describe('a message that is refused', () => {
  beforeEach(async () => {
    outbox.add('room', 'one', null);
    outbox.add('room', 'two', null);
    await server.fail(refusal(403, 'not-a-member'));
  });

  it('has failed, says why, and holds up no other one', () => {
    expect(states()).toEqual(['one failed', 'two pending']);
    expect(outbox.of('room')[0].problem).toMatchObject({ status: 403 });
    expect(asked()).toEqual(['one', 'two']);
  });

  it('is sent again when the user wants it, by the same id', async () => {
    outbox.retry(outbox.of('room')[0].clientId);
    expect(states()).toEqual(['one pending', 'two pending']);
    expect(outbox.of('room')[0].problem).toBeNull();
    await server.answer(message(4));
    expect(asked()).toEqual(['one', 'two', 'one']);
    expect(server.asked[2].clientId).toBe(server.asked[0].clientId);
  });

  it('is kept, so that it is not lost', async () => {
    expect(await stored()).toEqual(['one', 'two']);
  });

  it('goes when the user wants it', async () => {
    outbox.discard(outbox.of('room')[0].clientId);
    outbox.discard('unknown');
    await settled();
    expect(states()).toEqual(['two pending']);
    expect(await stored()).toEqual(['two']);
  });
});

it('sends no more what was discarded while it waits', async () => {
  const { clientId } = outbox.add('room', 'one', null);
  outbox.add('room', 'two', null);
  await server.fail(refusal(503, 'busy'));
  outbox.discard(clientId);
  await settled();
  expect(asked(), 'at once').toEqual(['one', 'two']);
  await timers.pass(60_000);
  expect(asked()).toEqual(['one', 'two']);
});

describe('an event of a message of the user', () => {
  const mine = message(4, { message: 'one', sender: person(ME) });
  const ids = (): (string | null)[] => outbox.of('room').map(({ messageId }) => messageId);

  it('is believed to be the one that is being sent, once', async () => {
    outbox.add('room', 'one', null);
    outbox.add('room', 'one', null);
    outbox.believe(mine);
    outbox.believe(mine);
    expect(ids()).toEqual(['m4', null]);
    outbox.believe({ ...mine, id: 'm5' });
    expect(ids()).toEqual(['m4', 'm5']);
    await server.answer(mine);
    expect(ids()).toEqual(['m5']);
  });

  it.each([
    ['text', { message: 'other' }],
    ['reply', { reply_to: 'm1' }],
    ['room', { chat_id: 'other' }],
  ])('is another one by its %s', (_, other) => {
    outbox.add('room', 'one', null);
    outbox.believe({ ...mine, ...other });
    expect(ids()).toEqual([null]);
  });

  it('is none that has failed, and was none that fails', async () => {
    outbox.add('room', 'one', null);
    outbox.believe(mine);
    await server.fail(refusal(403, 'not-a-member'));
    expect(ids()).toEqual([null]);
    outbox.believe(mine);
    expect(ids()).toEqual([null]);
  });
});

describe('what a page leaves', () => {
  beforeEach(async () => {
    for (const text of ['one', 'two']) outbox.add('room', text, null);
    await settled();
  });

  it('is sent by the next one, by the same ids, and is in one box then', async () => {
    const before = server.asked[0];
    await outbox.close(false);
    expect(outbox.of('room')).toEqual([]);
    expect(await stored()).toEqual(['one', 'two']);
    outbox = given();
    await outbox.open(ME);
    outbox.add('room', 'three', null);
    await settled();
    expect(states()).toEqual(['one pending', 'two pending', 'three pending']);
    expect(server.asked[1]).toMatchObject({ clientId: before.clientId, text: 'one' });
    expect(await storage.keys()).toHaveLength(1);
    expect(await stored()).toEqual(['one', 'two', 'three']);
  });

  it('is nothing to another user', async () => {
    await outbox.close(false);
    await outbox.open('other');
    expect(outbox.of('room')).toEqual([]);
    expect(await stored()).toEqual(['one', 'two']);
  });

  it('is forgotten where the user logs out', async () => {
    await outbox.close(true);
    expect(await storage.keys()).toEqual([]);
  });

  it('is not sent on by it', async () => {
    await outbox.close(false);
    await server.answer(message(4));
    outbox.wake();
    await timers.pass(60_000);
    expect(asked()).toEqual(['one']);
    expect(onSent).not.toHaveBeenCalled();
  });

  it('does not hold up what the user sends who comes back', async () => {
    await server.fail(refusal(503, 'busy'));
    await outbox.close(true);
    await outbox.open(ME);
    outbox.add('room', 'three', null);
    await timers.pass(60_000);
    expect(asked()).toEqual(['one', 'three']);
  });

  it('may be no list, which is left out', async () => {
    await outbox.close(false);
    await storage.set(`outbox/${ME}/broken`, '[{');
    outbox = given();
    await outbox.open(ME);
    expect(states()).toEqual(['one pending', 'two pending']);
    expect(await stored()).toEqual(['one', 'two']);
  });
});

describe('a storage', () => {
  it('that is slow to forget leaves the next user theirs', async () => {
    const own = storage;
    const slow = new Answered<string, void>();
    let isSlow = false;
    const forget = async (key: string): Promise<void> => {
      if (isSlow) await slow.call(key);
      return own.delete(key);
    };
    storage = { ...own, delete: forget };
    outbox = given();
    await outbox.open(ME);
    outbox.add('room', 'one', null);
    await settled();
    isSlow = true;
    const closed = outbox.close(true);
    const opened = outbox.open('other');
    await settled();
    isSlow = false;
    outbox.add('room', 'two', null);
    await slow.answer();
    await Promise.all([closed, opened]);
    expect(slow.asked).toHaveLength(1);
    expect(await stored()).toEqual(['two']);
  });

  it.each(['get', 'set', 'delete', 'keys'] as const)(
    'that fails keeps nothing from being sent: %s',
    async (name) => {
      outbox.add('left', 'zero', null);
      await settled();
      await outbox.close(false);
      storage = { ...storage, [name]: () => Promise.reject(new Error('full')) };
      outbox = given();
      await outbox.open(ME);
      outbox.add('room', 'one', null);
      await settled();
      expect(asked().at(-1)).toBe('one');
      await outbox.close(true);
    },
  );
});

describe('two tabs', () => {
  let other: Outbox;
  beforeEach(async () => {
    vi.stubGlobal('navigator', { locks: new Locks() });
    await outbox.close(true);
    outbox = given();
    await outbox.open(ME);
    outbox.add('room', 'one', null);
    await settled();
    other = given();
    await other.open(ME);
  });

  it('send what is theirs', async () => {
    expect(other.of('room')).toEqual([]);
    other.add('room', 'two', null);
    await settled();
    expect(asked()).toEqual(['one', 'two']);
    expect((await stored()).sort()).toEqual(['one', 'two']);
  });

  it('take over what one leaves that is gone', async () => {
    await outbox.close(false);
    const third = given();
    await third.open(ME);
    expect(third.of('room')).toMatchObject([{ text: 'one' }]);
    const fourth = given();
    await fourth.open(ME);
    expect(fourth.of('room')).toEqual([]);
    expect(await stored()).toEqual(['one']);
  });
});
