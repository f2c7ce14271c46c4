import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectInvalid } from '../support/expect-problem.js';
import { searchPath, searchTexts } from '../support/searches.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

let app: TestApp;
let ada: TestUser;
let bob: TestUser;
let chatId: string;
beforeAll(async () => {
  app = await TestApp.start({ LOG_LEVEL: 'trace' });
  [ada, bob] = [await app.givenUser(), await app.givenUser()];
  chatId = await app.givenChat(ada);
});
afterAll(() => app.stop());

async function send(message: string): Promise<void> {
  const { status } = await ada.client.post('/message/', { chatid: chatId, message });
  expect(status).toBe(201);
}

describe('what is asked is refused in words', () => {
  const refused: [query: Record<string, string>, field: string, words: RegExp][] = [
    [{}, 'q', /^q is missing$/],
    [{ q: '' }, 'q', /^q must be 1 to 200 characters long$/],
    [{ q: 'x'.repeat(201) }, 'q', /^q must be 1 to 200 characters long$/],
    [{ q: ' ?!' }, 'q', /^q must hold a letter, a digit, an emoji or another symbol$/],
    [{ q: 'a b c d e f g h i' }, 'q', /^q must not hold more than 8 different words; it holds 9$/],
    [{ q: 'x', prefix: 'false' }, 'prefix', /must/],
    [{ q: 'x', highlight: '1' }, 'highlight', /must/],
    [{ q: 'x', limit: '201' }, 'limit', /from 1 to 200$/],
    [{ q: 'x', chat_id: 'x' }, 'chat_id', /^chat_id must be an id/],
    [{ q: 'x', sender_id: 'x' }, 'sender_id', /^sender_id must be an id/],
    [{ q: 'x', from: 'yesterday' }, 'from', /^from must be a time with its offset, such as 20/],
    [{ q: 'x', from: '2026-02-30T00:00:00Z' }, 'from', /^from must be a time/],
    [{ q: 'x', to: '2026-02-20T24:00:00Z' }, 'to', /^to must be a time/],
    [{ q: 'x', to: '2026-02-20T00:00:00' }, 'to', /^to must be a time/],
    [{ q: 'x', to: '2026-02-20T00:00:00 02:00' }, 'to', /%2B/],
    [
      { q: 'x', from: '2026-02-20T00:00:00Z', to: '2026-02-20T00:00:00Z' },
      'from',
      /^from must be earlier than to$/,
    ],
    [{ q: 'x', before: '5' }, 'before', /^before must be the next of an answer without chat_id/],
    [{ q: 'x', before: '.5' }, 'before', /^before must be the next/],
    [{ q: 'x', before: 'x'.repeat(65) }, 'before', /must be 1 to 64/],
    [{ q: 'x', after: '5' }, 'after', /not a known field/],
  ];
  it.each(refused)('%j', async (query, field, words) => {
    const { errors } = expectInvalid(await ada.client.get(searchPath(query)), field);
    expect(errors![0].messages[0]).toMatch(words);
  });

  it.each(['0', '-1', 'x', '2147483648', '99999999999', '5.5'])('before: %j', async (before) => {
    const path = searchPath({ q: 'x', chat_id: chatId, before });
    const { errors } = expectInvalid(await ada.client.get(path), 'before');
    expect(errors![0].messages[0]).toMatch(/^before must be a seq, or the next of an answer/);
    expectInvalid(
      await ada.client.get(searchPath({ q: 'x', before: `${chatId}.${before}` })),
      'before',
    );
  });

  it('and a place of a room that one has not joined is one like another', async () => {
    const elsewhere = await app.givenChat(bob, { visibility: 'private' });
    await send('harbour');
    expect(await searchTexts(ada.client, { q: 'harbour', before: `${elsewhere}.5` })).toEqual([
      'harbour',
    ]);
  });
});

it('may ask for what was sent before 1970, where nothing is', async () => {
  for (const to of ['1970-01-01T00:00:00Z', '1969-12-31T00:00:00Z']) {
    const { status, body } = await ada.client.get(searchPath({ q: 'x', to }));
    expect([status, body]).toEqual([200, { data: [], has_more: false }]);
  }
});

it('what is looked for stands in no log, no metric and no error', async () => {
  const canary = 'canary7f3a9c';
  const [hit, miss] = [`${canary}hit`, `${canary}miss`];
  await send(hit);
  const asked = [hit, miss, `${canary} a b c d e f g h i`, `${'x'.repeat(200)}${canary}`];
  for (const q of asked) {
    for (const chat of [chatId, ada.id]) {
      const answer = await ada.client.get(searchPath({ q, chat_id: chat, highlight: 'true' }));
      if (answer.status !== 200) expect(JSON.stringify(answer.body)).not.toContain(canary);
    }
    await ada.client.get(searchPath({ q, nonsense: canary }));
  }
  await app.anonymous.get(searchPath({ q: canary }));
  await until(() =>
    app.log.some(({ route, status }) => route === '/message/search' && status === 401),
  );
  expect(JSON.stringify(app.log)).not.toContain(canary);
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  expect(metrics).not.toContain(canary);
  expect(metrics).toMatch(/^conclave_searches_total [1-9]/m);
  expect(metrics).toMatch(/^conclave_search_units_total [1-9]/m);
  expect(metrics).toMatch(/^conclave_search_seconds_total \d/m);
  expect(metrics).toMatch(/^conclave_search_waiting 0$/m);
  expect(metrics).toMatch(/^conclave_searches_refused_total \d/m);
});
