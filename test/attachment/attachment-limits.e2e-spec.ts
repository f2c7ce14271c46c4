import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { PartUploads } from '../../src/attachment/part-uploads.js';
import { Files, PIXEL } from '../support/attachments.js';
import type { Answer } from '../support/client.js';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';
import { until } from '../support/until.js';

describe('limits', () => {
  it('hold the size of a file, of all of a user, and how many are unfinished', async () => {
    const small = await TestApp.start({
      ATTACHMENT_MAX_BYTES: '1000',
      ATTACHMENT_QUOTA_BYTES: '2500',
    });
    const own = await small.givenMember();
    const begin = (size: number): Promise<Answer> =>
      own.user.client.post('/attachment/', { chat_id: own.chatId, file_name: 'a', size });
    expectProblem(await begin(1001), 413, 'too-large');
    const raced = await Promise.all(Array.from({ length: 6 }, () => begin(1000)));
    expect(raced.map(({ status }) => status).sort()).toEqual([201, 201, 403, 403, 403, 403]);
    expectProblem(
      raced.find(({ status }) => status === 403)!,
      403,
      'quota-exceeded',
    );
    const ids = raced.flatMap(({ body }) => body.id ?? []);
    await Promise.all(ids.map((id) => own.user.client.request('DELETE', `/attachment/${id}`)));
    const many = await Promise.all(Array.from({ length: 12 }, () => begin(1)));
    expect(many.filter(({ status }) => status === 201)).toHaveLength(10);
    expect((await small.anonymous.get('/server')).body.attachments).toEqual({ max_bytes: 1000 });
    await small.stop();
  });

  it('are given back by one who was removed from the room', async () => {
    const app = await TestApp.start();
    const { user: owner, chatId } = await app.givenMember();
    const user = await app.givenUser();
    expect((await user.client.request('PUT', `/chat/${chatId}/members/me`)).status).toBe(200);
    const begun = { chat_id: chatId, file_name: 'a', size: 1 };
    const { body } = await user.client.post('/attachment/', begun);
    const member = `/chat/${chatId}/members/${user.id}`;
    expect((await owner.client.request('DELETE', member)).status).toBe(204);
    const drop = (): Promise<Answer> => user.client.request('DELETE', `/attachment/${body.id}`);
    expectProblem(await owner.client.request('DELETE', `/attachment/${body.id}`), 404, 'not-found');
    expect((await drop()).status).toBe(204);
    expectProblem(await drop(), 404, 'not-found');
    const sql = 'SELECT attachment_bytes, upload_count FROM users WHERE id = ?';
    const [row] = await app.sql<Record<string, string | number>>(sql, [user.id]);
    expect([Number(row.attachment_bytes), Number(row.upload_count)]).toEqual([0, 0]);
    await app.stop();
  });

  it('take a client that hangs up for no fault of the server', async () => {
    const app = await TestApp.start({ LOG_LEVEL: 'info' });
    const { user, chatId } = await app.givenMember();
    const files = new Files(app);
    const id = await files.begin(user, chatId, 1000);
    const { port, hostname } = new URL(app.url);
    const socket = connect(Number(port), hostname);
    const head = [
      `PUT /attachment/${id}/parts/1 HTTP/1.1`,
      `Host: ${hostname}`,
      `Authorization: Bearer ${user.accessToken}`,
      'Content-Type: application/octet-stream',
      'Content-Length: 1000',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\nhalf`);
    const { transfers } = app.nest.get(PartUploads);
    await until(() => transfers.underWay === 1);
    socket.destroy();
    await until(() => transfers.underWay === 0);
    expect((await files.put(user, id, 1, Buffer.alloc(1000))).status).toBe(204);
    await until(() => app.log.some(({ method, status }) => method === 'PUT' && status === 204));
    expect(app.log.filter(({ event }) => event === 'request.failed')).toEqual([]);
    await app.stop();
  });

  it('leave pictures as they are where thumbnails are off', async () => {
    const off = await TestApp.start({ ATTACHMENT_THUMBNAILS: 'off' });
    const { user, chatId } = await off.givenMember();
    const { messageId } = await new Files(off).send(user, chatId, PIXEL);
    const facts = { content_type: 'image/png', width: null, height: null, has_thumbnail: false };
    const { body } = await user.client.get(`/message/${messageId}`);
    expect(body.attachments).toMatchObject([facts]);
    await off.stop();
  });

  it('leave nothing where attachments are off', async () => {
    const off = await TestApp.start({ ATTACHMENT_STORE: 'off' });
    const own = await off.givenMember();
    const body = { chat_id: own.chatId, file_name: 'a', size: 1 };
    expectProblem(await own.user.client.post('/attachment/', body), 404, 'unknown-route');
    expectProblem(await own.user.client.get(`/attachment/${randomUUID()}`), 404, 'unknown-route');
    expect((await off.anonymous.get('/server')).body.attachments).toBeNull();
    await off.stop();
  });
});
