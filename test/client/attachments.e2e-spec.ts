import { memoryStorage, type RoomMessage } from '@conclave/client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PIXEL } from '../support/attachments.js';
import {
  BYTES,
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

let stage: FileStage;
beforeAll(async () => {
  stage = await FileStage.start();
});
beforeEach(() => stage.enter());
afterEach(() => stage.leave());
afterAll(() => stage.stop());

describe('a file', () => {
  it('goes in parts, three at once, with a message that is shown at once', async () => {
    const storage = memoryStorage();
    const { room, wire } = await stage.open(storage);
    const told: number[] = [];
    const upload = room.attach(large(), { onProgress: (sent) => told.push(sent) });
    const key = room.send('', { attachments: [upload] });
    expect(last(room)).toMatchObject({ key, state: 'pending', message: '', uploads: [upload] });
    expect(last(room)!.attachments).toMatchObject([
      { id: '', file_name: 'harbour.bin', size: BYTES.length },
    ]);
    await expect.poll(() => last(room)?.state).toBe('sent');
    expect(last(room)).toMatchObject({ key, message: '', uploads: [] });
    expect(last(room)!.attachments).toEqual([{ ...(await upload.done) }]);
    expect(upload.getSnapshot()).toEqual({
      state: 'complete',
      sent: BYTES.length,
      problem: null,
    });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.length).toBeGreaterThan(3);
    expect(wire.most.PUT).toBe(3);
    const [{ id, bytes }] = await stage.sentFiles();
    expect([id, bytes.equals(BYTES)]).toEqual([(await upload.done).id, true]);
    await expect.poll(() => records(storage)).toEqual([]);
  });

  it('goes on after a cut, without what has arrived', async () => {
    const { room, wire } = await stage.open(memoryStorage());
    const cut: Record<string, 'lost' | 'unanswered'> = {
      'PUT parts/2': 'lost',
      'PUT parts/4': 'unanswered',
      'PUT parts/5': 'unanswered', // by then all may be there
    };
    wire.rule = (what) => {
      const fate = cut[what];
      delete cut[what];
      return fate;
    };
    room.send('look', { attachments: [room.attach(large())] });
    await expect.poll(() => last(room)?.state).toBe('sent');
    expect((await stage.sentFiles())[0].bytes.equals(BYTES)).toBe(true);
    expect(cut).toEqual({});
    const puts = [1, 2, 3, 4, 5].map((n) => wire.count(`PUT parts/${n}`));
    expect(puts).toEqual([1, 2, 1, 1, 1]);
    expect(wire.count('POST')).toBe(1);
  });

  it('has the name and the type that the server takes', async () => {
    const { room } = await stage.open(memoryStorage());
    const name = `${'x'.repeat(300)}\u202etxt\n.png`;
    const file = fileOf(new Uint8Array(PIXEL), name, 'not a type');
    room.send('', { attachments: [room.attach(file)] });
    await expect.poll(() => last(room)?.state).toBe('sent');
    const [{ file_name, content_type, size }] = last(room)!.attachments;
    expect(file_name).toBe(`${'x'.repeat(248)}txt.png`);
    expect([content_type, size]).toEqual(['image/png', PIXEL.length]);
  });

  it('goes with its message', async () => {
    const { room } = await stage.open(memoryStorage());
    room.send('look', { attachments: [room.attach(fileOf(new Uint8Array(PIXEL), 'a.png'))] });
    await expect.poll(() => last(room)?.state).toBe('sent');
    await room.edit(last(room)!.id, '');
    expect(last(room)).toMatchObject({ message: '', attachments: [{ file_name: 'a.png' }] });
    const deleted = room.delete(last(room)!.id);
    expect(last(room)!.attachments).toEqual([]);
    await deleted;
    await expect.poll(() => last(room)?.deleted_at).not.toBeNull();
    expect(last(room)!.attachments).toEqual([]);
  });
});

