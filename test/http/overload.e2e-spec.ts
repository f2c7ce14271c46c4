import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { ChatService } from '../../src/chat/chat.service.js';
import { expectProblem } from '../support/expect-problem.js';
import type { Answer } from '../support/client.js';
import { halfSent, RawConnection } from '../support/raw-connection.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const PLACES = 300;
const PATIENCE = { timeout: 20_000 };

let app: TestApp;
let users: TestUser[];
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start();
  users = await Promise.all(Array.from({ length: 4 }, () => app.givenUser()));
  chatId = await app.givenChat(users[0]);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

/** So many lists of rooms, which wait until they are released. */
function holdLists(): { list: ReturnType<typeof vi.fn>; release: () => void } {
  const list = vi.spyOn(app.nest.get(ChatService), 'list');
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  list.mockImplementation(async () => {
    await gate;
    return { data: [], has_more: false };
  });
  return { list, release };
}

describe('requests under way', () => {
  it('are 300, what comes on top is refused, and it serves again at once', async () => {
    const { list, release } = holdLists();
    const underWay = Array.from({ length: PLACES }, (_, n) => users[n % 3].client.get('/chat/'));
    await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(PLACES), PATIENCE);

    const headers = { origin: 'http://localhost:5173' };
    const refused = await users[3].client.request('GET', `/chat/${chatId}`, undefined, headers);
    const { detail } = expectProblem(refused, 503, 'unavailable');
    expect(detail).toContain('overloaded');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('access-control-allow-origin')).toBe(headers.origin);
    expect(refused.headers.get('x-content-type-options')).toBe('nosniff');
    expect((await app.anonymous.get('/userauth/me')).status).toBe(503);
    expect((await app.anonymous.get('/health/live')).status).toBe(200);
    expect((await app.anonymous.get('/health/ready')).status).toBe(200);

    release();
    expect(statuses(await Promise.all(underWay))).toEqual([200]);
    vi.restoreAllMocks();
    expect((await users[3].client.get('/chat/')).status).toBe(200);
  });

  it('of one user alone may be half of them and one, and keep nobody else out', async () => {
    const { list, release } = holdLists();
    const half = PLACES / 2 + 1;
    const underWay = Array.from({ length: half }, () => users[0].client.get('/chat/'));
    await vi.waitFor(() => expect(list).toHaveBeenCalledTimes(half), PATIENCE);
    const refused = await users[0].client.get('/userauth/me');
    expectProblem(refused, 429, 'too-many-requests');
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await users[1].client.get('/userauth/me')).status).toBe(200);
    expectProblem(await app.anonymous.get('/userauth/me'), 401);
    release();
    await Promise.all(underWay);
  });

  it('of 256 clients at once are refused to none', async () => {
    const ask = ({ client }: TestUser, round: number): Promise<Answer> =>
      round % 2
        ? client.get(`/message/?chat_id=${chatId}`)
        : client.post('/message/', { chatid: chatId, message: 'hello' });
    const call = async (user: TestUser): Promise<Answer[]> => [
      await ask(user, 0),
      await ask(user, 1),
      await ask(user, 2),
    ];
    const answers = await Promise.all(Array.from({ length: 256 }, (_, n) => call(users[n % 4])));
    expect(statuses(answers.flat())).toEqual([200, 201]);
  });
});

describe('a body that never comes', () => {
  it('costs nobody else anything', async () => {
    const paths = ['/message/', '/userauth/userLogin', '/userauth/refresh'];
    const halves = await Promise.all(
      Array.from({ length: PLACES }, () => RawConnection.open(app.url)),
    );
    halves.forEach((half, n) => half.write(halfSent(paths[n % 3], users[0].accessToken)));
    for (let n = 0; n < 20; n++) {
      const sent = await users[1].client.post('/message/', { chatid: chatId, message: 'hello' });
      expect(sent.status).toBe(201);
    }
    expect(halves.flatMap((half) => half.statuses)).toEqual([]);
    for (const half of halves) half.close();
  });

  const json = { 'content-type': 'application/json', 'content-length': 100 };
  it.each([
    ['without a token', 'POST /message/', json, 401],
    [
      'with a token that is none',
      'PATCH /userauth/me',
      { ...json, authorization: 'Bearer x' },
      401,
    ],
    ['for a route that is not there', 'POST /nowhere', json, 404],
    ['that is too large', 'POST /userauth/userLogin', { ...json, 'content-length': 1e6 }, 413],
    ['that is no JSON', 'POST /userauth/userLogin', { ...json, 'content-type': 'text/plain' }, 415],
  ])('keeps no refusal waiting: %s', async (_, line, headers, status) => {
    const connection = await RawConnection.open(app.url);
    connection.send(line, headers, '{');
    await vi.waitFor(() => expect(connection.statuses).toEqual([status]), PATIENCE);
    expect(connection.received).toContain('problem+json');
    expect(connection.isClosed).toBe(false); // so that it can be read while more is sent
    connection.close();
  });
});

describe('metrics', () => {
  it('tell of each reason', async () => {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    expect(text).toMatch(/conclave_refused_total\{reason="places"\} [1-9]/);
    expect(text).toMatch(/conclave_refused_total\{reason="share"\} 1\n/);
    expect(text).toMatch(/conclave_refused_total\{reason="body_for_long"\} 0\n/);
  });
});

function statuses(answers: Answer[]): number[] {
  return [...new Set(answers.map(({ status }) => status))].sort();
}
