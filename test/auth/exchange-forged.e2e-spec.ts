import { generateKeyPairSync, randomBytes, randomUUID, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../support/client.js';
import { claimsOf, EXCHANGE_SECRET, nowSeconds, signToken } from '../support/exchange-token.js';
import { expectInvalid, expectProblem } from '../support/expect-problem.js';
import { TestApp, type TestUser } from '../support/test-app.js';
import { until } from '../support/until.js';

const SECOND = randomBytes(48).toString('base64url');

let app: TestApp;
let user: TestUser;
beforeAll(async () => {
  const environment = { EXCHANGE_SECRET: `${EXCHANGE_SECRET},${SECOND}`, LOG_LEVEL: 'info' };
  app = await TestApp.start(environment);
  user = await app.givenUser();
});
afterAll(() => app.stop());

const send = (token: unknown): Promise<Answer> =>
  app.anonymous.request('POST', '/userauth/exchange', { token }, { 'x-request-id': 'same' });

const encode = (part: unknown): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const [given, sub] = [claimsOf(), 'ada'];
const withClaims = (change: object) => (): string => signToken(claimsOf({ sub, ...change }));
const withHeader = (header: object) => (): string => signToken(claimsOf({ sub }), { header });
const withLife = (from: number, to: number) => (): string =>
  signToken(claimsOf({ sub, iat: nowSeconds() + from, exp: nowSeconds() + to }));
/** Header, claims and signature of a sound token, put together otherwise. */
const recut = (cut: (...parts: string[]) => string) => (): string =>
  cut(...signToken(claimsOf({ sub })).split('.'));

function byKeyPair(alg: 'RS256' | 'ES256', type: 'rsa' | 'ec'): string {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const input = `${encode({ alg, typ: 'JWT' })}.${encode(given)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

/** Under one of their secrets, by a key in text, as for whoever takes the one for the other. */
function byPublicKey(): string {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const secret = publicKey.export({ type: 'spki', format: 'pem' });
  return signToken(claimsOf({ sub }), { secret });
}

const FORGED: Record<string, Record<string, () => string>> = {
  'the algorithm': {
    ...Object.fromEntries(
      ['none', 'None', 'NONE'].flatMap((alg) => [
        [`${alg}, unsigned`, () => `${encode({ alg, typ: 'JWT' })}.${encode(given)}.`],
        [`${alg}, signed`, withHeader({ alg })],
      ]),
    ),
    HS384: () => signToken(given, { header: { alg: 'HS384' }, hash: 'sha384' }),
    HS512: () => signToken(given, { header: { alg: 'HS512' }, hash: 'sha512' }),
    'HS512 but labelled HS256': () => signToken(given, { hash: 'sha512' }),
    RS256: () => byKeyPair('RS256', 'rsa'),
    ES256: () => byKeyPair('ES256', 'ec'),
    'RS256 by label, signed with the secret': withHeader({ alg: 'RS256' }),
    'HS256 with a public key as the secret': byPublicKey,
    'in small letters': withHeader({ alg: 'hs256' }),
    'not there': withHeader({ alg: undefined }),
    'a list': withHeader({ alg: ['HS256'] }),
  },
  'the key': {
    another: () => signToken(given, { secret: randomBytes(32).toString('base64url') }),
    empty: () => signToken(given, { secret: '' }),
    'both secrets as one': () => signToken(given, { secret: `${EXCHANGE_SECRET},${SECOND}` }),
    'one that the token brings': () =>
      signToken(given, { header: { jwk: { kty: 'oct', k: encode('mine') } }, secret: 'mine' }),
    'an extension that nobody here knows': withHeader({ crit: ['b64'], b64: false }),
    'an access token of ours': () => user.accessToken,
    'a refresh token of ours': () => user.refreshToken,
  },
  'the claim aud': {
    another: withClaims({ aud: 'conclave2' }),
    'not there': withClaims({ aud: undefined }),
    'in capitals': withClaims({ aud: 'Conclave' }),
    'a list': withClaims({ aud: ['conclave'] }),
    'a list of several': withClaims({ aud: ['another', 'conclave'] }),
    null: withClaims({ aud: null }),
  },
  'the claim sub': {
    'not there': withClaims({ sub: undefined }),
    null: withClaims({ sub: null }),
    empty: withClaims({ sub: '' }),
    'a number': withClaims({ sub: 1 }),
    'a list': withClaims({ sub: ['ada'] }),
    '129 characters': withClaims({ sub: 'x'.repeat(129) }),
    '129 of two units each': withClaims({ sub: '😀'.repeat(129) }),
    'a NUL': withClaims({ sub: 'ada\0' }),
    'a line break': withClaims({ sub: 'ada\n' }),
    'a no-break space': withClaims({ sub: 'a\u00a0da' }),
    'a zero-width space': withClaims({ sub: 'ada\u200b' }),
    'a mark of direction': withClaims({ sub: 'ada\u202e' }),
    'half a surrogate pair': () => signToken(JSON.stringify(claimsOf({ sub: 'ada\ud800' }))),
    'an unassigned character': withClaims({ sub: 'ada\u0378' }),
  },
  'the claims iat and exp': {
    'no iat': withClaims({ iat: undefined }),
    'no exp': withClaims({ exp: undefined }),
    'text as iat': withClaims({ iat: String(nowSeconds()) }),
    'text as exp': withClaims({ exp: String(nowSeconds() + 60) }),
    expired: withLife(-120, -60),
    'not yet issued': withLife(60, 120),
    'a life of 301 s': withLife(0, 301),
    'a life of a year': withLife(0, 31_536_000),
    'a life of nothing': withLife(0, 0),
    'an end before its beginning': withLife(20, 10),
    milliseconds: withClaims({ iat: Date.now(), exp: Date.now() + 60_000 }),
    'an endless life': () =>
      signToken(JSON.stringify(claimsOf({ exp: 0 })).replace(':0', ':1e999')),
    'not yet to be used': withClaims({ nbf: nowSeconds() + 60 }),
    'text as nbf': withClaims({ nbf: '0' }),
  },
  'what is to go into the profile': {
    'no e-mail': withClaims({ email: 'ada' }),
    'an empty e-mail': withClaims({ email: '' }),
    'an e-mail of 255 characters': withClaims({ email: `${'x'.repeat(243)}@example.org` }),
    'a number as fname': withClaims({ fname: 1 }),
    'an empty fname': withClaims({ fname: '' }),
    'a blank fname': withClaims({ fname: ' ' }),
    'a lname of 101 characters': withClaims({ lname: 'x'.repeat(101) }),
    'a control character in lname': withClaims({ lname: 'Love\0lace' }),
  },
  'the parts': {
    'no signature': recut((h, c) => `${h}.${c}.`),
    'no signature, no dot': recut((h, c) => `${h}.${c}`),
    'a fourth part': recut((...parts) => [...parts, 'x'].join('.')),
    'claims of another token': recut((h, _c, s) => `${h}.${encode(claimsOf({ sub: 'eve' }))}.${s}`),
    'only dots': () => '..',
    padded: recut((...parts) => `${parts.join('.')}=`),
    'not a JWT': () => 'not a JWT',
    'a header that is no JSON': () => `e30x.${encode(given)}.x`,
    'claims that are no object': () => signToken('null'),
    'claims that are a list': () => signToken([claimsOf()]),
    'claims that are no JSON': () => signToken('{'),
    'a claim twice, the last one counting': () =>
      signToken(JSON.stringify(claimsOf()).replace('}', ',"aud":"another"}')),
    'the longest that is looked at': () => 'x'.repeat(8192),
  },
};

const REFUSED = {
  type: 'urn:conclave:problem:refused-token',
  title: 'Token refused',
  status: 401,
  detail:
    'The token does not count here. Have your backend sign another; the log of this server says why.',
  request_id: 'same',
};

describe('a token is refused, always in the same words, for', () => {
  describe.each(Object.entries(FORGED))('%s', (_group, forged) => {
    it.each(Object.entries(forged))('%s', async (_name, make) => {
      const answer = await send(make());
      expectProblem(answer, 401, 'refused-token');
      expect(JSON.stringify(answer.body)).toBe(JSON.stringify(REFUSED));
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="conclave"');
    });
  });

  it('any letter changed', async () => {
    const token = signToken(claimsOf({ sub }));
    for (let at = 0; at < token.length; at += 7) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect((await send(changed)).body, `${at}`).toEqual(REFUSED);
    }
  });

  it('makes nobody', async () => {
    expect(await app.sql('SELECT * FROM identity')).toEqual([]);
    expect(await app.sql('SELECT id FROM users')).toHaveLength(1);
  });
});

it('a body without a token, or with more, is invalid input', async () => {
  const post = (body: unknown): Promise<Answer> => app.anonymous.post('/userauth/exchange', body);
  expectInvalid(await post({}), 'token');
  expectInvalid(await post({ token: 1 }), 'token');
  expectInvalid(await post({ token: '' }), 'token');
  expectInvalid(await post({ token: 'x'.repeat(8193) }), 'token');
  expectInvalid(await post({ token: signToken(), email: 'ada@example.org' }), 'email');
});

describe('a token is taken', () => {
  it.each<[string, () => string]>([
    ['under the second secret', () => signToken(claimsOf(), { secret: SECOND })],
    ['of five minutes', withLife(0, 300)],
    ['of a clock that is behind, or that took its time', withLife(-80, -20)],
    ['of a clock that is ahead', withLife(20, 80)],
    ['with a nbf', withClaims({ nbf: nowSeconds() })],
    ['without typ', () => signToken(claimsOf(), { header: { typ: undefined } })],
    [
      'with claims and headers of its own',
      () => signToken(claimsOf({ iss: 'x' }), { header: { kid: 'x' } }),
    ],
    ['with a sub of 128 characters', withClaims({ sub: '😀'.repeat(128) })],
    ['with a sub of a space', withClaims({ sub: ' ' })],
    ['with null for what it does not know', withClaims({ email: null, fname: null, lname: null })],
    [
      'with everything at its longest',
      () =>
        signToken(
          claimsOf({ sub: '😀'.repeat(127), fname: '😀'.repeat(100), lname: '😀'.repeat(100) }),
        ),
    ],
  ])('%s', async (_name, make) => {
    const { status, body } = await send(make());
    expect([200, 201], JSON.stringify(body)).toContain(status);
  });
});

it('the log says what was wrong, and nothing of what a token says', async () => {
  const secret = `do-not-tell-${randomUUID()}`;
  const faulty: [string, object][] = [
    ['aud', { aud: secret }],
    ['sub', { sub: `${secret}\n` }],
    ['exp', { exp: nowSeconds() + 3600, sub: secret }],
    ['email', { email: secret }],
    ['lname', { lname: `${secret}\n` }],
  ];
  const tokens = faulty.map(([, claims]) => signToken(claimsOf(claims)));
  tokens.push(
    signToken(claimsOf({ sub: secret }), { secret: 'x' }),
    `{"${secret}`,
    signToken(secret),
  );
  const sound = signToken(claimsOf({ sub: secret, email: `${secret}@example.org`, fname: secret }));
  const { id } = await app.givenUser();
  const isTold = ({ event, user_id }: Record<string, unknown>): boolean =>
    event === 'user.signed_up' && user_id === id;
  await until(() => app.log.some(isTold)); // and so are all lines before
  const before = app.log.length;
  for (const token of tokens) expect((await send(token)).status).toBe(401);
  const { body } = await send(sound);
  const audit = () => app.log.slice(before).filter(({ context }) => context === 'audit');
  await until(() => audit().length === tokens.length + 1);
  const faults = [...faulty.map(([fault]) => fault), 'signature', 'signature', 'signature'];
  expect(audit()).toMatchObject([
    ...faults.map((fault) => ({ event: 'user.exchange_failed', level: 40, fault })),
    { event: 'user.signed_up', level: 30, by: 'exchange', user_id: body.user.id },
  ]);
  for (const line of audit())
    expect(line).toMatchObject({ ip: expect.stringMatching(/127\.0\.0\.1/) });
  const log = JSON.stringify(app.log);
  expect(log).not.toContain(secret);
  expect(log).not.toContain(EXCHANGE_SECRET);
  for (const token of [...tokens, sound]) expect(log).not.toContain(token.split('.').at(-1));
});
