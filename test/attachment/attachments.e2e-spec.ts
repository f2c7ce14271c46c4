import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Files, PART_BYTES, PIXEL } from '../support/attachments.js';
import type { Answer } from '../support/client.js';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp, type TestUser } from '../support/test-app.js';

let app: TestApp;
let files: Files;
let user: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
  files = new Files(app);
});
afterAll(() => app.stop());
beforeEach(async () => {
  ({ user, chatId } = await app.givenMember());
});

const send = (ids: string[], given: object = {}): Promise<Answer> =>
  user.client.post('/message/', { chatid: chatId, message: 'look', attachments: ids, ...given });
const stateOf = async (id: string): Promise<string> =>
  (await user.client.get(`/attachment/${id}`)).body.state;

describe('an upload', () => {
  it('takes its parts in any order, once more too, and shows which are there', async () => {
    const bytes = randomBytes(2 * PART_BYTES + 5);
    const id = await files.begin(user, chatId, bytes.length);
    const put = (part: number, from = bytes): Promise<Response> =>
      files.put(user, id, part, from.subarray((part - 1) * PART_BYTES, part * PART_BYTES));
    const other = randomBytes(bytes.length);
    expect((await put(3)).status).toBe(204);
    expect((await put(1, other)).status).toBe(204);
    const { body } = await user.client.get(`/attachment/${id}`);
    expect(body).toMatchObject({ state: 'uploading', part_count: 3, parts: [1, 3] });
    expect((await Promise.all([put(1), put(2)])).map(({ status }) => status).sort()).toContain(204);
    if ((await stateOf(id)) === 'uploading') await put(1);
    expect(await stateOf(id)).toBe('complete');
    expect(
      (await files.bytes(user, id)).subarray(PART_BYTES).equals(bytes.subarray(PART_BYTES)),
    ).toBe(true);
    expect((await put(1)).status).toBe(409);
  });

  it('is complete once, though the last two parts come at once, each time', async () => {
    for (let n = 0; n < 5; n++) {
      const bytes = randomBytes(PART_BYTES + 1);
      const id = await files.begin(user, chatId, bytes.length);
      const both = [1, 2].map((part) =>
        files.put(user, id, part, bytes.subarray((part - 1) * PART_BYTES, part * PART_BYTES)),
      );
      expect((await Promise.all(both)).map(({ status }) => status)).toEqual([204, 204]);
      await expect.poll(() => stateOf(id)).toBe('complete');
      expect((await files.bytes(user, id)).equals(bytes)).toBe(true);
    }
  });

  it('wants the length of each part, and no other one', async () => {
    const id = await files.begin(user, chatId, 10);
    const wrong = await files.put(user, id, 1, Buffer.alloc(9));
    expect([wrong.status, await wrong.json()]).toMatchObject([
      400,
      { errors: [{ field: 'Content-Length' }] },
    ]);
    for (const part of ['0', '2', 'x', '1.5']) {
      const answer = await user.client.request(
        'PUT',
        `/attachment/${id}/parts/${part}`,
        'x'.repeat(10),
      );
      expectProblem(answer, 400, 'invalid-input');
    }
    const chunked = await fetch(`${app.url}/attachment/${id}/parts/1`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${user.accessToken}` },
      body: new ReadableStream({ start: (it) => (it.enqueue(new Uint8Array(10)), it.close()) }),
      duplex: 'half',
    });
    const problem = { type: 'urn:conclave:problem:length-required' };
    expect([chunked.status, await chunked.json()]).toMatchObject([411, problem]);
    expect(await stateOf(id)).toBe('uploading');
  });

  it('takes JSON for bytes where bytes are wanted, and nowhere else', async () => {
    const text = '{"a": 1}';
    const id = await files.begin(user, chatId, text.length);
    const answer = await user.client.request('PUT', `/attachment/${id}/parts/1`, text);
    expect(answer.status).toBe(204);
    expect((await files.bytes(user, id)).toString()).toBe(text);
    const other = await user.client.request('POST', '/chat/', 'x', { 'content-type': 'image/png' });
    expectProblem(other, 415, 'not-json');
  });

  it('is found again by its client_id, which stands for no other file', async () => {
    const client_id = randomUUID();
    const body = { chat_id: chatId, file_name: 'a.txt', size: 3, client_id };
    const first = await user.client.post('/attachment/', body);
    const again = await user.client.post('/attachment/', body);
    expect([first.status, again.status, again.body]).toEqual([201, 200, first.body]);
    const other = await user.client.post('/attachment/', { ...body, size: 4 });
    expectProblem(other, 422, 'client-id-reused');
  });

  it('is dropped while no message has it', async () => {
    const id = await files.upload(user, chatId, Buffer.from('abc'));
    expect((await user.client.request('DELETE', `/attachment/${id}`)).status).toBe(204);
    expectProblem(await user.client.get(`/attachment/${id}`), 404, 'not-found');
    const { id: sent } = await files.send(user, chatId, Buffer.from('abc'));
    const late = await user.client.request('DELETE', `/attachment/${sent}`);
    expectProblem(late, 409, 'attachment-state');
  });

  it('is taken for what its first bytes say', async () => {
    const named = async (bytes: Buffer, content_type: string): Promise<unknown[]> => {
      const id = await files.upload(user, chatId, bytes, { content_type });
      const { body } = await user.client.get(`/attachment/${id}`);
      const { headers } = await files.get(user, id);
      const [disposition] = headers.get('content-disposition')!.split(';');
      return [body.content_type, headers.get('content-type'), disposition];
    };
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    );
    const shown = ['image/png', 'image/png', 'inline'];
    expect(await named(PIXEL, 'text/html')).toEqual(shown);
    const unknown = 'application/octet-stream';
    expect(await named(svg, 'image/png')).toEqual([unknown, unknown, 'attachment']);
    expect(await named(svg, 'image/svg+xml')).toEqual(['image/svg+xml', unknown, 'attachment']);
    const html = Buffer.from('<html><script>alert(1)</script>');
    expect(await named(html, 'text/html; charset=utf-8')).toEqual([
      'text/html',
      unknown,
      'attachment',
    ]);
    expect(await named(Buffer.from('%PDF-1.7'), 'application/pdf')).toEqual([
      'application/pdf',
      unknown,
      'attachment',
    ]);
  });
});

describe('a message', () => {
  it('shows its files in the order sent, to whoever reads it and in every way', async () => {
    const name = 'Häfen & "Kähne"\u{1f6a2}.png';
    const two = await files.upload(user, chatId, Buffer.from('abc'), {
      content_type: 'text/plain',
    });
    const one = await files.upload(user, chatId, PIXEL, { file_name: name });
    const sent = await send([one, two], { message: '' });
    const none = { width: null, height: null };
    const attachments = [
      { id: one, file_name: name, content_type: 'image/png', size: PIXEL.length },
      {
        id: two,
        file_name: 'file.bin',
        content_type: 'text/plain',
        size: 3,
        ...none,
        has_thumbnail: false,
      },
    ];
    expect([sent.status, sent.body]).toMatchObject([201, { message: '', attachments }]);
    const { body: shown } = sent;
    const { client } = await app.givenUser();
    const others = { ...shown, client_id: null };
    expect((await client.get(`/message/${shown.id}`)).body).toEqual(others);
    const page = (): Promise<Answer> => client.get(`/message/?chat_id=${chatId}`);
    expect((await page()).body.data).toEqual([others]);
    expect((await page()).body.data).toEqual([others]); // from memory
    const changed = await client.get(`/message/?chat_id=${chatId}&changed_after=0`);
    expect(changed.body.data).toEqual([others]);
    const { body: synced } = await user.client.post('/sync', { rooms: { [chatId]: 0 } });
    expect(synced.messages).toEqual([shown]);
    expect(synced.chats[0].last_message).toEqual(shown);
    const edited = await user.client.patch(`/message/${shown.id}`, { message: 'two' });
    expect(edited.body).toMatchObject({ message: 'two', attachments });
    expect((await user.client.patch(`/message/${shown.id}`, { message: '' })).status).toBe(200);
    await user.client.request('DELETE', `/message/${shown.id}`);
    const { body: gone } = await client.get(`/message/${shown.id}`);
    expect([gone.message, gone.attachments]).toEqual([null, []]);
  });

  it('is sent with files that are the sender’s, of this room, complete and new', async () => {
    const id = await files.upload(user, chatId, Buffer.from('abc'));
    const unfinished = await files.begin(user, chatId, 3);
    const stranger = await app.givenUser();
    const theirs = await files.upload(stranger, chatId, Buffer.from('abc'));
    const elsewhere = await files.upload(user, await app.givenChat(user), Buffer.from('abc'));
    for (const wrong of [theirs, elsewhere, randomUUID()]) {
      expectProblem(await send([id, wrong]), 400, 'invalid-input');
    }
    expectProblem(await send([id, id]), 400, 'invalid-input');
    expectProblem(await send([id, unfinished]), 409, 'attachment-state');
    expect((await send([id])).status).toBe(201);
    expectProblem(await send([id]), 409, 'attachment-state');
    const both = await files.upload(user, chatId, Buffer.from('abc'));
    const raced = await Promise.all([send([both]), send([both]), send([both])]);
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
  });

  it('needs a text where it has no file', async () => {
    expectProblem(await send([], { message: '' }), 400, 'invalid-input');
    const { body } = await send([]);
    const empty = await user.client.patch(`/message/${body.id}`, { message: '' });
    expectProblem(empty, 400, 'invalid-input');
  });

  it('is repeated with its files, and not with others', async () => {
    const [one, two] = [
      await files.upload(user, chatId, Buffer.from('abc')),
      await files.upload(user, chatId, Buffer.from('abc')),
    ];
    const client_id = randomUUID();
    const [first, again] = [await send([one], { client_id }), await send([one], { client_id })];
    expect([first.status, again.status, again.body]).toEqual([201, 200, first.body]);
    expectProblem(await send([two], { client_id }), 422, 'client-id-reused');
    expectProblem(await send([], { client_id }), 422, 'client-id-reused');
  });
});

describe('a download', () => {
  it('has any range of the file, and says what it has', async () => {
    const bytes = randomBytes(PART_BYTES + 100_000);
    const { id } = await files.send(user, chatId, bytes);
    const whole = await files.get(user, id);
    expect(whole.headers.get('content-length')).toBe(String(bytes.length));
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const ranges = [
      [0, 0],
      [PART_BYTES - 1, PART_BYTES],
      [65_479, 65_481],
      [bytes.length - 1, bytes.length - 1],
    ];
    for (let n = 0; n < Number(process.env.RANGES ?? 60); n++) {
      const [one, other] = [0, 0].map(() => Math.floor(Math.random() * bytes.length));
      ranges.push([Math.min(one, other), Math.max(one, other)]);
    }
    for (const [first, last] of ranges) {
      const part = await files.get(user, id, { range: `bytes=${first}-${last}` });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${first}-${last}/${bytes.length}`);
      expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(first, last + 1))).toBe(
        true,
      );
    }
    const size = bytes.length;
    const answers = [
      'bytes=-5',
      `bytes=${size - 5}-`,
      'bytes=0-1,3-4',
      'bytes=5-1',
      'lines=1-2',
    ].map(async (range) => {
      const { status, headers } = await files.get(user, id, { range });
      return [status, Number(headers.get('content-length'))];
    });
    expect(await Promise.all(answers)).toEqual([
      [206, 5],
      [206, 5],
      [200, size],
      [200, size],
      [200, size],
    ]);
    const beyond = await files.get(user, id, { range: `bytes=${size}-` });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${size}`]);
  });

  it('is safe in a browser, and not sent again where it is known', async () => {
    const { id } = await files.send(user, chatId, PIXEL, { file_name: "a'b ü.png" });
    const { headers } = await files.get(user, id);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'image/png',
      'content-disposition': "inline; filename*=UTF-8''a%27b%20%C3%BC.png",
      'content-security-policy': "default-src 'none'; sandbox",
      'cross-origin-resource-policy': 'cross-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-cache',
      'accept-ranges': 'bytes',
    });
    const etag = headers.get('etag')!;
    for (const tags of [etag, `W/${etag}`, `"another", ${etag}`, '*']) {
      const known = await files.get(user, id, { 'if-none-match': tags });
      expect([known.status, await known.text()], tags).toEqual([304, '']);
    }
    expect((await files.get(user, id, { 'if-none-match': '"another"' })).status).toBe(200);
    const byTicket = await fetch(await files.ticket(user, id));
    const [, seconds] = /^private, max-age=(\d+)$/.exec(byTicket.headers.get('cache-control')!)!;
    expect(Number(seconds)).toBeGreaterThan(3590);
    expect(Number(seconds)).toBeLessThanOrEqual(7200);
    const range = 'bytes=0-1'; // which is for GET alone
    const head = await fetch(byTicket.url, { method: 'HEAD', headers: { range } });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(PIXEL.length)]);
    expect(head.headers.get('content-range')).toBeNull();
  });
});
