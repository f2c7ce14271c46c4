import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectProblem } from '../support/expect-problem.js';
import { TestApp, type TestUser } from '../support/test-app.js';

const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');
const PRODUCTION = {
  NODE_ENV: 'production',
  MASTER_KEYS: `${randomBytes(32).toString('base64url')}=`,
  JWT_SECRET: randomBytes(32).toString('base64'),
  PBKDF2_ITERATIONS: '600000',
  PASSWORD_BLOCKLIST: 'off',
};

describe('the page', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await TestApp.start({ EXAMPLE_APP: 'on' });
  });
  afterAll(() => app.stop());
  const get = (path: string, headers = {}): Promise<Response> =>
    fetch(app.url + path, { redirect: 'manual', headers });

  it.each(['/', '/app'])('is where %s leads, below any path of a proxy', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.get('location')]).toEqual([302, 'app/']);
  });

  it('is asked for anew each time, under a policy of its own', async () => {
    const answer = await get('/app/');
    expect(await answer.text()).toContain('<title>Conclave</title>');
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'cache-control': 'no-cache',
      'content-security-policy': CSP,
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  it('has files that are kept for good, compressed for whom takes that', async () => {
    const name = readdirSync('apps/web/dist/assets').find((each) => each.endsWith('.js'))!;
    for (const [accepted, encoding] of [
      ['br, gzip', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, GZIP;q=0.5', 'gzip'],
      ['br; q=0.0, gzip;q=0', null],
      ['brotli, xgzip', null],
      ['', null],
    ]) {
      const headers = { 'accept-encoding': accepted ?? '' };
      const answer = await get(`/app/assets/${name}`, headers);
      expect((await answer.text()).length).toBeGreaterThan(100_000);
      expect(answer.headers.get('content-encoding')).toBe(encoding);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'content-security-policy': CSP,
        'content-type': 'text/javascript; charset=utf-8',
        vary: expect.stringContaining('accept-encoding'),
      });
    }
  });

  it.each(['/app/nope', '/app/assets/', '/app/assets/nope.js', '/app/assets/..%2findex.html'])(
    'has nothing at %s',
    async (path) => {
      expectProblem(await app.anonymous.get(path), 404, 'unknown-route');
    },
  );

  describe('/app/row', () => {
    let ada: TestUser;
    let id: string;
    beforeAll(async () => {
      ada = await app.givenUser();
      const chatid = await app.givenChat(ada, { visibility: 'private' });
      id = (await ada.client.post('/message/', { chatid, message: 'a secret' })).body.id;
    });

    it('shows who may read a message how it is stored, and no key', async () => {
      expect(await (await get('/app/')).text()).toContain('<meta name="conclave-rows"');
      const { status, body } = await ada.client.get(`/app/row/${id}`);
      expect([status, body.id, body.seq, body.sender_id]).toEqual([200, id, 1, ada.id]);
      const { created_at, edited_at, deleted_at } = body;
      expect([Date.now() - created_at < 60_000, edited_at, deleted_at]).toEqual([true, null, null]);
      expect(typeof created_at).toBe('number');
      expect(body.ciphertext).toMatch(/^gAAAA[\w=-]{95,}$/);
      expect(Object.keys(body).filter((name) => name.includes('key'))).toEqual([]);
      expect(JSON.stringify(body)).not.toContain('a secret');
    });

    it('is a 404 for others, and for what is not there', async () => {
      const bob = await app.givenUser();
      expectProblem(await bob.client.get(`/app/row/${id}`), 404, 'not-found');
      const none = '019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10';
      expectProblem(await ada.client.get(`/app/row/${none}`), 404, 'not-found');
    });

    it('is a 401 for strangers, and in no document', async () => {
      expectProblem(await app.anonymous.get(`/app/row/${id}`), 401, 'unauthenticated');
      const { body } = await app.anonymous.get('/openapi.json');
      expect(Object.keys(body.paths).filter((path) => path.startsWith('/app'))).toEqual([]);
    });
  });
});

describe('EXAMPLE_APP', () => {
  const row = '/app/row/019ab3c1-6f3e-7c52-b1d6-3f2f8d1c9a10';

  it.each([
    ['is off in production', PRODUCTION, '/docs'],
    ['takes the page away', { EXAMPLE_APP: 'off' }, '/docs'],
    ['leaves nothing at / without the documents', { EXAMPLE_APP: 'off', DOCS: 'off' }, null],
  ])('%s', async (_what, environment, home) => {
    const app = await TestApp.start(environment);
    const { client } = await app.givenUser();
    for (const path of ['/app', '/app/', row]) {
      expectProblem(await client.get(path), 404, 'unknown-route');
    }
    const { headers } = await fetch(app.url, { redirect: 'manual' });
    expect(headers.get('location')).toBe(home);
    await app.stop();
  });

  it('brings the page to production, without the rows', async () => {
    const app = await TestApp.start({ ...PRODUCTION, EXAMPLE_APP: 'on' });
    const { client } = await app.givenUser();
    const page = await fetch(`${app.url}/app/`);
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain('conclave-rows'); // then it does not offer them
    expectProblem(await client.get(row), 404, 'unknown-route');
    await app.stop();
  });
});
