import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp } from '../support/test-app.js';
import { isPostgres } from '../support/test-database.js';
import { until } from '../support/until.js';

const MINUTE = 60_000;
const now = Date.now;

let app: TestApp;
afterEach(async () => {
  vi.restoreAllMocks();
  await app.stop();
});

function turnClock(ms: number): void {
  vi.spyOn(Date, 'now').mockImplementation(() => now() + ms);
}

const ready = async (): Promise<number> => (await app.anonymous.get('/health/ready')).status;

describe.runIf(isPostgres)("a clock that is not the database's", () => {
  it.each([6, -6])('by %s minutes takes no sends, and is not ready', async (minutes) => {
    turnClock(minutes * MINUTE);
    app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    const sent = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
    expect(expectProblem(sent, 503, 'unavailable').detail).toMatch(/clock/);
    expect(sent.headers.get('retry-after')).toMatch(/^\d+$/);
    const page = await user.client.get(`/message/?chat_id=${chatId}`);
    expect([page.status, page.body.data]).toEqual([200, []]);
    const health = await app.anonymous.get('/health/ready');
    expect(expectProblem(health, 503, 'unavailable').detail).toBe('Not ready: clock.');
  });

  it.each([4, -4])('by %s minutes does no harm', async (minutes) => {
    turnClock(minutes * MINUTE);
    app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    const sent = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
    expect(sent.status).toBe(201);
    expect(await ready()).toBe(200);
  });

  it('is looked at once a minute, and good again once it is right', async () => {
    const intervals = vi.spyOn(globalThis, 'setInterval');
    app = await TestApp.start();
    const everyMinute = intervals.mock.calls.filter(([, ms]) => ms === MINUTE);
    expect(everyMinute.length).toBeGreaterThan(0);
    const aMinutePasses = (): void => everyMinute.forEach(([look]) => look());
    expect(await ready()).toBe(200);
    turnClock(6 * MINUTE);
    aMinutePasses();
    await until(async () => (await ready()) === 503);
    vi.restoreAllMocks();
    aMinutePasses();
    await until(async () => (await ready()) === 200);
  });
});

describe.skipIf(isPostgres)('on SQLite', () => {
  it('there is one clock, and it is right', async () => {
    turnClock(6 * MINUTE);
    app = await TestApp.start();
    const { user, chatId } = await app.givenMember();
    const sent = await user.client.post('/message/', { chatid: chatId, message: 'hello' });
    expect(sent.status).toBe(201);
    expect(await ready()).toBe(200);
  });
});