describe('after a reload', () => {
  it('the same file goes on where it was, another one does not', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    before.wire.rule = (what) => (/parts\/[345]/.test(what) ? NEVER : undefined);
    const upload = before.room.attach(large());
    await expect.poll(() => upload.getSnapshot().sent).toBe(8 * MIB);
    await before.client.close();
    expect(upload.getSnapshot().state).toBe('failed');

    const { room, wire } = await stage.open(storage);
    const same = room.attach(large());
    await same.done;
    expect([wire.count('POST'), wire.count('PUT parts/1'), wire.count('PUT parts/3')]).toEqual([
      0, 0, 1,
    ]);
    const other = room.attach(fileOf(BYTES.subarray(1), 'harbour.bin'));
    const twice = room.attach(large());
    const ids = await Promise.all([upload, same, other, twice].map(idOf));
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
    expect(wire.count('POST')).toBe(2);
    expect(wire.most.PUT).toBe(3);
    room.send('', { attachments: [other, same, twice] });
    await expect.poll(() => last(room)?.state).toBe('sent');
    expect((await stage.sentFiles()).map(({ bytes }) => bytes.length)).toEqual([
      BYTES.length - 1,
      BYTES.length,
      BYTES.length,
    ]);
    expect((await stage.sentFiles())[1].bytes.equals(BYTES)).toBe(true);
  });

  it('a message whose files are there goes', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    before.wire.rule = (what) => (what === 'POST message/' ? 'lost' : undefined);
    const upload = before.room.attach(fileOf(new Uint8Array(PIXEL), 'a.png', 'image/png'));
    const key = before.room.send('look', { attachments: [upload] });
    await expect.poll(() => before.wire.count('POST message/')).toBeGreaterThan(0);
    await before.client.close();

    const { room } = await stage.open(storage);
    await expect.poll(() => last(room)?.state).toBe('sent');
    expect(last(room)).toMatchObject({
      key,
      message: 'look',
      attachments: [{ file_name: 'a.png' }],
    });
    expect(await stage.sentFiles()).toHaveLength(1);
  });

  it('one that has gone already does not go twice', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    before.wire.rule = (what) => (what === 'POST message/' ? 'unanswered' : undefined);
    before.room.send('look', { attachments: [before.room.attach(fileOf(ONE, 'a'))] });
    await expect.poll(() => stage.sentFiles()).toHaveLength(1);
    await before.client.close();

    const { client, room } = await stage.open(storage);
    await expect.poll(() => records(storage)).toEqual([]);
    await expect.poll(() => client.status.getSnapshot()).toBe('online');
    expect(room.getSnapshot().messages.map(({ state }) => state)).toEqual(['sent']);
  });

  it('one whose file is not there has failed, and says what to do', async () => {
    const storage = memoryStorage();
    const before = await stage.open(storage);
    before.wire.rule = (what) => (what === 'PUT parts/5' ? NEVER : undefined);
    const upload = before.room.attach(large());
    before.room.send('look', { attachments: [upload] });
    before.room.send('after it');
    await expect.poll(() => upload.getSnapshot().sent).toBe(16 * MIB);
    await before.client.close();

    const { room, wire } = await stage.open(storage);
    const failures = (): RoomMessage[] =>
      room.getSnapshot().messages.filter(({ state }) => state === 'failed');
    await expect.poll(failures).toHaveLength(1);
    const [failed] = failures();
    await expect.poll(() => room.getSnapshot().messages[0].message).toBe('after it');
    expect(failed.attachments).toMatchObject([{ file_name: 'harbour.bin', size: BYTES.length }]);
    expect(failed.problem).toMatchObject({
      type: 'urn:conclave:client:file-needed',
      detail: '“harbour.bin” is not uploaded whole, and is not here any more. Choose it again.',
    });
    const again = room.attach(large());
    await again.done;
    room.send('look again', { attachments: [again] });
    room.discard(failed.key);
    await expect.poll(() => last(room)).toMatchObject({ state: 'sent', message: 'look again' });
    expect(await idOf(again)).toBe(await idOf(upload));
    expect([wire.count('POST'), wire.count('PUT parts/1'), wire.count('DELETE')]).toEqual([
      0, 0, 0,
    ]);
    await expect.poll(() => records(storage)).toEqual([]);
  });

  it('of one who has logged out nothing is left', async () => {
    const storage = memoryStorage();
    const { client, room, wire } = await stage.open(storage);
    wire.rule = (what) => (what.startsWith('PUT') ? NEVER : undefined);
    room.send('look', { attachments: [room.attach(large())] });
    await expect.poll(() => records(storage)).toHaveLength(1);
    await client.logOut();
    await expect.poll(() => storage.keys()).toEqual([]);
  });
});
