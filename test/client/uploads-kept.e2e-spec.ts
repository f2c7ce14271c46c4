import { memoryStorage } from '@conclave/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fileOf, FileStage, last, MIB, NEVER, ONE, records } from '../support/file-stage.js';
import { Gate } from '../support/gate.js';

let stage: FileStage;
beforeAll(async () => {
  stage = await FileStage.start();
});
beforeEach(() => stage.enter());
afterEach(() => stage.leave());
afterAll(() => stage.stop());

describe('bytes in no file', () => {
  it('are not taken for others of the same length', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    await before.room.attach(new Blob(['first recording'])).done;
    await before.client.close();

    const { room } = await stage.open(storage);
    room.send('', { attachments: [room.attach(new Blob(['other recording']))] });
    await expect.poll(() => last(room)?.state).toBe('sent');
    expect((await stage.sentFiles())[0].bytes.toString()).toBe('other recording');
  });

  it('are not mixed with others of the same length', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    before.wire.rule = (what) => (what === 'PUT parts/2' ? NEVER : undefined);
    const recording = (letter: string): Blob => new Blob([letter.repeat(4 * MIB + 4)]);
    const cut = before.room.attach(recording('a'));
    await expect.poll(() => cut.getSnapshot().sent).toBe(4 * MIB);
    await before.client.close();

    const { room } = await stage.open(storage);
    room.send('', { attachments: [room.attach(recording('b'))] });
    await expect.poll(() => last(room)?.state).toBe('sent');
    const [{ bytes }] = await stage.sentFiles();
    expect([bytes.at(0), bytes.at(-1)]).toEqual([0x62, 0x62]);
  });
});

describe('what is kept of an upload', () => {
  it('that was dropped has it begun anew once, though answers are lost', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    before.wire.rule = (what) => (what.startsWith('PUT') ? NEVER : undefined);
    const dropped = before.room.attach(fileOf(ONE, 'a'));
    await expect.poll(() => dropped.attachment.id).not.toBe('');
    await before.client.close();
    await stage.expire(dropped.attachment.id);

    const { room, wire } = await stage.open(storage);
    let lost = 4;
    wire.rule = (what) => (what === 'POST' && lost-- > 0 ? 'unanswered' : undefined);
    await room.attach(fileOf(ONE, 'a')).done;
    expect(await stage.unfinished()).toBe(0);
  });

  it('goes with the log-out, also where its beginning is answered later', async () => {
    const storage = memoryStorage();
    const { client, room, wire } = await stage.open(storage);
    const gate = new Gate();
    wire.delay = (what) => (what === 'POST' ? gate.pass() : undefined);
    room.attach(fileOf(ONE, 'a'));
    await gate.reached;
    await client.logOut();
    await expect.poll(() => storage.keys()).toEqual([]);
    gate.open();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await records(storage)).toEqual([]);
  });
});
