import { randomBytes } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AttachmentRemoval } from '../../src/attachment/attachment-removal.js';
import { LeftChecks } from '../../src/attachment/left-checks.js';
import { KeyVerification } from '../../src/encryption/key-verification.js';
import { ErasureTask } from '../../src/erasure/erasure-task.js';
import { RoomPurge } from '../../src/message/change/room-purge.js';
import { Files, PART_BYTES } from '../support/attachments.js';
import { expectProblem } from '../support/expect-problem.js';
import { halves } from '../support/pictures.js';
import { type Fault, S3Server } from '../support/s3-server.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';

const AWAY = 'The store of attachments does not answer at the moment. Try again shortly.';

let s3: S3Server;
let app: TestApp;
let files: Files;
let user: TestUser;
let chatId: string;
beforeAll(async () => {
  s3 = await S3Server.start();
  app = await TestApp.start({ ...s3.environment(), LOG_LEVEL: 'info' });
  files = new Files(app);
});
afterAll(async () => {
  await app.stop();
  await s3.stop();
});
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
});
afterEach(() => s3.mend());

const keyOf = (id: string, name = s3.namesOf(id)[0]): string => `chat/files/${id}/${name}`;
const stateOf = async (id: string): Promise<string> =>
  (await user.client.get(`/attachment/${id}`)).body.state;
const rowsOf = (id: string): Promise<object[]> =>
  app.sql('SELECT id FROM attachment WHERE id = ?', [id]);
const remove = (): Promise<void> => app.nest.get(AttachmentRemoval).settle();

async function expectAway(answer: Response): Promise<void> {
  expect([answer.status, await answer.json()]).toMatchObject([503, { detail: AWAY }]);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
}

