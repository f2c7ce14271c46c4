import { memoryStorage } from '@conclave/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Files } from '../support/attachments.js';
import {
  fileOf,
  FileStage,
  idOf,
  large,
  last,
  MIB,
  NEVER,
  ONE,
  records,
} from '../support/file-stage.js';
import { Gate } from '../support/gate.js';

let stage: FileStage;
beforeAll(async () => {
  stage = await FileStage.start();
});
beforeEach(() => stage.enter());
afterEach(() => stage.leave());
afterAll(() => stage.stop());

describe('what does not go', () => {
  it('is a file that the server refuses, and the message with it; others go on', async () => {
    const { room } = await stage.open(memoryStorage());
    const upload = room.attach(fileOf(new Uint8Array(20 * MIB + 1), 'a'));
    room.send('with it', { attachments: [upload] });
    room.send('after it');
    await expect
      .poll(() => room.getSnapshot().messages.map(({ state }) => state))
      .toEqual(['sent', 'failed']);
    const refusal = { type: 'urn:conclave:problem:too-large', status: 413 };
    expect(last(room)!.problem).toMatchObject(refusal);
    expect(upload.getSnapshot()).toMatchObject({ state: 'failed', problem: refusal });
    await expect(upload.done).rejects.toMatchObject(refusal);
    room.discard(last(room)!.key);
    expect(last(room)!.message).toBe('after it');
  });

  it('is one that is cancelled, here and at the server', async () => {
    const storage = memoryStorage();
    const { room, wire } = await stage.open(storage);
    wire.rule = (what) => (what === 'PUT parts/5' ? NEVER : undefined);
    const stop = new AbortController();
    const upload = room.attach(large(), { signal: stop.signal });
    await expect.poll(() => upload.getSnapshot().sent).toBe(16 * MIB);
    stop.abort();
    await expect(upload.done).rejects.toMatchObject({ type: 'urn:conclave:client:cancelled' });
    await expect.poll(() => records(storage)).toEqual([]);
    const { id } = upload.attachment;
    await expect.poll(() => stage.statusOf(id)).toBe(404);
    wire.rule = () => undefined;
    void upload.retry();
    expect((await upload.done).id).toMatch(/^[\da-f-]{36}$/);
    room.send('', { attachments: [upload] });
    await expect.poll(() => last(room)?.state).toBe('sent');
  });

  it('is one that is cancelled before its beginning is answered', async () => {
    const { room, wire } = await stage.open(memoryStorage());
    wire.rule = (what) => (what === 'POST' ? 'unanswered' : undefined);
    const upload = room.attach(fileOf(ONE, 'a'));
    await expect.poll(() => upload.getSnapshot().problem).not.toBeNull();
    upload.cancel();
    expect(await stage.unfinished()).toBe(1);
    wire.rule = () => undefined;
    await expect.poll(() => stage.unfinished()).toBe(0);
  });

  it('is cancelled with the message that is discarded', async () => {
    const { room, wire } = await stage.open(memoryStorage());
    wire.rule = (what) => (what === 'PUT parts/5' ? NEVER : undefined);
    const upload = room.attach(large());
    const key = room.send('', { attachments: [upload] });
    await expect.poll(() => upload.attachment.id).not.toBe('');
    room.discard(key);
    expect(room.getSnapshot().messages).toEqual([]);
    await expect.poll(() => stage.statusOf(upload.attachment.id)).toBe(404);
  });

  it('is no reason to keep what nobody goes on with', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    before.wire.rule = (what) => (what.startsWith('PUT') ? NEVER : undefined);
    const left = Array.from({ length: 10 }, (_, n) => before.room.attach(fileOf(ONE, `left ${n}`)));
    await expect.poll(() => left.every(({ attachment }) => attachment.id)).toBe(true);
    await before.client.close();
    const { room } = await stage.open(storage);
    const eleventh = room.attach(fileOf(ONE, 'eleventh'));
    expect(await idOf(eleventh)).not.toBe('');
    expect(await stage.statusOf(left[0].attachment.id)).toBe(404);
  });

  it('is one too many at once, until another one is there', async () => {
    const { room, wire } = await stage.open(memoryStorage());
    const gate = new Gate();
    wire.rule = (what) => (what.startsWith('PUT') ? gate.pass() : undefined);
    const ten = Array.from({ length: 10 }, (_, n) => room.attach(fileOf(ONE, `${n}`)));
    await expect.poll(() => ten.every(({ attachment }) => attachment.id)).toBe(true);
    const eleventh = room.attach(fileOf(ONE, 'eleventh'));
    const type = 'urn:conclave:problem:quota-exceeded';
    await expect
      .poll(() => eleventh.getSnapshot())
      .toMatchObject({ state: 'uploading', problem: { type } });
    gate.open();
    expect((await eleventh.done).id).not.toBe('');
  });

  it('is one of two that were dropped, where there is room for none', async () => {
    const { room, wire } = await stage.open(memoryStorage());
    wire.rule = (what) => (what.startsWith('PUT') ? 'lost' : undefined);
    const two = ['a', 'b'].map((name) => room.attach(fileOf(ONE, name)));
    await expect.poll(() => two.every(({ attachment }) => attachment.id)).toBe(true);
    wire.rule = () => 'lost';
    for (const { attachment } of two) await stage.expire(attachment.id);
    const others = new Files(stage.app);
    while ((await stage.unfinished()) < 10) await others.begin(stage.user, stage.chatId, 1);
    wire.rule = () => undefined;
    await expect.poll(() => two.some((each) => each.getSnapshot().state === 'failed')).toBe(true);
  });

  it('is a message whose file was dropped meanwhile, until it is tried again', async () => {
    const { room } = await stage.open(memoryStorage());
    const upload = room.attach(fileOf(ONE, 'a'));
    await stage.expire((await upload.done).id);
    const key = room.send('late', { attachments: [upload] });
    await expect.poll(() => last(room)?.state).toBe('failed');
    room.retry(key);
    await expect.poll(() => last(room)?.state).toBe('sent');
  });

  it('is a file that has changed since it was chosen', async () => {
    const { room } = await stage.open(memoryStorage());
    const file = fileOf(ONE, 'gone');
    file.slice = () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }) as never;
    await expect(room.attach(file).done).rejects.toMatchObject({
      type: 'urn:conclave:client:file-needed',
    });
  });
});

describe('a URL', () => {
  it('needs no token, and is the same for all who ask here', async () => {
    const { client, room, wire } = await stage.open(memoryStorage());
    const files = ['a', 'b'].map((name) => room.attach(fileOf(ONE, name)));
    room.send('', { attachments: files });
    await expect.poll(() => last(room)?.state).toBe('sent');
    const { attachments } = last(room)!;
    const ask = (): Promise<(string | null)[]> =>
      Promise.all(attachments.map((each) => client.url(each)));
    const urls = await ask();
    expect(await ask()).toEqual(urls);
    expect(wire.count('POST tickets')).toBe(1);
    expect(await (await fetch(urls[1]!)).text()).toBe('1');
    expect(await client.url(attachments[0], 'thumbnail')).toBeNull();
    expect(await client.url({ id: '' })).toBeNull();
    expect(await client.url({ id: '019ab3c1-7a4e-7e21-a0c5-9d8e7f6a5b41' })).toBeNull();
  });
});
