import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.js';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';

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