describe('files in a bucket', () => {
  it('come in parts, are sent, and go out in any range', async () => {
    const bytes = randomBytes(2 * PART_BYTES + 100_000);
    const id = await files.begin(user, chatId, bytes.length);
    const put = (part: number, from = bytes): Promise<Response> =>
      files.put(user, id, part, from.subarray((part - 1) * PART_BYTES, part * PART_BYTES));
    expect((await put(2, randomBytes(bytes.length))).status).toBe(204);
    const both = await Promise.all([put(3), put(2)]);
    expect(both.map(({ status }) => status)).toEqual([204, 204]);
    expect(await stateOf(id)).toBe('uploading');
    expect((await put(1)).status).toBe(204);
    expect(s3.namesOf(id)).toEqual([
      expect.stringMatching(/^1-[\da-f]{8}$/),
      expect.stringMatching(/^2-[\da-f]{8}$/), // the one that counts
      expect.stringMatching(/^3-[\da-f]{8}$/),
    ]);
    const sent = { chatid: chatId, message: 'look', attachments: [id] };
    expect((await user.client.post('/message/', sent)).status).toBe(201);
    expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
    for (let n = 0; n < 40; n++) {
      const [one, other] = [0, 0].map(() => Math.floor(Math.random() * bytes.length));
      const [first, last] = [Math.min(one, other), Math.max(one, other)];
      const answer = await files.get(user, id, { range: `bytes=${first}-${last}` });
      const got = Buffer.from(await answer.arrayBuffer());
      expect(got.equals(bytes.subarray(first, last + 1)), `${first}-${last}`).toBe(true);
    }
  });

  it('hold nothing in plain', async () => {
    const [bytes, name] = ['planted-bytes', 'planted-name'];
    const given = { file_name: `${name}.txt`, content_type: 'planted/type' };
    const { id } = await files.send(user, chatId, Buffer.from(bytes.repeat(10_000)), given);
    for (const [key, held] of s3.objects) {
      for (const text of [bytes, name, given.content_type]) {
        expect(key + held.toString('latin1'), text).not.toContain(text);
      }
    }
    expect(s3.namesOf(id)).toHaveLength(1);
  });

  it('have their thumbnail beside them, sealed too, and lose it with their message', async () => {
    const picture = await halves(900, 600).jpeg().toBuffer();
    const { id, messageId } = await files.send(user, chatId, picture);
    const { body } = await user.client.get(`/message/${messageId}`);
    expect(body.attachments).toMatchObject([{ width: 900, height: 600, has_thumbnail: true }]);
    const names = s3.namesOf(id);
    expect(names).toEqual([
      expect.stringMatching(/^1-[\da-f]{8}$/),
      expect.stringMatching(/^t-[\da-f]{8}$/),
    ]);
    const answer = await files.thumbnail(user, id);
    const small = Buffer.from(await answer.arrayBuffer());
    expect(await sharp(small).metadata()).toMatchObject({ format: 'webp', width: 480 });
    const held = s3.objects.get(keyOf(id, names[1]))!;
    expect([held.includes('WEBP'), held.includes(small.subarray(-16))]).toEqual([false, false]);
    const part = await files.thumbnail(user, id, { range: 'bytes=8-11' });
    expect([part.status, await part.text()]).toEqual([206, 'WEBP']);
    await user.client.request('DELETE', `/message/${messageId}`);
    await remove();
    expect([(await files.thumbnail(user, id)).status, s3.namesOf(id)]).toEqual([404, []]);
  });

  it('go with their message, their room, their sender, or unsent in time', async () => {
    const peer = await app.givenUser();
    const ofMessage = await files.send(user, chatId, randomBytes(1000));
    const ofPeer = await files.send(peer, chatId, randomBytes(PART_BYTES + 1));
    const unsent = await files.upload(user, chatId, randomBytes(10));
    const other = await app.givenChat(user);
    const ofRoom = await files.send(user, other, randomBytes(10));
    const kept = await files.send(user, chatId, randomBytes(10));
    await user.client.request('DELETE', `/message/${ofMessage.messageId}`);
    await user.client.request('DELETE', `/chat/${other}`);
    await peer.client.request('DELETE', '/userauth/me', { password: PASSWORD });
    await app.sql('UPDATE attachment SET remove_at = 1 WHERE id = ?', [unsent]);
    await app.nest.get(RoomPurge).settle();
    await app.nest.get(ErasureTask).settle();
    await remove();
    for (const id of [ofMessage.id, ofPeer.id, ofRoom.id, unsent]) {
      expect([(await files.get(user, id)).status, s3.namesOf(id), await rowsOf(id)]).toEqual([
        404,
        [],
        [],
      ]);
    }
    expect((await files.get(user, kept.id)).status).toBe(200);
  });

  it('are refused where they were changed', async () => {
    const bytes = randomBytes(200_000);
    for (const at of [0, 41, 70_000, 200_000]) {
      const { id } = await files.send(user, chatId, bytes);
      s3.objects.get(keyOf(id))![at] ^= 1;
      const answer = await files.get(user, id);
      const got = await answer.arrayBuffer().then(
        (it) => Buffer.from(it),
        () => Buffer.alloc(0),
      );
      if (answer.status === 200) expect(bytes.subarray(0, got.length).equals(got)).toBe(true);
      expect(got.equals(bytes)).toBe(false);
    }
    const { id } = await files.send(user, chatId, bytes);
    s3.objects.set(keyOf(id), s3.objects.get(keyOf(id))!.subarray(0, 65_536));
    const tail = await files.get(user, id, { range: 'bytes=199000-' });
    expect(tail.status).toBe(500);
  });

  it('are opened where keys are verified', async () => {
    const verified = async (): Promise<object | undefined> => {
      const { parts } = await app.nest.get(KeyVerification).verify({ messages: true });
      return parts.find(({ part }) => part === 'files');
    };
    await app.sql('DELETE FROM attachment_part');
    await app.sql('DELETE FROM attachment');
    const { id } = await files.send(user, chatId, randomBytes(PART_BYTES + 1));
    expect(await verified()).toMatchObject({ opened: 1, failed: 0 });
    s3.objects.delete(keyOf(id));
    expect(await verified()).toMatchObject({ opened: 0, failed: 1, failures: [id] });
  });
});

