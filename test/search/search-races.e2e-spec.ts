import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MessageViews } from '../../src/message/read/message-views.js';
import { Matching } from '../../src/search/matching.js';
import { SearchLane } from '../../src/search/search-lane.js';
import type { Answer } from '../support/client.js';
import { expectProblem } from '../support/expect-problem.js';
import { heldSearch, searchPath, searchTexts } from '../support/searches.js';
import { PASSWORD, TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

let app: TestApp;
let ada: TestUser;
let bob: TestUser;
let chatId: string;
let other: string;
let messageId: string;
beforeAll(async () => {
  app = await TestApp.start();
});
beforeEach(async () => {
  [ada, bob] = [await app.givenUser(), await app.givenUser()];
  other = await app.givenChat(bob);
  chatId = await app.givenChat(ada, { visibility: 'private' });
  await ada.client.request('PUT', `/chat/${chatId}/members/${bob.id}`);
  messageId = await send(ada, 'harbour one');
  await send(bob, 'harbour two');
  await send(bob, 'harbour other', other);
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => app.stop());

async function send(user: TestUser, message: string, chat = chatId): Promise<string> {
  const { status, body } = await user.client.post('/message/', { chatid: chat, message });
  expect(status).toBe(201);
  return body.id;
}

/** What a search answers in the middle of which something happens, after it has found what there is. */
async function searchedWhile(
  { client }: TestUser,
  query: object,
  work: () => Promise<unknown>,
): Promise<Answer> {
  const gate = heldSearch(app);
  const searching = client.get(searchPath({ q: 'harbour', ...query }));
  await gate.reached;
  await work();
  gate.open();
  return searching;
}

const textsOf = ({ status, body }: Answer): string[] => {
  expect(status, JSON.stringify(body)).toBe(200);
  return body.data.map(({ message }: { message: string }) => message);
};

const done = async (answer: Promise<Answer>): Promise<void> =>
  expect((await answer).status).toBeLessThan(300);

describe('in the middle of a search', () => {
  it('a member who is removed is told nothing of the room', async () => {
    const remove = (): Promise<void> =>
      done(ada.client.request('DELETE', `/chat/${chatId}/members/${bob.id}`));
    const answer = await searchedWhile(bob, { chat_id: chatId }, remove);
    expectProblem(answer, 404, 'not-found');
    await done(ada.client.request('PUT', `/chat/${chatId}/members/${bob.id}`));
    expect(textsOf(await searchedWhile(bob, {}, remove))).toEqual(['harbour other']);
  });

  it('a room that is deleted is told nothing of', async () => {
    const end = (): Promise<void> => done(ada.client.request('DELETE', `/chat/${chatId}`));
    for (let n = 0; n < 60; n++) await send(bob, 'lamp'); // what is left to look at has lost its key
    const views = app.nest.get(MessageViews);
    const { unreadable } = views;
    expectProblem(await searchedWhile(bob, { chat_id: chatId }, end), 404, 'not-found');
    expect(views.unreadable).toBe(unreadable);
  });

  it('an author who is erased is found no more', async () => {
    const erase = (): Promise<void> =>
      done(bob.client.request('DELETE', '/userauth/me', { password: PASSWORD }));
    const answer = await searchedWhile(ada, { chat_id: chatId, highlight: 'true' }, erase);
    expect(textsOf(answer)).toEqual(['harbour one']);
    expect(Object.keys(answer.body.highlights as object)).toEqual([messageId]);
  });

  it('what is edited or deleted counts as it is then', async () => {
    const edit = (message: string) => (): Promise<void> =>
      done(ada.client.patch(`/message/${messageId}`, { message }));
    const query = { chat_id: chatId };
    expect(textsOf(await searchedWhile(bob, query, edit('lamp')))).toEqual(['harbour two']);
    await edit('harbour')();
    const again = await searchedWhile(bob, query, edit('the harbour'));
    expect(textsOf(again)).toEqual(['harbour two', 'the harbour']);
    const deletion = (): Promise<void> =>
      done(ada.client.request('DELETE', `/message/${messageId}`));
    expect(textsOf(await searchedWhile(bob, query, deletion))).toEqual(['harbour two']);
  });

  it('a session that ends takes its search with it', async () => {
    const logOut = (): Promise<void> => done(bob.client.post('/userauth/logout'));
    const answer = await searchedWhile(bob, { chat_id: chatId }, logOut);
    expectProblem(answer, 401, 'unauthenticated');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('a client that goes ends it, and another search of theirs is not refused', async () => {
    const gate = heldSearch(app);
    const fitting = vi.spyOn(app.nest.get(Matching), 'fitting');
    for (let n = 0; n < 60; n++) await send(bob, 'lamp');
    const leaving = new AbortController();
    const url = `${app.url}${searchPath({ q: 'absent', chat_id: chatId })}`;
    const headers = { authorization: `Bearer ${bob.accessToken}` };
    const left = fetch(url, { headers, signal: leaving.signal });
    await gate.reached;
    leaving.abort();
    await expect(left).rejects.toThrow(/abort/i);
    const next = searchTexts(bob.client, { q: 'two', chat_id: chatId });
    await until(() => app.nest.get(SearchLane).waiting === 1);
    gate.open();
    expect(await next).toEqual(['harbour two']);
    // One page of the search that was left, two of the next one.
    expect(fitting.mock.calls.map(([, { needles }]) => needles)).toEqual([
      [' absent '],
      [' two '],
      [' two '],
    ]);
  });

  it('another one of its user waits a second, and then is refused', async () => {
    const gate = heldSearch(app);
    const query = { q: 'harbour', chat_id: chatId };
    const first = searchTexts(bob.client, query);
    await gate.reached;
    const begun = performance.now();
    const answer = await bob.client.get(searchPath(query));
    expect(performance.now() - begun).toBeGreaterThan(990);
    const { detail } = expectProblem(answer, 429, 'too-many-requests');
    expect(detail).toBe('You have another search under way. Try again in 1 s.');
    expect(answer.headers.get('retry-after')).toBe('1');
    const waiting = searchTexts(bob.client, query);
    gate.open();
    expect([await first, await waiting]).toEqual(Array(2).fill(['harbour two', 'harbour one']));
  });
});
