import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { LeftChecks } from '../../src/attachment/left-checks.js';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { Files, PART_BYTES } from '../support/attachments.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let files: Files;
let user: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'info', BODY_CACHE_BYTES: '0' });
  files = new Files(app);
});
afterAll(() => app.stop());
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
});

const folderOf = (id: string): string =>
  join(app.database.dataDir, 'attachments', id.slice(-2), id);
const objectsOf = (id: string): string[] =>
  existsSync(folderOf(id)) ? readdirSync(folderOf(id)) : [];
const rowOf = async (id: string): Promise<{ state: string; sealed: string | null } | undefined> =>
  (
    await app.sql<{ state: string; sealed: string | null }>(
      'SELECT * FROM attachment WHERE id = ?',
      [id],
    )
  )[0];
const spaceOf = async ({ id }: TestUser): Promise<number[]> => {
  const sql = 'SELECT attachment_bytes, upload_count FROM users WHERE id = ?';
  const [row] = await app.sql<Record<string, unknown>>(sql, [id]);
  return [Number(row.attachment_bytes), Number(row.upload_count)];
};
const remove = (): Promise<void> => app.nest.get(AttachmentRemoval).settle();

describe('a file ends', () => {
  it('with its message: nothing opens it at once, and its bytes go', async () => {
    const { id, messageId } = await files.send(user, chatId, randomBytes(1000));
    const url = await files.ticket(user, id);
    expect([await spaceOf(user), objectsOf(id).length]).toEqual([[1000, 0], 1]);
    await user.client.request('DELETE', `/message/${messageId}`);
    const row = await rowOf(id);
    expect(row?.sealed ?? null).toBeNull();
    expect([(await files.get(user, id)).status, (await fetch(url)).status]).toEqual([404, 404]);
    await remove();
    expect([await rowOf(id), objectsOf(id), await spaceOf(user)]).toEqual([undefined, [], [0, 0]]);
  });

  it('with its room, whatever its rows say yet', async () => {
    const { id } = await files.send(user, chatId, randomBytes(1000));
    const unsent = await files.upload(user, chatId, randomBytes(10));
    await user.client.request('DELETE', `/chat/${chatId}`);
    expect([(await files.get(user, id)).status, (await files.get(user, unsent)).status]).toEqual([
      404, 404,
    ]);
    await app.nest.get(RoomPurge).settle();
    await remove();
    expect([await rowOf(id), objectsOf(id), await rowOf(unsent)]).toEqual([
      undefined,
      [],
      undefined,
    ]);
    expect(await spaceOf(user)).toEqual([0, 0]);
    expect(await app.sql('SELECT id FROM chat WHERE id = ?', [chatId])).toEqual([]);
  });

  it('with its sender, for everybody else too', async () => {
    const peer = await app.givenUser();
    const { id, messageId } = await files.send(peer, chatId, randomBytes(1000));
    const unsent = await files.upload(peer, chatId, randomBytes(10));
    expect((await files.get(user, id)).status).toBe(200);
    await peer.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    expect((await files.get(user, id)).status).toBe(404);
    const { body } = await user.client.get(`/message/${messageId}`);
    expect([body.message, body.attachments]).toEqual([null, []]);
    await app.nest.get(ErasureTask).settle();
    await remove();
    expect([await rowOf(id), objectsOf(id), await rowOf(unsent)]).toEqual([
      undefined,
      [],
      undefined,
    ]);
    expect(app.log.filter(({ event }) => /unreadable/.test(String(event)))).toEqual([]);
  });

  it('where it was not sent in time, and not where it was', async () => {
    const unsent = await files.upload(user, chatId, randomBytes(10));
    const begun = await files.begin(user, chatId, 10);
    const { id } = await files.send(user, chatId, randomBytes(10));
    await app.sql('UPDATE attachment SET remove_at = 1 WHERE remove_at IS NOT NULL');
    await remove();
    expect([await rowOf(unsent), objectsOf(unsent)]).toEqual([undefined, []]);
    // A part of it may still be on its way.
    expect(await rowOf(begun)).toMatchObject({ state: 'ended', sealed: null });
    expect(await spaceOf(user)).toEqual([10, 0]);
    expect((await files.get(user, id)).status).toBe(200);
    await app.sql(`UPDATE attachment SET remove_at = 1 WHERE state = 'ended'`);
    await remove();
    expect(await rowOf(begun)).toBeUndefined();
  });

  it('and goes on where its check was left', async () => {
    const bytes = randomBytes(100);
    const id = await files.upload(user, chatId, bytes);
    const [{ object }] = await app.sql<{ object: string }>(
      'SELECT object FROM attachment_part WHERE attachment_id = ?',
      [id],
    );
    writeFileSync(join(folderOf(id), '1-deadbeef'), 'of an upload that was broken off');
    await app.sql(`UPDATE attachment SET state = 'checking', checking_at = 1 WHERE id = ?`, [id]);
    await app.sql('UPDATE users SET upload_count = 1 WHERE id = ?', [user.id]);
    await app.nest.get(LeftChecks).settle();
    expect(await rowOf(id)).toMatchObject({ state: 'complete' });
    expect([objectsOf(id), await spaceOf(user)]).toEqual([[`1-${object}`], [100, 0]]);
    expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
  });
});