describe('where S3 is away', () => {
  it('files are 503 in words, everything else goes on, and they do once it is back', async () => {
    const bytes = randomBytes(PART_BYTES + 10);
    const { id } = await files.send(user, chatId, bytes);
    const begun = await files.begin(user, chatId, bytes.length);
    expect((await files.put(user, begun, 1, bytes.subarray(0, PART_BYTES))).status).toBe(204);
    await s3.leave();
    await expectAway(await files.put(user, begun, 2, bytes.subarray(PART_BYTES)));
    await expectAway(await files.get(user, id));
    const { status } = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
    expect(status).toBe(201);
    await expect
      .poll(async () => (await app.anonymous.get('/health/ready')).body)
      .toEqual({ status: 'ok', database: 'ok', keys: 'ok', attachments: 'degraded' });
    await s3.comeBack();
    expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
    expect((await files.put(user, begun, 2, bytes.subarray(PART_BYTES))).status).toBe(204);
    expect((await files.bytes(user, begun)).equals(bytes)).toBe(true);
    await expect
      .poll(async () => (await app.anonymous.get('/health/ready')).body.attachments)
      .toBe('ok');
  });

  it('says why in the log alone, and never a key', async () => {
    s3.denied.add('PUT');
    const id = await files.begin(user, chatId, 10);
    await expectAway(await files.put(user, id, 1, Buffer.alloc(10)));
    s3.denied.clear();
    await expect
      .poll(() => JSON.stringify(app.log.filter(({ event }) => event === 'request.failed')))
      .toContain('S3 answers PUT with 403 AccessDenied');
    const log = JSON.stringify(app.log);
    expect(log).not.toContain(s3.keys.secretAccessKey);
    expect(log).not.toContain(s3.keys.accessKeyId);
    expect((await files.put(user, id, 1, Buffer.alloc(10))).status).toBe(204);
  });

  it('the objects of what has ended go later, and their rows with them', async () => {
    const { id, messageId } = await files.send(user, chatId, randomBytes(10));
    s3.break('DELETE', 'busy');
    await user.client.request('DELETE', `/message/${messageId}`);
    await expect(remove()).rejects.toThrow();
    expect([s3.namesOf(id).length, (await rowsOf(id)).length]).toEqual([1, 1]);
    expect((await files.get(user, id)).status).toBe(404);
    s3.mend();
    await app.sql('UPDATE attachment SET remove_at = 1 WHERE id = ?', [id]); // its lease is over
    await remove();
    expect([s3.namesOf(id), await rowsOf(id)]).toEqual([[], []]);
  });

  it('a check that could not be made is made later', async () => {
    const bytes = randomBytes(10);
    const id = await files.begin(user, chatId, bytes.length);
    s3.break('GET', 'busy');
    await expectAway(await files.put(user, id, 1, bytes));
    expect(await stateOf(id)).toBe('checking');
    s3.mend();
    await app.sql('UPDATE attachment SET checking_at = 1 WHERE id = ?', [id]);
    await app.nest.get(LeftChecks).settle();
    expect(await stateOf(id)).toBe('complete');
    expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
  });

  it('an upload is complete though nothing more can be asked of S3', async () => {
    const id = await files.begin(user, chatId, 10);
    s3.break('LIST', 'busy'); // by which what is left over is looked for
    expect((await files.put(user, id, 1, Buffer.alloc(10))).status).toBe(204);
    expect(await stateOf(id)).toBe('complete');
  });

  it('an upload whose outcome nobody told leaves nothing behind', async () => {
    const bytes = randomBytes(10);
    const id = await files.begin(user, chatId, bytes.length);
    s3.break('PUT', 'cut-after');
    s3.break('DELETE', 'busy');
    await expectAway(await files.put(user, id, 1, bytes));
    expect(s3.namesOf(id)).toHaveLength(1);
    s3.mend();
    expect((await files.put(user, id, 1, bytes)).status).toBe(204);
    expect(s3.namesOf(id)).toHaveLength(1);
    expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
  });
});

describe('an S3 that lies', () => {
  it.each<Fault>(['less', 'shifted', 'short', 'swapped', 'cut-half', 'stall-half'])(
    'has no wrong byte sent: %s',
    async (fault) => {
      const bytes = randomBytes(300_000);
      const { id } = await files.send(user, chatId, bytes);
      s3.break('GET', fault);
      const ranges = ['bytes=0-', 'bytes=100000-200000'];
      for (const range of fault === 'stall-half' ? ranges.slice(1) : ranges) {
        const answer = await files.get(user, id, { range });
        const from = range === 'bytes=0-' ? 0 : 100_000;
        const got = await answer.arrayBuffer().then(
          (it) => Buffer.from(it),
          () => Buffer.alloc(0),
        );
        if (answer.status !== 206) expect([500, 503]).toContain(answer.status);
        else expect(bytes.subarray(from, from + got.length).equals(got)).toBe(true);
      }
      s3.mend();
      expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
    },
  );

  it('has no upload counted that it says it took too early', async () => {
    const id = await files.begin(user, chatId, 10);
    s3.break('PUT', 'early');
    await expectAway(await files.put(user, id, 1, Buffer.alloc(10)));
    expect((await user.client.get(`/attachment/${id}`)).body.parts).toEqual([]);
    const message = { chatid: chatId, message: 'look', attachments: [id] };
    expectProblem(await user.client.post('/message/', message), 409, 'attachment-state');
  });
});
