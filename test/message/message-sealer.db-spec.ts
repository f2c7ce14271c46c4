import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../src/crypto/ids.js';
import { KeyMissingError } from '../../src/encryption/encryption.errors.js';
import { WrappedKey } from '../../src/encryption/wrapped-key.entity.js';
import { Message } from '../../src/message/message.entity.js';
import { keptBody } from '../support/kept-body.js';
import { SendPath } from '../support/send-path.js';

let path: SendPath;
let senderId: string;
let chatId: string;
beforeAll(async () => {
  path = await SendPath.open();
  senderId = await path.givenUser();
  ({ id: chatId } = await path.givenChat(senderId));
});
afterAll(() => path.drop());

async function givenMessage(body: string): Promise<Message> {
  const seat = { id: newId(), chatId, senderId };
  const { ciphertext } = await path.sealer.seal(seat, body);
  const rest = { body: 'not yet', attachmentCount: 0, deletedAt: null };
  return Object.assign(new Message(), { ...seat, ciphertext, ...rest });
}

describe('the sealer of messages', () => {
  it('opens what it has sealed, at once where the keys are known', async () => {
    const message = await givenMessage('hello');
    expect(message.ciphertext).toMatch(/^gAAAA/);
    path.keys.forgetAll();
    const opening = path.sealer.open(message);
    expect([opening, message.body]).toEqual([expect.any(Promise), null]);
    await opening;
    expect(message.body).toBe('hello');
    const other = await givenMessage('other');
    expect([path.sealer.open(other), other.body]).toEqual([undefined, 'other']);
  });

  it('keeps what it has opened, and takes it from there', async () => {
    const message = await givenMessage('hello');
    await path.sealer.open(message);
    expect(message.cached).toBe(undefined);
    await path.sealer.open(message);
    expect([message.cached, message.body]).toEqual([expect.any(Object), 'hello']);
    path.sealer.forget(message.id);
    expect(keptBody(path.cache, message)).toBe(undefined);
  });

  it('remembers a body as it was sealed, but not where a key went meanwhile', async () => {
    const message = await givenMessage('hello');
    message.body = 'hello';
    const sealed = await path.sealer.seal(message, 'hello');
    message.ciphertext = sealed.ciphertext;
    path.sealer.remember(message, { ...sealed, epoch: sealed.epoch - 1 });
    expect(keptBody(path.cache, message)).toBe(undefined);
    path.sealer.remember(message, sealed);
    expect(keptBody(path.cache, message)).toBe('hello');
  });

  it('shows no body of a tombstone, and forgets the one it knew', async () => {
    const message = await givenMessage('hello');
    await path.sealer.open(message);
    const row = { ...message };
    Object.assign(message, { ciphertext: null, deletedAt: new Date() });
    await path.sealer.open(message);
    expect([message.body, message.unreadable]).toEqual([null, undefined]);
    expect(keptBody(path.cache, row)).toBe(undefined);
  });

  it('marks as unreadable what is not this message, and what is gone without being deleted', async () => {
    const [one, other] = [await givenMessage('one'), await givenMessage('other')];
    const moved = Object.assign(new Message(), one, { ciphertext: other.ciphertext });
    const gone = Object.assign(new Message(), one, { ciphertext: null });
    const unselected = Object.assign(new Message(), one, { ciphertext: undefined });
    await path.sealer.openAll([moved, gone, unselected]);
    const all = [moved, gone, unselected];
    expect(all.map(({ body }) => body)).toEqual([null, null, null]);
    expect(all.map(({ unreadable }) => unreadable)).toEqual([true, true, undefined]);
  });

  it('tells a key that this process lacks from one that does not fit', async () => {
    const author = await path.givenUser();
    const seat = { id: newId(), chatId, senderId: author };
    const { ciphertext } = await path.sealer.seal(seat, 'hello');
    await path.database.write(({ manager }) =>
      manager.update(WrappedKey, { ownerId: author }, { keyId: '0123456789abcdef' }),
    );
    path.keys.forgetAll();
    const message = Object.assign(new Message(), { ...seat, ciphertext, deletedAt: null });
    await path.sealer.openAll([message]);
    expect([message.unreadable, message.failure]).toEqual([undefined, expect.any(Error)]);
    expect(await path.sealer.sealNew({ ...seat, id: newId() }, 'next')).toBeInstanceOf(Error);
  });

  it('answers why there is nothing to seal with, and throws whatever else fails', async () => {
    const stranger = { id: newId(), chatId, senderId: newId() };
    expect(await path.sealer.sealNew(stranger, 'hello')).toBeInstanceOf(KeyMissingError);
    path.keys.forgetAll();
    vi.spyOn(path.database, 'rows').mockRejectedValue(new Error('away'));
    await expect(path.sealer.sealNew({ ...stranger, senderId }, 'hello')).rejects.toThrow('away');
    vi.restoreAllMocks();
  });

  it('opens long texts in slices, and others come in between', async () => {
    const messages = await Promise.all(
      Array.from({ length: 1500 }, (_, n) => givenMessage(`${n} ${'word '.repeat(60)}`)),
    );
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await path.sealer.openAll(messages);
    isOver = true;
    expect(messages.map(({ body }) => parseInt(body!))).toEqual(messages.map((_, n) => n));
    expect(turns).toBeGreaterThan(3);
  });
});