describe('a file that was tampered with', () => {
  const change = (id: string, with_: (bytes: Buffer) => Buffer): void => {
    const [name] = objectsOf(id);
    const path = join(folderOf(id), name);
    writeFileSync(path, with_(readFileSync(path)));
  };
  const flipped =
    (at: number) =>
    (bytes: Buffer): Buffer => {
      bytes[at] ^= 1;
      return bytes;
    };

  it.each([0, 1, 40, 70_000, 65_536, -1])('does not open: byte %i', async (at) => {
    const bytes = randomBytes(100_000);
    const { id } = await files.send(user, chatId, bytes);
    change(id, (sealed) => flipped(at < 0 ? sealed.length + at : at)(sealed));
    const answer = await files.get(user, id);
    const got = await answer.arrayBuffer().then(
      (it) => Buffer.from(it),
      () => Buffer.alloc(0),
    );
    if (answer.status === 200) expect(bytes.subarray(0, got.length).equals(got)).toBe(true);
    expect(got.equals(bytes)).toBe(false);
    const last = await files.get(user, id, { range: 'bytes=99999-99999' });
    if (at !== 40) expect(last.status).toBe(500); // which lies in the first segment
  });

  it('does not open where it is cut, moved to another file, or has parts of another order', async () => {
    const bytes = randomBytes(100_000);
    const { id: cut } = await files.send(user, chatId, bytes);
    change(cut, (sealed) => sealed.subarray(0, 65_536));
    const tail = await files.get(user, cut, { range: 'bytes=99000-' });
    expect(tail.status).toBe(500);
    const { id: one } = await files.send(user, chatId, bytes);
    const { id: two } = await files.send(user, chatId, bytes);
    const [name] = objectsOf(two);
    change(one, () => readFileSync(join(folderOf(two), name)));
    expect((await files.get(user, one)).status).toBe(500);
    const { id: swapped } = await files.send(user, chatId, randomBytes(2 * PART_BYTES));
    const [first, second] = objectsOf(swapped).sort();
    const [a, b] = [first, second].map((it) => readFileSync(join(folderOf(swapped), it)));
    writeFileSync(join(folderOf(swapped), first), b);
    writeFileSync(join(folderOf(swapped), second), a);
    expect((await files.get(user, swapped)).status).toBe(500);
    const other = await app.givenChat(user);
    const { id: moved } = await files.send(user, chatId, bytes);
    await app.sql('UPDATE attachment SET chat_id = ? WHERE id = ?', [other, moved]);
    expect((await files.get(user, moved)).status).toBe(500);
  });

  it('is counted, but not where its message was deleted on the way', async () => {
    const count = async (): Promise<string> => {
      const metrics = await (await fetch(`${app.url}/metrics`)).text();
      return /^conclave_unreadable_parts_total.* (\d+)$/m.exec(metrics)![1];
    };
    const before = Number(await count());
    const { id, messageId } = await files.send(user, chatId, randomBytes(4 * PART_BYTES));
    const answer = await files.get(user, id);
    await user.client.request('DELETE', `/message/${messageId}`);
    for (const name of objectsOf(id)) rmSync(join(folderOf(id), name), { force: true });
    await expect(answer.arrayBuffer()).rejects.toThrow();
    expect(Number(await count())).toBe(before);
    const { id: lost } = await files.send(user, chatId, randomBytes(10));
    for (const name of objectsOf(lost)) rmSync(join(folderOf(lost), name));
    expect((await files.get(user, lost)).status).toBe(500);
    expect(Number(await count())).toBe(before + 1);
  });

  it('is left out of its message, and reported', async () => {
    const { id, messageId } = await files.send(user, chatId, randomBytes(10));
    const other = await files.send(user, chatId, randomBytes(10));
    const { sealed } = (await rowOf(other.id))!;
    await app.sql('UPDATE attachment SET sealed = ? WHERE id = ?', [sealed, id]);
    const { status, body } = await user.client.get(`/message/${messageId}`);
    expect([status, body.message, body.attachments]).toEqual([200, 'look', []]);
    await expect
      .poll(() => app.log.filter(({ event }) => event === 'attachment.unreadable'))
      .toMatchObject([{ attachment_ids: [id], message_id: messageId }]);
  });
});

describe('what is stored', () => {
  it('has bytes, name and type of a file nowhere in plain', async () => {
    const [bytes, name, type] = ['planted-bytes', 'planted-name', 'planted/type'];
    await files.send(user, chatId, Buffer.from(bytes.repeat(10_000)), {
      file_name: `${name}.txt`,
      content_type: type,
    });
    const planted = [bytes, name, type].map((text) => Buffer.from(text));
    const stored = readdirSync(app.database.dataDir, { recursive: true, encoding: 'utf8' })
      .map((path) => join(app.database.dataDir, path))
      .filter((path) => statSync(path).isFile());
    expect(stored.length).toBeGreaterThan(2);
    for (const path of stored) {
      const held = readFileSync(path);
      expect(
        planted.filter((text) => held.includes(text)),
        path,
      ).toEqual([]);
    }
    const rows = JSON.stringify([
      await app.sql('SELECT * FROM attachment'),
      await app.sql('SELECT * FROM attachment_part'),
      await app.sql('SELECT * FROM message'),
    ]);
    for (const text of [bytes, name, type]) expect(rows).not.toContain(text);
  });
});
